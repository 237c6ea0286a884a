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

// How q·k is summed: kWidth values of a query and of a key at a time, as kParts vectors whose products are added.
template <typename S, typename C>
struct KeyProduct {
  using Vector = F32;
  using Part = F32;
  static constexpr int kWidth = kLanes;
  static constexpr int kParts = 1;
  static constexpr bool kScalesQuery = true;  // the score's factor is multiplied into the query

  [[gnu::always_inline]] static Vector query(const S* from, int64_t n) { return load_partial(from, n); }
  [[gnu::always_inline]] static Vector scale(Vector query, F32 factor) { return mul(query, factor); }
  [[gnu::always_inline]] static Vector key(const C* from) { return load(from); }
  [[gnu::always_inline]] static Vector key_end(const C* from, int64_t n) { return load_partial(from, n); }
  template <int kPart>
  [[gnu::always_inline]] static Part part(const Vector& vector) {
    return vector;
  }
  [[gnu::always_inline]] static void add_product(F32& sum, Part key, Part query) { accumulate(sum, key, query); }
};

// Pairs of bf16 that an instruction multiplies, or their even and their odd values as floats.
template <>
struct KeyProduct<bf16, bf16> {
  using Vector = Bf16x32;
  using Part = Bf16Part;
  static constexpr int kWidth = 2 * kLanes;
  static constexpr int kParts = kHasBf16Dot ? 1 : 2;
  static constexpr bool kScalesQuery = !kHasBf16Dot;  // as bf16 it would be rounded again

  [[gnu::always_inline]] static Vector query(const bf16* from, int64_t n) {
    if (n == kWidth) return load_bf16_pairs(from);
    bf16 padded[kWidth] = {};
    for (int64_t i = 0; i < n; ++i) padded[i] = from[i];
    return load_bf16_pairs(padded);
  }
  template <typename Pairs>
  [[gnu::always_inline]] static Pairs scale(Pairs query, F32 factor) {
    return {mul(query.even, factor), mul(query.odd, factor)};
  }
  [[gnu::always_inline]] static Vector key(const bf16* from) { return load_bf16_pairs(from); }
  [[gnu::always_inline]] static Vector key_end(const bf16* from, int64_t n) { return query(from, n); }
  template <int kPart, typename Pairs>
  [[gnu::always_inline]] static Part part(const Pairs& vector) {
    if constexpr (kHasBf16Dot) {
      return vector;
    } else {
      return kPart == 0 ? vector.even : vector.odd;
    }
  }
  [[gnu::always_inline]] static void add_product(F32& sum, F32 key, F32 query) { accumulate(sum, key, query); }
  template <typename Pairs>
  [[gnu::always_inline]] static void add_product(F32& sum, const Pairs& key, const Pairs& query) {
    sum = dot_bf16(sum, key, query);
  }
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

// Keys that go through all dims before the next: enough for the sums to be loaded and stored seldom, few enough for the
// lines that they share to stay in L1 when rows lie a multiple of 4 KiB apart.
inline constexpr int kValueKeys = 16;

// Where the keys and values of a block lie: rows of key-value head h are h strides further on. The entries past `count`
// repeat the last one.
template <typename C>
struct KeyBlock {
  int64_t count = 0;
  int64_t first = 0;  // key of entry 0, unless listed
  int64_t key_stride_head = 0;
  int64_t value_stride_head = 0;
  const C* keys[kBlockKeys + kValueKeys];  // as many past the end as are fetched at a time
  const C* values[kBlockKeys + kValueKeys];
  int64_t listed[kBlockKeys];           // the keys themselves, where they do not follow each other
  const float* key_scales[kBlockKeys];  // per head, of i8 alone
  const float* value_scales[kBlockKeys];

