// Cached tokens as bytes: for moving a session to another process or to a disk.
//
// One chunk, all numbers little-endian: the header below, then for each token its keys, its values and, for i8, the
// scales of both; nothing of the values where they are taken from the keys. The checksum covers the header up to itself
// and the tokens.
#include <algorithm>
#include <cstring>

#include "core/cache_pool.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "chunks are written as they lie in memory");

namespace attn {
namespace {

constexpr char kMagic[8] = {'A', 'T', 'T', 'N', 'K', 'V', '\n', '\0'};
// Version 2 has `values_from_keys`, which is 0 in version 1. Bytes are of the oldest version that can say what they are.
constexpr uint32_t kVersion = 2;

struct Header {
  char magic[8];
  uint32_t version;
  char dtype[12];
  uint32_t kv_heads;
  uint32_t key_dim;
  uint32_t value_dim;
  uint32_t values_from_keys;  // 0 or 1
  uint64_t first;             // position of the first token that the sequence holds
  uint64_t length;            // of the sequence
  uint64_t start;             // positions in this chunk
  uint64_t end;
  uint64_t checksum;
};
static_assert(sizeof(Header) == 80, "the header has no padding");

// FNV-1a over 64-bit words; the tail is taken byte by byte.
uint64_t checksum(uint64_t hash, const uint8_t* bytes, size_t size) {
  constexpr uint64_t kPrime = 0x100000001b3;
  size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    uint64_t word;
    std::memcpy(&word, bytes + at, sizeof word);
    hash = (hash ^ word) * kPrime;
    hash ^= hash >> 29;
  }
  for (; at < size; ++at) hash = (hash ^ bytes[at]) * kPrime;
  return hash;
}

uint64_t chunk_checksum(const uint8_t* bytes, size_t size) {
  const uint64_t head = checksum(0xcbf29ce484222325, bytes, offsetof(Header, checksum));
  return checksum(head, bytes + sizeof(Header), size - sizeof(Header));
}

// The parts of a page that belong to one token.
struct TokenParts {
  struct Part {
    int64_t offset;
    int64_t bytes;
  } parts[4];
  int64_t bytes = 0;

  explicit TokenParts(const CacheView& view) {
    const int64_t scales = view.dtype == DType::i8 ? view.kv_heads * static_cast<int64_t>(sizeof(float)) : 0;
    parts[0] = {0, view.kv_heads * view.key_dim * dtype_bytes(view.dtype)};
    parts[1] = {view.value_offset, view.kv_heads * view.value_dim * dtype_bytes(view.dtype)};
    parts[2] = {view.key_scale_offset, scales};
    parts[3] = {view.value_scale_offset, scales};
    if (view.values_from_keys) parts[1].bytes = parts[3].bytes = 0;
    for (const Part& part : parts) bytes += part.bytes;
  }
};

Status bad(const std::string& what) { return {ErrorCode::data, "Sequence.deserialize: " + what}; }

Status check_header(const Header& header, const CacheConfig& config, size_t size) {
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) return bad("the bytes are no cached sequence");
  if (header.version < 1 || header.version > kVersion) {
    return bad("the bytes are of version " + std::to_string(header.version) + ", this package reads 1 to " +
               std::to_string(kVersion));
  }
  const std::string dtype(header.dtype, strnlen(header.dtype, sizeof header.dtype));
  auto differs = [&](const char* name, const std::string& stored, const std::string& own) {
    return bad(std::string(name) + " is " + stored + " in the bytes and " + own + " in the pool");
  };
  if (dtype != dtype_name(config.dtype)) return differs("dtype", dtype, dtype_name(config.dtype));
  const struct {
    const char* name;
    int64_t stored;
    int64_t own;
  } sizes[] = {{"kvHeads", header.kv_heads, config.kv_heads},
               {"keyDim", header.key_dim, config.key_dim},
               {"valueDim", header.value_dim, config.value_dim}};
  for (const auto& row : sizes) {
    if (row.stored != row.own) return differs(row.name, std::to_string(row.stored), std::to_string(row.own));
  }
  const auto source = [](bool from_keys) { return std::string(from_keys ? "true" : "false"); };
  if ((header.values_from_keys != 0) != config.values_from_keys) {
    return differs("valuesFromKeys", source(header.values_from_keys != 0), source(config.values_from_keys));
  }
  constexpr uint64_t kLongest = UINT64_C(1) << 40;
  const bool ordered = header.first <= header.start && header.start <= header.end && header.end <= header.length;
  if (!ordered || header.length > kLongest) return bad("the bytes are damaged: their token range makes no sense");
  return size == 0 ? bad("there are no bytes") : Status();
}

}  // namespace

