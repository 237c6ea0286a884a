// CachePool: one block of memory cut into pages that hold the keys and values of many sequences. Pages are counted by
// the sequences that share them. Only ever touched on the thread of the environment that made the pool; kernels see
// the pages through a CacheView while a CacheCall holds them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attn/cache_view.h"
#include "attn/status.h"

namespace attn {

struct CacheConfig {
  DType dtype = DType::f32;
  int64_t kv_heads = 0;
  int64_t key_dim = 0;
  int64_t value_dim = 0;
  int64_t page_tokens = 16;
  int64_t pages = 0;
  int64_t window = 0;             // latest tokens that a query sees, its own included; 0: all
  int64_t rollback = 16;          // further tokens kept behind a window, which can be taken back
  bool values_from_keys = false;  // the first value_dim elements of a key are the value
};

class CachePool {
 public:
  static Status create(const CacheConfig& config, std::shared_ptr<CachePool>* pool);
  static Status page_bytes_of(const CacheConfig& config, int64_t* bytes);
  ~CachePool();
  CachePool(const CachePool&) = delete;
  CachePool& operator=(const CachePool&) = delete;

  const CacheConfig& config() const { return config_; }
  const CacheView& layout() const { return layout_; }
  int64_t page_bytes() const { return page_bytes_; }
  int64_t bytes() const { return page_bytes_ * config_.pages; }
  int64_t free_pages() const { return static_cast<int64_t>(free_.size()); }

  std::byte* page(int32_t id) const { return block_ + id * page_bytes_; }
  int32_t references(int32_t id) const { return references_[static_cast<size_t>(id)]; }
  Status check_free(int64_t pages) const;
  int32_t take();  // there must be a free one
  void retain(int32_t id) { ++references_[static_cast<size_t>(id)]; }
  void release(int32_t id);

 private:
  CachePool(const CacheConfig& config, int64_t page_bytes, std::byte* block);

  CacheConfig config_;
  CacheView layout_;
  int64_t page_bytes_;
  std::byte* block_;
  std::vector<int32_t> references_;
  std::vector<int32_t> free_;
};

// The tokens of one sequence: positions first … length − 1, in pages.
class CacheSequence {
 public:
  explicit CacheSequence(std::shared_ptr<CachePool> pool) : pool_(std::move(pool)) {}
  ~CacheSequence() { drop_all(); }
  CacheSequence(const CacheSequence&) = delete;
  CacheSequence& operator=(const CacheSequence&) = delete;

  CachePool& pool() const { return *pool_; }
  int64_t first() const { return first_; }
  int64_t length() const { return length_; }
  bool busy() const { return busy_; }

  // Forgets the tokens from `length` on. Fails when the window has dropped what the rest would see.
  Status truncate(int64_t length);
  // A second sequence over the same pages; whoever appends first to a page that both use copies it.
  std::shared_ptr<CacheSequence> fork() const;

  // cache_bytes.cc. Tokens [start, end) as versioned little-endian bytes with a checksum; a sequence may be written in
  // several chunks, and is read back from them in order, by an empty one or by a fork of one that holds the first tokens.
  std::vector<uint8_t> serialize(int64_t start, int64_t end) const;
  Status append_serialized(const uint8_t* bytes, size_t size);
  // Whether chunks have given all the tokens that their header names.
  bool complete() const { return length_ == expected_length_; }

 private:
  friend class CacheCall;

  std::byte* page_of(int64_t position) const {
    return pool_->page(pages_[static_cast<size_t>(position / pool_->config().page_tokens - first_page())]);
  }
  int64_t first_page() const { return first_ / pool_->config().page_tokens; }
  // Whether new tokens begin in a page that holds others already.
  bool continues_page() const { return length_ % pool_->config().page_tokens != 0 && !pages_.empty(); }
  int64_t missing_pages(int64_t length) const;
  std::vector<int32_t> grown(int64_t length, bool copy_last) const;
  void drop_all();
  void drop_before(int64_t position);
  // The oldest token that a sequence of this length is to keep.
  int64_t kept_from(int64_t length) const;

  std::shared_ptr<CachePool> pool_;
  std::vector<int32_t> pages_;  // from the one that holds first_ on
  int64_t first_ = 0;           // never falls, but when the sequence begins anew
  int64_t length_ = 0;
  int64_t expected_length_ = -1;  // by the chunks read so far
  bool busy_ = false;
};

// The sequences of one call: busy from `hold` to the end, their pages for new tokens reserved by `reserve`. What the
// call wrote becomes part of them by `commit` alone.
class CacheCall {
 public:
  ~CacheCall() { roll_back(); }
  CacheCall() = default;
  CacheCall(const CacheCall&) = delete;
  CacheCall& operator=(const CacheCall&) = delete;

  Status hold(std::vector<std::shared_ptr<CacheSequence>> sequences, CacheView* view);
  const CacheSequence& sequence(size_t index) const { return *sequences_[index]; }
  Status reserve(const std::vector<int64_t>& appended, CacheView* view);
  void commit();
  void roll_back();

 private:
  struct Staged {
    std::vector<int32_t> pages;  // as they will be, with the references that they will have
    std::vector<std::byte*> addresses;
    CachedKeys keys;
  };
  bool must_copy_last(size_t index, const std::vector<int64_t>& appended) const;
  void release_all();

  std::vector<std::shared_ptr<CacheSequence>> sequences_;
  size_t held_ = 0;
  std::vector<Staged> staged_;
  std::vector<CachedKeys> keys_;
};

}  // namespace attn