  void repeat_last() {
    for (int64_t entry = count; count > 0 && entry < kBlockKeys + kValueKeys; ++entry) {
      keys[entry] = keys[count - 1];
      values[entry] = values[count - 1];
    }
  }
};

// Vectors of a row that the loops write out: with fewer products between two taken branches the front end, where two
// hardware threads share it, would not keep up.
inline constexpr int kScoreUnroll = 4;

// sums[key][row] += q[row] · k[key] over one part of one vector. The loads of q are pinned: the compiler would else take
// registers from the sums to have them early.
template <typename Product, int kRows, int kPart>
[[gnu::always_inline]] inline void score_part(const typename Product::Vector* q, int64_t vectors,
                                              const typename Product::Vector (&k)[kTileSums / kRows],
                                              F32 (&sums)[kTileSums]) {
  typename Product::Part keys[kTileSums / kRows];
#pragma GCC unroll 16
  for (int j = 0; j < kTileSums / kRows; ++j) keys[j] = Product::template part<kPart>(k[j]);
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
    typename Product::Part row = Product::template part<kPart>(q[r * vectors]);
    pin(row);
#pragma GCC unroll 16
    for (int j = 0; j < kTileSums / kRows; ++j) Product::add_product(sums[j * kRows + r], keys[j], row);
  }
}

// out[key][row] = q[row] · keys[key] for kRows rows and kTileSums / kRows keys. q is [row][vectors].
template <typename Product, int kRows, typename C>
[[gnu::always_inline]] inline void score_tile(const typename Product::Vector* q, int64_t vectors, const C* const* keys,
                                              int64_t offset, int64_t dim, float* out) {
  constexpr int kKeys = kTileSums / kRows;
  F32 sums[kTileSums];
  const C* rows[kKeys];
#pragma GCC unroll 16
  for (int i = 0; i < kTileSums; ++i) sums[i] = zero();
#pragma GCC unroll 16
  for (int j = 0; j < kKeys; ++j) rows[j] = keys[j] + offset;
  auto add_products = [&](auto read) __attribute__((always_inline)) {
    typename Product::Vector k[kKeys];
#pragma GCC unroll 16
    for (int j = 0; j < kKeys; ++j) {
      k[j] = read(rows[j]);
      rows[j] += Product::kWidth;
    }
    score_part<Product, kRows, 0>(q, vectors, k, sums);
    if constexpr (Product::kParts == 2) score_part<Product, kRows, 1>(q, vectors, k, sums);
    ++q;
  };
  auto whole = [&](const C* from) __attribute__((always_inline)) { return Product::key(from); };
  int64_t rest = dim;
  for (; rest >= kScoreUnroll * Product::kWidth; rest -= kScoreUnroll * Product::kWidth) {
#pragma GCC unroll 8
    for (int i = 0; i < kScoreUnroll; ++i) add_products(whole);
  }
  for (; rest >= Product::kWidth; rest -= Product::kWidth) add_products(whole);
  if (rest > 0) {
    add_products([&](const C* from) __attribute__((always_inline)) { return Product::key_end(from, rest); });
  }
#pragma GCC unroll 16
  for (int i = 0; i < kTileSums; i += kLanes) {
    F32 group[kLanes];
#pragma GCC unroll 16
    for (int l = 0; l < kLanes; ++l) group[l] = sums[i + l];
    store(out + i, sum_each(group));
  }
}

// Into the second-level cache, which has room for what is fetched well ahead.
template <typename C>
[[gnu::always_inline]] inline void fetch_row(const C* row, int64_t dim) {
  const char* line = reinterpret_cast<const char*>(row);
  int64_t bytes = dim * static_cast<int64_t>(sizeof(C));
  for (; bytes >= 256; bytes -= 256, line += 256) {
    prefetch_l2(line);
    prefetch_l2(line + 64);
    prefetch_l2(line + 128);
    prefetch_l2(line + 192);
  }
  for (; bytes > 0; bytes -= 64, line += 64) prefetch_l2(line);
}

// Rows to fetch meanwhile: those of some entries under all heads of a task, in the order of memory, which lets the machine
// fetch along with it: a line from here and a line from there took a fifth longer.
template <typename C>
struct FetchRows {
  const C* const* rows;  // of the entries
  int64_t offset;        // of the first head within a row
  int64_t head_stride;
  int64_t heads;
  int64_t dim;
  int64_t head = 0;  // the next one

  [[gnu::always_inline]] void next() {
    fetch_row(*rows + offset + head * head_stride, dim);
    if (++head == heads) {
      head = 0;
      ++rows;
    }
  }
};

// The queries of a task, and where the keys of its heads lie within the rows of a block.
template <typename Product, typename C>
struct ScoreHeads {
  const typename Product::Vector* q;  // [heads][padded][vectors]
  int64_t vectors, heads, padded;
  int64_t offset, head_stride;
  int64_t dim;
};