std::vector<uint8_t> CacheSequence::serialize(int64_t start, int64_t end) const {
  const CacheConfig& config = pool_->config();
  const TokenParts token(pool_->layout());
  std::vector<uint8_t> bytes(sizeof(Header) + static_cast<size_t>((end - start) * token.bytes));
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = config.values_from_keys ? 2 : 1;
  std::strncpy(header.dtype, dtype_name(config.dtype), sizeof header.dtype - 1);
  header.kv_heads = static_cast<uint32_t>(config.kv_heads);
  header.key_dim = static_cast<uint32_t>(config.key_dim);
  header.value_dim = static_cast<uint32_t>(config.value_dim);
  header.values_from_keys = config.values_from_keys ? 1 : 0;
  header.first = static_cast<uint64_t>(first_);
  header.length = static_cast<uint64_t>(length_);
  header.start = static_cast<uint64_t>(start);
  header.end = static_cast<uint64_t>(end);
  uint8_t* to = bytes.data() + sizeof header;
  for (int64_t position = start; position < end; ++position) {
    const std::byte* page = page_of(position);
    for (const auto& part : token.parts) {
      if (part.bytes > 0) {
        std::memcpy(to, page + part.offset + position % config.page_tokens * part.bytes,
                    static_cast<size_t>(part.bytes));
      }
      to += part.bytes;
    }
  }
  std::memcpy(bytes.data(), &header, sizeof header);
  header.checksum = chunk_checksum(bytes.data(), bytes.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

Status CacheSequence::append_serialized(const uint8_t* bytes, size_t size) {
  Header header{};
  if (size < sizeof header) return bad("the bytes end within the header");
  std::memcpy(&header, bytes, sizeof header);
  const CacheConfig& config = pool_->config();
  if (Status status = check_header(header, config, size); !status.is_ok()) return status;
  const TokenParts token(pool_->layout());
  const auto tokens = static_cast<int64_t>(header.end - header.start);
  if (static_cast<double>(size - sizeof header) != static_cast<double>(tokens) * static_cast<double>(token.bytes)) {
    return bad("the bytes are damaged: " + std::to_string(size) + " of them do not hold " + std::to_string(tokens) +
               " tokens");
  }
  if (chunk_checksum(bytes, size) != header.checksum) return bad("the bytes are damaged: the checksum differs");
  const auto start = static_cast<int64_t>(header.start);
  if (expected_length_ < 0) {
    expected_length_ = static_cast<int64_t>(header.length);
    if (length_ == 0) first_ = length_ = static_cast<int64_t>(header.first);
    drop_before(kept_from(expected_length_));  // no page for what the window would drop
  }
  if (start != length_ || static_cast<int64_t>(header.length) != expected_length_) {
    return bad("chunks are missing or out of order: expected tokens from " + std::to_string(length_) + " on, got " +
               std::to_string(start));
  }
  const int64_t length = length_ + tokens;
  const bool copy_last = tokens > 0 && continues_page() && pool_->references(pages_.back()) > 1;
  Status status = pool_->check_free(missing_pages(length) + (copy_last ? 1 : 0));
  if (!status.is_ok()) return status;
  std::vector<int32_t> pages = grown(length, copy_last);
  drop_all();
  pages_.swap(pages);
  const int64_t next = std::clamp(first_, length_, length);
  const uint8_t* from = bytes + sizeof header + (next - length_) * token.bytes;
  for (int64_t position = next; position < length; ++position) {
    std::byte* page = page_of(position);
    for (const auto& part : token.parts) {
      if (part.bytes > 0) {
        std::memcpy(page + part.offset + position % config.page_tokens * part.bytes, from,
                    static_cast<size_t>(part.bytes));
      }
      from += part.bytes;
    }
  }
  length_ = length;
  return {};
}

}  // namespace attn
