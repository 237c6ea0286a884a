// The sweeps of the recurrent form over kRows rows of the state, and where they find what a token brings.
//
// Equation: see linear_attention_recurrent.inl
// Layout:   rows along K, one state column v each; all rows of a sweep take a cache line before the next line

inline constexpr int kRows = 4;                     // rows of the state that share the loads of k and q
inline constexpr int kRowsAhead = 8;                // that are fetched: fewer come too late, more push each other out
inline constexpr int kWide = kLineFloats / kLanes;  // vectors of a line

// What one token brings to every row of a state head; offsets in floats within the token's part of the scratch.
struct RecurrentPlan {
  int64_t row;
  int64_t read, write, second, gate, factor, whole, query;
  int64_t scalars;  // β, what decay keeps, then per reader q·k, q·b, 1/(q·z)
  int64_t token_floats;
  int64_t tile;  // [kRows][row] where the state is not written through
  int64_t worker_floats;
  int64_t pieces, piece_rows;  // of a state
  int64_t per_task;            // pieces one after the other, so that each is fetched while the one before is worked on
};

// The sweep over kRows rows that reads: their products with one vector, or with two. The unrolling keeps the sums in
// registers: GCC 12 leaves them on the stack otherwise.
template <bool kPair>
struct RowReader {
  static constexpr int kSums = kPair ? 2 * kRows : kRows;
  const float* rows;
  int64_t stride;
  const float* x;
  const float* y;
  F32 sums[kSums];

  [[gnu::always_inline]] RowReader(const float* from, int64_t from_stride, const float* by_x, const float* by_y)
      : rows(from), stride(from_stride), x(by_x), y(by_y) {
#pragma GCC unroll 16
    for (int i = 0; i < kSums; ++i) sums[i] = zero();
  }

  [[gnu::always_inline]] void take(int r, int64_t k, F32 value) {
    keep(value);
    sums[r] = fma(value, load(x + k), sums[r]);
    if constexpr (kPair) sums[kRows + r] = fma(value, load(y + k), sums[kRows + r]);
  }
  template <int kCount>
  [[gnu::always_inline]] void full(int64_t k) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int i = 0; i < kCount; ++i) take(r, k + i * kLanes, load(rows + r * stride + k + i * kLanes));
    }
  }
  [[gnu::always_inline]] void partial(int64_t k, int64_t n) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) take(r, k, load_partial(rows + r * stride + k, n));
  }

  // by_x[r] = rows[r] · x, by_y[r] = rows[r] · y.
  [[gnu::always_inline]] void finish(float* by_x, float* by_y) const {
    if constexpr (kSums % kLanes == 0) {
      float all[kSums];
#pragma GCC unroll 8
      for (int first = 0; first < kSums; first += kLanes) {
        F32 each[kLanes];
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) each[i] = sums[first + i];
        store(all + first, sum_each(each));
      }
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        by_x[r] = all[r];
        if (kPair) by_y[r] = all[kSums - kRows + r];
      }
    } else {
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        by_x[r] = reduce_add(sums[r]);
        if (kPair) by_y[r] = reduce_add(sums[kSums - kRows + r]);
      }
    }
  }
};

// Of each row of a group; lanes past kRows hold nothing.
struct RowProducts {
  float y[kLanes], o[kLanes], u[kLanes];
  static_assert(kLanes >= kRows);
};

// The sweep that writes: to[r] = γ ∘ from[r] + write · u[r] (+ second · y[r]); to may be from.
template <bool kSecond, Keeps kKeeps>
struct RowWriter {
  const float* from;
  float* to;
  int64_t from_stride, to_stride;
  const float* factor;
  const float* whole;
  const float* write;
  const float* second;
  F32 by_u[kRows], by_y[kRows];

  [[gnu::always_inline]] RowWriter(const RecurrentPlan& plan, const float* token, const float* from_rows,
                                   int64_t stride_from, float* to_rows, int64_t stride_to, const RowProducts& products)
      : from(from_rows),
        to(to_rows),
        from_stride(stride_from),
        to_stride(stride_to),
        factor(token + plan.factor),
        whole(token + plan.whole),
        write(token + plan.write),
        second(token + plan.second) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      by_u[r] = splat(products.u[r]);
      by_y[r] = kSecond ? splat(products.y[r]) : zero();
    }
  }

  [[gnu::always_inline]] F32 written(int r, int64_t k, F32 value) const {
    keep(value);
    F32 change = fma(load(write + k), by_u[r], begin_kept<kKeeps>(value, load(factor + k)));
    if (kSecond) change = fma(load(second + k), by_y[r], change);
    return finish_kept<kKeeps>(change, value, load(whole + k));
  }
  template <int kCount>
  [[gnu::always_inline]] void full(int64_t k) const {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int i = 0; i < kCount; ++i) {
        const int64_t at = k + i * kLanes;
        store(to + r * to_stride + at, written(r, at, load(from + r * from_stride + at)));
      }
    }
  }
  [[gnu::always_inline]] void partial(int64_t k, int64_t n) const {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      store_partial(to + r * to_stride + k, written(r, k, load_partial(from + r * from_stride + k, n)), n);
    }
  }
};

// Sweeps side by side over K, while the kRows rows from `ahead` on are fetched, in the order of memory: the hardware sees no
// pattern in sweeps over several rows at a time.
template <typename... Sweeps>
[[gnu::always_inline]] inline void sweep(int64_t K, const float* ahead, Sweeps&... sweeps) {
  int64_t k = 0;
  for (; k + kLineFloats <= K; k += kLineFloats) {
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) prefetch_l1(ahead + k * kRows + i * kLineFloats);
    (sweeps.template full<kWide>(k), ...);
  }
  for (; k + kLanes <= K; k += kLanes) (sweeps.template full<1>(k), ...);
  if (k < K) (sweeps.partial(k, K - k), ...);
}