// Keys that meet one head's queries before those of the next: each change of heads costs as much as the products of half a
// key, and the queries of all heads together take half of the first-level cache.
inline constexpr int64_t kScoreKeys = 16;

// Scores of `count` keys under all heads; out is [heads][padded / kRows] blocks apart.
template <int kRows, typename Product, typename C>
[[gnu::noinline]] inline void score_heads(const ScoreHeads<Product, C>& heads, const C* const* keys, int64_t count,
                                          FetchRows<C> fetch, float* out) {
  constexpr int kKeys = kTileSums / kRows;
  const typename Product::Vector* q = heads.q;
  const int64_t vectors = heads.vectors, dim = heads.dim;
  int64_t offset = heads.offset;
  for (int64_t h = 0; h < heads.heads; ++h) {
    for (int64_t r = 0; r < heads.padded; r += kRows) {
      for (int64_t j = 0; j < count; j += kKeys) {
        if (r == 0) {
#pragma GCC unroll 16
          for (int i = 0; i < kKeys; ++i) fetch.next();
        }
        score_tile<Product, kRows>(q, vectors, keys + j, offset, dim, out + j * kRows);
      }
      q += kRows * vectors;
      out += kBlockKeys * kRows;
    }
    offset += heads.head_stride;
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
  bool guarded;
  int64_t rest;  // dims from the strip's first on
  float* out;    // [row][stride]
  int64_t stride;
  const float* factors;  // per row; null: 1
  FetchRows<C>* fetch;   // as many rows of which as there are keys; null: nothing
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

// 2 · kPairs · kLanes dims of the sums: out[row] = factors[row] · out[row] + Σ weights[key][row] · values[key]. kKeys is
// the number of keys, or 0 where only the strip knows it.
template <int kRows, int kPairs, bool kEnd, int kKeys, typename C>
[[gnu::always_inline]] inline void value_strip(const ValueStrip<C>& strip) {
  constexpr int kVectors = 2 * kPairs;
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
  auto add_key = [&](int64_t key) __attribute__((always_inline)) {
    F32 v[kVectors];
    read_values<kPairs, kEnd>(strip, key, v);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      F32 weight = splat(strip.weights[key * kRows + r]);
      pin(weight);
#pragma GCC unroll 8
      for (int i = 0; i < kVectors; ++i) accumulate(sums[r * kVectors + i], weight, v[i]);
    }
  };
  if constexpr (kKeys > 0) {
#pragma GCC unroll 16
    for (int key = 0; key < kKeys; ++key) add_key(key);
  } else {
    for (int64_t key = 0; key < strip.keys; ++key) add_key(key);
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

// All dims of the sums of kRows rows over the keys of one strip.
template <int kRows, int kKeys, typename C>
[[gnu::noinline]] inline void value_strips(ValueStrip<C> strip) {
  constexpr int kPairs = kRows == 4 ? 1 : kRows == 2 ? 2 : 4;
  // Every strip has its share of the rows to fetch.
  const int64_t strips = (strip.rest + kPairs * 2 * kLanes - 1) / (kPairs * 2 * kLanes);
  const int64_t share = strips > 0 ? (strip.keys + strips - 1) / strips : 0;
  int64_t fetched = 0;
  const auto step = [&](int width) __attribute__((always_inline)) {
    strip.offset += width;
    strip.rest -= width;
    strip.out += width;
    if (strip.fetch == nullptr) return;
    for (int64_t i = 0; i < share && fetched < strip.keys; ++i, ++fetched) strip.fetch->next();
  };
  for (; strip.rest >= kPairs * 2 * kLanes; step(kPairs * 2 * kLanes)) value_strip<kRows, kPairs, false, kKeys>(strip);
  if constexpr (kPairs > 1) {
    for (; strip.rest >= 2 * kLanes; step(2 * kLanes)) value_strip<kRows, 1, false, kKeys>(strip);
  }
  if (strip.rest > 0) value_strip<kRows, 1, true, 0>(strip);
}

template <int kRows, typename C>
inline void add_values(const ValueStrip<C>& strip) {
  if (strip.keys == kValueKeys) {
    value_strips<kRows, kValueKeys>(strip);
  } else {
    value_strips<kRows, 0>(strip);
  }
}
