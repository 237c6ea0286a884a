// CacheView: keys and values of cached sequences, as the kernels see them. Filled by core/cache_pool.
#pragma once

#include <cstddef>
#include <cstdint>

#include "generated/dtypes.h"

namespace attn {

// Positions count from the start of the sequence. Position j lies in pages[j / page_tokens − first_page], at token
// j % page_tokens of that page.
struct CachedKeys {
  std::byte* const* pages = nullptr;
  int64_t first_page = 0;
  int64_t first = 0;     // positions below it are gone: the pool keeps a window
  int64_t length = 0;    // positions that count, those the call appends included
  int64_t appended = 0;  // of them, at the end, what the call writes before it reads
};

// One page: keys [page_tokens, kv_heads, key_dim], then values [page_tokens, kv_heads, value_dim], each element of
// `dtype`; for i8 also an f32 scale per token and head, [page_tokens, kv_heads], of the keys and of the values, with
// element = scale · stored. Every part begins on a multiple of 64 bytes. With `values_from_keys` a value is the first
// value_dim elements of its key: the parts for values are those of the keys.
struct CacheView {
  bool present = false;
  DType dtype = DType::f32;
  int64_t page_tokens = 0;
  int64_t kv_heads = 0;
  int64_t key_dim = 0;
  int64_t value_dim = 0;
  bool values_from_keys = false;
  int64_t value_row = 0;     // elements from one value to the next
  int64_t value_offset = 0;  // bytes from the start of a page
  int64_t key_scale_offset = 0;
  int64_t value_scale_offset = 0;
  const CachedKeys* sequences = nullptr;  // null until the call's pages are reserved
  int64_t count = 0;
};

}  // namespace attn
