#include "core/cache_pool.h"

#include <algorithm>
#include <cstring>

#include "core/memory.h"

namespace attn {
namespace {

constexpr auto kAlignment = static_cast<int64_t>(kMemoryAlignment);
constexpr int64_t kLargest = INT64_C(1) << 46;  // bytes; products of sizes below it do not overflow

int64_t aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Fills the offsets of the view; the bytes of a page, or −1 when they pass kLargest.
int64_t lay_out(const CacheConfig& config, CacheView* view) {
  view->present = true;
  view->dtype = config.dtype;
  view->page_tokens = config.page_tokens;
  view->kv_heads = config.kv_heads;
  view->key_dim = config.key_dim;
  view->value_dim = config.value_dim;
  const int64_t heads = config.page_tokens * config.kv_heads;
  const double bytes = static_cast<double>(heads) * static_cast<double>(config.key_dim + config.value_dim) * 4;
  if (bytes > static_cast<double>(kLargest)) return -1;
  const int64_t keys = aligned(heads * config.key_dim * dtype_bytes(config.dtype));
  const int64_t scales = config.dtype == DType::i8 ? aligned(heads * static_cast<int64_t>(sizeof(float))) : 0;
  view->values_from_keys = config.values_from_keys;
  if (config.values_from_keys) {
    view->value_row = config.key_dim;
    view->key_scale_offset = view->value_scale_offset = keys;
    return keys + scales;
  }
  view->value_row = config.value_dim;
  view->value_offset = keys;
  view->key_scale_offset = keys + aligned(heads * config.value_dim * dtype_bytes(config.dtype));
  view->value_scale_offset = view->key_scale_offset + scales;
  return view->value_scale_offset + scales;
}

}  // namespace

Status CachePool::page_bytes_of(const CacheConfig& config, int64_t* bytes) {
  CacheView view;
  *bytes = lay_out(config, &view);
  if (*bytes >= 0) return {};
  return {ErrorCode::value, "CachePool: one page of this shape would not fit into any memory"};
}

Status CachePool::create(const CacheConfig& config, std::shared_ptr<CachePool>* pool) {
  int64_t page_bytes = 0;
  if (Status status = page_bytes_of(config, &page_bytes); !status.is_ok()) return status;
  const double total = static_cast<double>(page_bytes) * static_cast<double>(config.pages);
  std::byte* block = nullptr;
  if (total <= static_cast<double>(kLargest)) {
    const auto bytes = static_cast<size_t>(std::max<int64_t>(page_bytes * config.pages, 1));
    block = allocate_memory(bytes);
  }
  if (block == nullptr) {
    return {ErrorCode::out_of_memory, "CachePool: " + std::to_string(config.pages) + " pages of " +
                                          std::to_string(page_bytes) + " bytes could not be allocated"};
  }
  pool->reset(new CachePool(config, page_bytes, block));
  return {};
}

CachePool::CachePool(const CacheConfig& config, int64_t page_bytes, std::byte* block)
    : config_(config), page_bytes_(page_bytes), block_(block), references_(static_cast<size_t>(config.pages)) {
  lay_out(config, &layout_);
  // Taken from the end, so that pages are used from the start of the block on.
  free_.reserve(references_.size());
  for (int64_t id = config.pages - 1; id >= 0; --id) free_.push_back(static_cast<int32_t>(id));
}

CachePool::~CachePool() { free_memory(block_); }

Status CachePool::check_free(int64_t pages) const {
  if (pages <= free_pages()) return {};
  return {ErrorCode::pool_full, "CachePool: " + std::to_string(pages) + " more pages are needed, " +
                                    std::to_string(free_pages()) + " of " + std::to_string(config_.pages) +
                                    " are free; nothing was changed"};
}

int32_t CachePool::take() {
  const int32_t id = free_.back();
  free_.pop_back();
  references_[static_cast<size_t>(id)] = 1;
  return id;
}

void CachePool::release(int32_t id) {
  if (--references_[static_cast<size_t>(id)] == 0) free_.push_back(id);
}

void CacheSequence::drop_all() {
  for (const int32_t id : pages_) pool_->release(id);
  pages_.clear();
}

int64_t CacheSequence::kept_from(int64_t length) const {
  const CacheConfig& config = pool_->config();
  return config.window > 0 ? std::max<int64_t>(0, length - config.window - config.rollback) : 0;
}

// Lets go of older tokens, and of the pages that hold nothing else.
void CacheSequence::drop_before(int64_t position) {
  if (position <= first_) return;
  const int64_t pages = position / pool_->config().page_tokens - first_page();
  const int64_t gone = std::min(pages, static_cast<int64_t>(pages_.size()));
  for (int64_t i = 0; i < gone; ++i) pool_->release(pages_[static_cast<size_t>(i)]);
  pages_.erase(pages_.begin(), pages_.begin() + gone);
  first_ = position;
}

// Pages that a greater length takes.
int64_t CacheSequence::missing_pages(int64_t length) const {
  const int64_t page_tokens = pool_->config().page_tokens;
  const int64_t wanted = (length + page_tokens - 1) / page_tokens - first_page();
  return std::max<int64_t>(0, wanted - static_cast<int64_t>(pages_.size()));
}

// The pages of the sequence at a greater length: new ones, and a copy of the last if asked for. There must be as many
// free ones. The caller releases them, or makes them the sequence's own.
std::vector<int32_t> CacheSequence::grown(int64_t length, bool copy_last) const {
  std::vector<int32_t> pages = pages_;
  for (const int32_t id : pages) pool_->retain(id);
  if (copy_last) {
    const int32_t id = pool_->take();
    std::memcpy(pool_->page(id), pool_->page(pages.back()), static_cast<size_t>(pool_->page_bytes()));
    pool_->release(pages.back());
    pages.back() = id;
  }
  for (int64_t missing = missing_pages(length); missing > 0; --missing) pages.push_back(pool_->take());
  return pages;
}

Status CacheSequence::truncate(int64_t length) {
  if (busy_) return {ErrorCode::busy, "Sequence.truncate: another call is using this sequence"};
  if (length < 0 || length > length_) {
    return {ErrorCode::value,
            "Sequence.truncate: length is " + std::to_string(length) + ", expected 0 to " + std::to_string(length_)};
  }
  // What comes next sees as many tokens before it as the window holds.
  const int64_t least = first_ > 0 ? std::min(length_, first_ + pool_->config().window) : 0;
  if (length > 0 && length < least) {
    return {ErrorCode::value, "Sequence.truncate: length is " + std::to_string(length) + ", expected 0 or at least " +
                                  std::to_string(least) + "; the tokens before " + std::to_string(first_) +
                                  " are gone"};
  }
  if (length == 0) first_ = 0;
  const int64_t page_tokens = pool_->config().page_tokens;
  const auto kept = static_cast<size_t>((length + page_tokens - 1) / page_tokens - first_page());
  while (pages_.size() > kept) {
    pool_->release(pages_.back());
    pages_.pop_back();
  }
  length_ = length;
  return {};
}

std::shared_ptr<CacheSequence> CacheSequence::fork() const {
  auto copy = std::make_shared<CacheSequence>(pool_);
  copy->pages_ = pages_;
  copy->first_ = first_;
  copy->length_ = length_;
  for (const int32_t id : pages_) pool_->retain(id);
  return copy;
}

Status CacheCall::hold(std::vector<std::shared_ptr<CacheSequence>> sequences, CacheView* view) {
  sequences_ = std::move(sequences);
  for (held_ = 0; held_ < sequences_.size(); ++held_) {
    CacheSequence& sequence = *sequences_[held_];
    const std::string name = "sequences[" + std::to_string(held_) + "]";
    if (&sequence.pool() != &sequences_[0]->pool()) {
      return {ErrorCode::value, name + " belongs to another pool than sequences[0]"};
    }
    if (sequence.busy_) return {ErrorCode::busy, name + " is used by another call, or twice in this one"};
    sequence.busy_ = true;
  }
  *view = sequences_[0]->pool().layout();
  view->count = static_cast<int64_t>(sequences_.size());
  return {};
}

// Whoever shares a page with others copies it before writing to it. Where all of them append in this call, the longest
// need not: it writes behind the tokens of every other.
bool CacheCall::must_copy_last(size_t index, const std::vector<int64_t>& appended) const {
  const CacheSequence& own = *sequences_[index];
  if (appended[index] == 0 || !own.continues_page()) return false;
  const int32_t page = own.pages_.back();
  const int32_t users = own.pool().references(page);
  if (users == 1) return false;
  int32_t appending = 0;
  for (size_t i = 0; i < sequences_.size(); ++i) {
    const CacheSequence& other = *sequences_[i];
    if (appended[i] == 0 || !other.continues_page() || other.pages_.back() != page) continue;
    ++appending;
    if (other.length_ > own.length_ || (other.length_ == own.length_ && i > index)) return true;
  }
  return appending < users;
}

Status CacheCall::reserve(const std::vector<int64_t>& appended, CacheView* view) {
  std::vector<bool> copies(sequences_.size());
  int64_t wanted = 0;
  for (size_t i = 0; i < sequences_.size(); ++i) {
    copies[i] = must_copy_last(i, appended);
    wanted += sequences_[i]->missing_pages(sequences_[i]->length_ + appended[i]) + (copies[i] ? 1 : 0);
  }
  if (Status status = sequences_[0]->pool().check_free(wanted); !status.is_ok()) return status;
  staged_.resize(sequences_.size());
  for (size_t i = 0; i < sequences_.size(); ++i) {
    CacheSequence& sequence = *sequences_[i];
    Staged& staged = staged_[i];
    const int64_t length = sequence.length_ + appended[i];
    staged.pages = sequence.grown(length, copies[i]);
    for (const int32_t id : staged.pages) staged.addresses.push_back(sequence.pool().page(id));
    keys_.push_back({staged.addresses.data(), sequence.first_page(), sequence.first_, length, appended[i]});
  }
  view->sequences = keys_.data();
  return {};
}

void CacheCall::commit() {
  for (size_t i = 0; i < staged_.size(); ++i) {
    CacheSequence& sequence = *sequences_[i];
    sequence.drop_all();
    sequence.pages_.swap(staged_[i].pages);
    sequence.length_ = keys_[i].length;
    sequence.drop_before(sequence.kept_from(sequence.length_));
  }
  staged_.clear();
  release_all();
}

void CacheCall::roll_back() {
  for (size_t i = 0; i < staged_.size(); ++i) {
    for (const int32_t id : staged_[i].pages) sequences_[i]->pool().release(id);
  }
  staged_.clear();
  release_all();
}

void CacheCall::release_all() {
  for (size_t i = 0; i < held_; ++i) sequences_[i]->busy_ = false;
  held_ = 0;
  sequences_.clear();
  keys_.clear();
}

}  // namespace attn
