// The loops over a panel of the state, and over the tiles of u and o that stay in registers meanwhile.
//
// Equation: see linear_attention_chunk_prepare.inl
// Layout:   panel [K][width], width = one vector or kVectors; u and o tiles [kTokens][width]

inline constexpr int kVectors = kRegisters >= 32 && kLanes == 4 ? 4 : 2;
inline constexpr int kPanel = kVectors * kLanes;

// A block's rows follow each other in the order of the sweeps, so one tile further on lies what the next sweep reads.
[[gnu::always_inline]] inline void prefetch_next_rows(const float* rows, int64_t row, int64_t k) {
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) prefetch_l1(rows + (kTokens + t) * row + k);
}

// Steps along K that the sweeps write out: a taken branch every 12 multiply-adds would cost a tenth of them where two
// hardware threads share the core's front end.
inline constexpr int kSweep = 4;

template <int kWidth>
[[gnu::always_inline]] inline void read_step(const float* rows, int64_t row, const float* panel,
                                             F32 (&sum)[kTokens][kWidth]) {
  F32 state[kWidth];
#pragma GCC unroll 8
  for (int i = 0; i < kWidth; ++i) {
    state[i] = load(panel + i * kLanes);
    keep(state[i]);
  }
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
    F32 x = splat(rows[t * row]);
    pin(x);
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) accumulate(sum[t][i], x, state[i]);
  }
}

// sum[t] = Σ_k rows[t][k] · panel[k]
template <int kWidth>
[[gnu::always_inline]] inline void read_panel(const float* rows, int64_t row, const float* panel, int64_t K,
                                              F32 (&sum)[kTokens][kWidth]) {
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) sum[t][i] = zero();
  }
  for (int64_t line = 0; line < K; line += kLineFloats) {
    prefetch_next_rows(rows, row, line);
    const int64_t end = linear_min(line + kLineFloats, K);
    int64_t k = line;
    for (; k + kSweep <= end; k += kSweep) {
#pragma GCC unroll 8
      for (int i = 0; i < kSweep; ++i) read_step<kWidth>(rows + k + i, row, panel + (k + i) * kWidth * kLanes, sum);
    }
    for (; k < end; ++k) read_step<kWidth>(rows + k, row, panel + k * kWidth * kLanes, sum);
  }
}

// Rows of kWidth vectors, one per token of a block.
struct TileRows {
  const float* data;
  int64_t stride;
};

// What a block's decay leaves of the state: see Kept. One factor where all rows share it.
struct KeptRows {
  const float* factor;
  const float* whole;
};

template <int kWidth, Keeps kKeeps>
[[gnu::always_inline]] inline void write_step(const float* rows, int64_t row, const F32 (&write)[kTokens][kWidth],
                                              F32 factor, const float* whole, float* panel) {
  F32 change[kWidth];
#pragma GCC unroll 8
  for (int i = 0; i < kWidth; ++i) change[i] = begin_kept<kKeeps>(load(panel + i * kLanes), factor);
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
    F32 x = splat(rows[t * row]);
    pin(x);
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) accumulate(change[i], x, write[t][i]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < kWidth; ++i) {
    const F32 left = kKeeps == Keeps::mixed ? splat(*whole) : zero();
    store(panel + i * kLanes, finish_kept<kKeeps>(change[i], load(panel + i * kLanes), left));
  }
}

// panel[k] = Γ(0,C) · panel[k] + Σ_t rows[t][k] · u[t]
template <int kWidth, Keeps kKeeps, bool kChannel>
[[gnu::noinline]] void write_panel(const float* rows, int64_t row, const TileRows& u, const KeptRows& kept, int64_t K,
                                   float* panel) {
  constexpr bool kOwn = kChannel && kKeeps != Keeps::all;
  F32 write[kTokens][kWidth];
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) write[t][i] = load(u.data + t * u.stride + i * kLanes);
  }
  F32 shared = kOwn || kKeeps == Keeps::all ? zero() : splat(*kept.factor);
  if (!kOwn && kKeeps != Keeps::all) keep(shared);
  auto step = [&](int64_t k) __attribute__((always_inline)) {
    write_step<kWidth, kKeeps>(rows + k, row, write, kOwn ? splat(kept.factor[k]) : shared, kept.whole + k,
                               panel + k * kWidth * kLanes);
  };
  for (int64_t line = 0; line < K; line += kLineFloats) {
    prefetch_next_rows(rows, row, line);
    const int64_t end = linear_min(line + kLineFloats, K);
    int64_t k = line;
    for (; k + kSweep <= end; k += kSweep) {
#pragma GCC unroll 8
      for (int i = 0; i < kSweep; ++i) step(k + i);
    }
    for (; k < end; ++k) step(k);
  }
}

// rows[t] += m[t][j] · rows[j] for j < t, earlier rows first: the solution of a unit lower triangular system.
template <int kWidth>
[[gnu::always_inline]] inline void solve_tile(const float* m, int64_t stride, F32 (&rows)[kTokens][kWidth]) {
#pragma GCC unroll 8
  for (int j = 0; j + 1 < kTokens; ++j) {
#pragma GCC unroll 8
    for (int t = j + 1; t < kTokens; ++t) {
      const F32 x = splat(m[t * stride + j]);
#pragma GCC unroll 8
      for (int i = 0; i < kWidth; ++i) rows[t][i] = fma(x, rows[j][i], rows[t][i]);
    }
  }
}

// sum[t] += Σ_{j<t} m[t][j] · from[j], and j = t too with kDiagonal.
template <int kWidth, bool kDiagonal>
[[gnu::always_inline]] inline void add_earlier(const float* m, int64_t stride, const TileRows& from,
                                               F32 (&sum)[kTokens][kWidth]) {
#pragma GCC unroll 8
  for (int j = 0; j < kTokens; ++j) {
    F32 row[kWidth];
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) row[i] = load(from.data + j * from.stride + i * kLanes);
#pragma GCC unroll 8
    for (int t = kDiagonal ? j : j + 1; t < kTokens; ++t) {
      const F32 x = splat(m[t * stride + j]);
#pragma GCC unroll 8
      for (int i = 0; i < kWidth; ++i) sum[t][i] = fma(x, row[i], sum[t][i]);
    }
  }
}
