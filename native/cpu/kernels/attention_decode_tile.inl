// The two products of decode attention over a block of keys: scores of a few rows against a few keys, and the
// weighted sum of values.
//
// Shapes: queries [rows, K], keys [keys, K], values [keys, V]; scores [keys, rows], sums [rows, V]
// Layout: scores are [key][row] for kRows rows that go together, so that one vector holds whole keys and the weights of
//   a key lie side by side for the second product. Sums of values are [row][dim], their dims in the order that the value
//   loads give (ValueRead).
// Types:  C is the storage type of keys and values, S that of queries; sums are f32
// Source: arXiv 2205.14135 (online softmax); bf16 keys meet bf16 queries in pairs, exactly, with f32 sums

inline constexpr int64_t kBlockKeys = 64;  // at most

// Sums that a score tile keeps in registers: whole vectors of results.
inline constexpr int kTileSums = kRegisters == 32 ? 16 : 8;

inline constexpr int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// How q·k is summed: the vectors that hold queries and keys.
template <typename S, typename C>
struct KeyProduct {
  using Vector = F32;
  static constexpr int kWidth = kLanes;  // values of one vector
  static constexpr bool kKeeps = true;   // a query vector is loaded once per tile of keys, not with each product

  [[gnu::always_inline]] static Vector query(const S* from, int64_t n) { return load_partial(from, n); }
  [[gnu::always_inline]] static Vector key(const C* from) { return load(from); }
  [[gnu::always_inline]] static Vector key_end(const C* from, int64_t n) { return load_partial(from, n); }
  [[gnu::always_inline]] static F32 sum(F32 acc, Vector key, Vector query) { return fma(key, query, acc); }
};

template <>
struct KeyProduct<bf16, bf16> {
  using Vector = Bf16x32;
  static constexpr int kWidth = 2 * kLanes;
  static constexpr bool kKeeps = kHasBf16Dot;  // as two floats it would take registers that the sums need

  [[gnu::always_inline]] static Vector query(const bf16* from, int64_t n) {
    if (n == kWidth) return load_bf16_pairs(from);
    bf16 padded[kWidth] = {};
    for (int64_t i = 0; i < n; ++i) padded[i] = from[i];
    return load_bf16_pairs(padded);
  }
  [[gnu::always_inline]] static Vector key(const bf16* from) { return load_bf16_pairs(from); }
  [[gnu::always_inline]] static Vector key_end(const bf16* from, int64_t n) { return query(from, n); }
  [[gnu::always_inline]] static F32 sum(F32 acc, Vector key, Vector query) { return dot_bf16(acc, key, query); }
};

// How values are read. A pair of vectors holds 2 · kLanes dims: for bf16 the even ones, then the odd ones, which costs
// less than widening them in order; finish_row puts them right.
template <typename C>
struct ValueRead {
  static constexpr bool kPairsEvenOdd = false;
  [[gnu::always_inline]] static void pair(const C* from, F32& first, F32& second) {
    first = load(from);
    second = load(from + kLanes);
  }
};
template <>
struct ValueRead<bf16> {
  static constexpr bool kPairsEvenOdd = true;
  [[gnu::always_inline]] static void pair(const bf16* from, F32& first, F32& second) {
    split_bf16(load(reinterpret_cast<const float*>(from)), first, second);
  }
};
template <typename C>
[[gnu::always_inline]] inline void read_value_end(const C* from, int64_t n, F32& first, F32& second) {
  C padded[2 * kLanes] = {};
  for (int64_t i = 0; i < n; ++i) padded[i] = from[i];
  ValueRead<C>::pair(padded, first, second);
}

// Where the keys and values of a block lie: rows of key-value head h are h strides further on. The entries past `count`
// repeat the last one.
template <typename C>
struct KeyBlock {
  int64_t count = 0;
  int64_t first = 0;  // key of entry 0, unless listed
  int64_t key_stride_head = 0;
  int64_t value_stride_head = 0;
  const C* keys[kBlockKeys];
  const C* values[kBlockKeys];
  int64_t listed[kBlockKeys];           // the keys themselves, where they do not follow each other
  const float* key_scales[kBlockKeys];  // per head, of i8 alone
  const float* value_scales[kBlockKeys];

  void repeat_last() {
    for (int64_t entry = count; count > 0 && entry < kBlockKeys; ++entry) {
      keys[entry] = keys[count - 1];
      values[entry] = values[count - 1];
    }
  }
};

// out[key][row] = q[row] · keys[key] for kRows rows and kTileSums / kRows keys. q is [row][vectors].
template <typename Product, int kRows, typename C>
inline void score_tile(const typename Product::Vector* q, int64_t vectors, const C* const* keys, int64_t offset,
                       int64_t dim, float* out) {
  constexpr int kKeys = kTileSums / kRows;
  F32 sums[kTileSums];
#pragma GCC unroll 16
  for (int i = 0; i < kTileSums; ++i) sums[i] = zero();
  auto add_products = [&](int64_t vector, auto read) __attribute__((always_inline)) {
    typename Product::Vector k[kKeys];
#pragma GCC unroll 16
    for (int j = 0; j < kKeys; ++j) k[j] = read(keys[j] + offset + vector * Product::kWidth);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      typename Product::Vector row = q[r * vectors + vector];
      if constexpr (Product::kKeeps) keep(row);
#pragma GCC unroll 16
      for (int j = 0; j < kKeys; ++j) sums[j * kRows + r] = Product::sum(sums[j * kRows + r], k[j], row);
    }
  };
  int64_t vector = 0;
  for (; (vector + 1) * Product::kWidth <= dim; ++vector) {
    add_products(
        vector, [&](const C* from) __attribute__((always_inline)) { return Product::key(from); });
  }
  if (const int64_t rest = dim - vector * Product::kWidth; rest > 0) {
    add_products(
        vector, [&](const C* from) __attribute__((always_inline)) { return Product::key_end(from, rest); });
  }
#pragma GCC unroll 16
  for (int i = 0; i < kTileSums; i += kLanes) {
    F32 group[kLanes];
#pragma GCC unroll 16
    for (int l = 0; l < kLanes; ++l) group[l] = sums[i + l];
    store(out + i, sum_each(group));
  }
}

// What the value products of some rows work on. With `guarded`, some rows see only some of the keys: their weights are
// zero, but zero times a value that is not finite would still be NaN, so a NaN is looked into key by key.
template <typename C>
struct ValueStrip {
  const float* weights;  // [key][row]
  int64_t keys;
  const C* const* values;
  int64_t offset;  // of the strip's first dim within a value row
  const C* const* next_values;
  bool guarded;
  int64_t rest;  // dims from the strip's first on
  float* out;    // [row][stride]
  int64_t stride;
  const float* factors;  // per row; null: 1
};

template <int kPairs, bool kEnd, typename C>
[[gnu::always_inline]] inline void read_values(const ValueStrip<C>& strip, int64_t key, F32 (&v)[2 * kPairs]) {
  const C* from = strip.values[key] + strip.offset;
  if constexpr (kEnd) {
    read_value_end(from, strip.rest, v[0], v[1]);
  } else {
#pragma GCC unroll 8
    for (int p = 0; p < kPairs; ++p) ValueRead<C>::pair(from + p * 2 * kLanes, v[2 * p], v[2 * p + 1]);
  }
}

// As value_strip, each row over the keys it sees alone.
template <int kRows, int kPairs, bool kEnd, typename C>
[[gnu::noinline]] inline void value_strip_by_row(const ValueStrip<C>& strip) {
  for (int r = 0; r < kRows; ++r) {
    float* out = strip.out + r * strip.stride;
    for (int i = 0; i < 2 * kPairs; ++i) {
      store(out + i * kLanes, mul(load(out + i * kLanes), splat(strip.factors != nullptr ? strip.factors[r] : 1.0f)));
    }
    for (int64_t key = 0; key < strip.keys; ++key) {
      const float weight = strip.weights[key * kRows + r];
      if (weight == 0.0f) continue;
      F32 v[2 * kPairs];
      read_values<kPairs, kEnd>(strip, key, v);
      for (int i = 0; i < 2 * kPairs; ++i) {
        store(out + i * kLanes, fma(splat(weight), v[i], load(out + i * kLanes)));
      }
    }
  }
}

// 2 · kPairs · kLanes dims of the sums: out[row] = factors[row] · out[row] + Σ weights[key][row] · values[key].
template <int kRows, int kPairs, bool kEnd, typename C>
inline void value_strip(const ValueStrip<C>& strip) {
  constexpr int kVectors = 2 * kPairs;
  constexpr int kBytes = kVectors * kLanes * static_cast<int>(sizeof(C));
  F32 sums[kRows * kVectors];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; ++i) sums[r * kVectors + i] = load(strip.out + r * strip.stride + i * kLanes);
  }
  if (strip.factors != nullptr) {
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const F32 factor = splat(strip.factors[r]);
#pragma GCC unroll 8
      for (int i = 0; i < kVectors; ++i) sums[r * kVectors + i] = mul(sums[r * kVectors + i], factor);
    }
  }
  for (int64_t key = 0; key < strip.keys; ++key) {
    F32 v[kVectors];
    read_values<kPairs, kEnd>(strip, key, v);
    const char* next = reinterpret_cast<const char*>(strip.next_values[key] + strip.offset);
#pragma GCC unroll 8
    for (int byte = 0; byte < kBytes; byte += 64) prefetch_l2(next + byte);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const F32 weight = splat(strip.weights[key * kRows + r]);
#pragma GCC unroll 8
      for (int i = 0; i < kVectors; ++i) sums[r * kVectors + i] = fma(weight, v[i], sums[r * kVectors + i]);
    }
  }
  if (strip.guarded) {
    Mask bad = is_nan(sums[0]);
#pragma GCC unroll 16
    for (int i = 1; i < kRows * kVectors; ++i) bad = mask_or(bad, is_nan(sums[i]));
    if (any(bad)) return value_strip_by_row<kRows, kPairs, kEnd>(strip);
  }
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; ++i) store(strip.out + r * strip.stride + i * kLanes, sums[r * kVectors + i]);
  }
}

// Keys that go through all dims before the next: their rows stay in L1 even when they lie a multiple of 4 KiB apart.
inline constexpr int64_t kValueKeys = 8;

// All dims of the sums of kRows rows, which are padded to whole pairs of vectors.
template <int kRows, typename C>
inline void add_values(const float* weights, const KeyBlock<C>& block, const KeyBlock<C>& next, int64_t offset,
                       bool guarded, int64_t dim, float* out, int64_t stride, const float* factors) {
  constexpr int kPairs = kRows == 4 ? 1 : kRows == 2 ? 2 : 4;
  for (int64_t key = 0; key < block.count; key += kValueKeys) {
    const int64_t keys = block.count - key < kValueKeys ? block.count - key : kValueKeys;
    ValueStrip<C> strip{
        weights + key * kRows,       keys, block.values + key, offset, next.values + key, guarded, dim, out, stride,
        key == 0 ? factors : nullptr};
    auto take = [&](auto run, int64_t width) {
      run(strip);
      strip.offset += width;
      strip.rest -= width;
      strip.out += width;
    };
    while (strip.rest >= kPairs * 2 * kLanes) take(value_strip<kRows, kPairs, false, C>, kPairs * 2 * kLanes);
    while (strip.rest >= 2 * kLanes) take(value_strip<kRows, 1, false, C>, 2 * kLanes);
    if (strip.rest > 0) take(value_strip<kRows, 1, true, C>, 2 * kLanes);
  }
}
