// The part of the chunk form that touches the state: a panel of kPanel columns, K-major, [K][kPanel], stays in L1 while
// block after block of kTokens tokens passes over it. One sweep reads it for all tokens of a block, one writes it.
//
// Equation: see linear_attention_chunk_prepare.inl
// Layout:   panel [K][width], width = one vector or kVectors; u, v and o tiles [kTokens][width]
// Cost:     3 + 1/C multiply-adds per state element and token with the delta rule, 2 + 1/C without; the tiles hold
//           kTokens · kVectors sums in registers, so the FMA units never wait for a sum.

inline constexpr int kVectors = kRegisters >= 32 && kLanes == 4 ? 4 : 2;
inline constexpr int kPanel = kVectors * kLanes;
inline constexpr int64_t kLineFloats = 16;

// A block's rows follow each other in the order of the sweeps, so one tile further on lies what the next sweep reads.
inline void prefetch_next_rows(const float* rows, int64_t row, int64_t k) {
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) prefetch_l1(rows + (kTokens + t) * row + k);
}

// to[t] = Σ_k rows[t][k] · panel[k]
template <int kWidth>
[[gnu::noinline]] void read_panel(const float* rows, int64_t row, const float* panel, int64_t K, float* to) {
  F32 sum[kTokens][kWidth];
  for (int t = 0; t < kTokens; ++t) {
    for (int i = 0; i < kWidth; ++i) sum[t][i] = zero();
  }
  for (int64_t line = 0; line < K; line += kLineFloats) {
    prefetch_next_rows(rows, row, line);
    const int64_t end = linear_min(line + kLineFloats, K);
    for (int64_t k = line; k < end; ++k) {
      F32 state[kWidth];
#pragma GCC unroll 8
      for (int i = 0; i < kWidth; ++i) {
        state[i] = load(panel + (k * kWidth + i) * kLanes);
        keep(state[i]);
      }
#pragma GCC unroll 8
      for (int t = 0; t < kTokens; ++t) {
        const F32 x = splat(rows[t * row + k]);
#pragma GCC unroll 8
        for (int i = 0; i < kWidth; ++i) sum[t][i] = fma(x, state[i], sum[t][i]);
      }
    }
  }
  for (int t = 0; t < kTokens; ++t) {
    for (int i = 0; i < kWidth; ++i) store(to + (t * kWidth + i) * kLanes, sum[t][i]);
  }
}

// panel[k] = decay · panel[k] + Σ_t rows[t][k] · u[t]
template <int kWidth, LinearDecay kDecay>
[[gnu::noinline]] void write_panel(const float* rows, int64_t row, const float* u, const float* decay, int64_t K,
                                   float* panel) {
  F32 write[kTokens][kWidth];
  for (int t = 0; t < kTokens; ++t) {
    for (int i = 0; i < kWidth; ++i) write[t][i] = load(u + (t * kWidth + i) * kLanes);
  }
  for (int64_t line = 0; line < K; line += kLineFloats) {
    prefetch_next_rows(rows, row, line);
    const int64_t end = linear_min(line + kLineFloats, K);
    for (int64_t k = line; k < end; ++k) {
      F32 state[kWidth];
#pragma GCC unroll 8
      for (int i = 0; i < kWidth; ++i) {
        state[i] = load(panel + (k * kWidth + i) * kLanes);
        if (kDecay != LinearDecay::none) {
          state[i] = mul(state[i], splat(decay[kDecay == LinearDecay::channel ? k : 0]));
        }
      }
#pragma GCC unroll 8
      for (int t = 0; t < kTokens; ++t) {
        const F32 x = splat(rows[t * row + k]);
#pragma GCC unroll 8
        for (int i = 0; i < kWidth; ++i) state[i] = fma(x, write[t][i], state[i]);
      }
#pragma GCC unroll 8
      for (int i = 0; i < kWidth; ++i) store(panel + (k * kWidth + i) * kLanes, state[i]);
    }
  }
}

// to[t] += Σ_{j<t} m[t][j] · from[j], and j = t too with kDiagonal. from may be to: earlier rows are then final.
template <int kWidth, bool kDiagonal>
void add_earlier(const float* m, int64_t stride, const float* from, float* to) {
  F32 rows[kTokens][kWidth];
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) rows[t][i] = load(from + (t * kWidth + i) * kLanes);
  }
#pragma GCC unroll 8
  for (int t = kDiagonal ? 0 : 1; t < kTokens; ++t) {
    F32 sum[kWidth];
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) sum[i] = from == to ? rows[t][i] : load(to + (t * kWidth + i) * kLanes);
#pragma GCC unroll 8
    for (int j = 0; j < t + (kDiagonal ? 1 : 0); ++j) {
      const F32 x = splat(m[t * stride + j]);
#pragma GCC unroll 8
      for (int i = 0; i < kWidth; ++i) sum[i] = fma(x, rows[j][i], sum[i]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) {
      if (from == to) rows[t][i] = sum[i];
      store(to + (t * kWidth + i) * kLanes, sum[i]);
    }
  }
}

// Columns [first, first + count) of one state head.
struct PanelPlace {
  int64_t first;
  int64_t count;
  int64_t ahead;  // columns of v and out to fetch early: the first panel fetches for all, in runs that suit DRAM
};

template <typename S, int kWidth>
void load_tile(const S* from, int64_t stride, int tokens, int64_t columns, float* to) {
  for (int t = 0; t < kTokens; ++t) {
    for (int i = 0; i < kWidth; ++i) {
      const int64_t left = columns - i * kLanes;
      F32 value = zero();
      if (t < tokens && left >= kLanes) {
        value = load(from + t * stride + i * kLanes);
      } else if (t < tokens && left > 0) {
        value = load_partial(from + t * stride + i * kLanes, left);
      }
      store(to + (t * kWidth + i) * kLanes, value);
    }
  }
}

template <typename S, int kWidth>
void store_tile(const float* from, int64_t stride, int tokens, int64_t columns, S* to) {
  for (int t = 0; t < tokens; ++t) {
    for (int i = 0; i < kWidth; ++i) {
      const int64_t left = columns - i * kLanes;
      const F32 value = load(from + (t * kWidth + i) * kLanes);
      if (left >= kLanes) {
        store(to + t * stride + i * kLanes, value);
      } else if (left > 0) {
        store_partial(to + t * stride + i * kLanes, value, left);
      }
    }
  }
}

template <int kWidth>
void scale_tile(const float* factors, const float* from, float* to) {
  for (int t = 0; t < kTokens; ++t) {
    const F32 factor = splat(factors[t]);
    for (int i = 0; i < kWidth; ++i) {
      store(to + (t * kWidth + i) * kLanes, mul(factor, load(from + (t * kWidth + i) * kLanes)));
    }
  }
}

template <int kWidth>
void add_scaled_tile(float factor, const float* from, float* to) {
  for (int i = 0; i < kTokens * kWidth * kLanes; i += kLanes) {
    store(to + i, fma(splat(factor), load(from + i), load(to + i)));
  }
}

// Outputs of one block from what the state held before it and from the block's own writes.
template <typename S, int kWidth>
void block_outputs(const LinearAttentionCall& call, const LinearShape& shape, const BlockLayout& layout,
                   const LinearPass& pass, const BlockPlace& place, const PanelPlace& columns, const float* block,
                   const float* panel, const float* u, const float* y) {
  alignas(64) float o[kTokens * kPanel], v[kTokens * kPanel];
  const TensorView& skip = call.options.skip;
  const int64_t stride = shape.writers * kTokens;
  for (int64_t reader = 0; reader < shape.readers; ++reader) {
    const int64_t head = place.head * shape.readers + reader;
    const float* mix = block + layout.mix + reader * kTokens * stride;
    prefetch_next_tokens<S>(call.out, place, head, columns.first, columns.ahead);
    read_panel<kWidth>(block + layout.query + reader * kTokens * shape.row, shape.row, panel, shape.K, o);
    if (pass.inner()) add_earlier<kWidth, true>(mix, stride, u, o);
    if (pass.inner() && shape.free_vectors) add_earlier<kWidth, true>(mix + kTokens, stride, y, o);
    if (call.options.normalize) scale_tile<kWidth>(block + layout.inverse + reader * kTokens, o, o);
    if (skip.present) {
      const int64_t value_head = head * call.axes.Hv / shape.out_heads;
      load_tile<S, kWidth>(linear_row<S>(call.v, place.seq, place.first, value_head) + columns.first, call.v.strides[1],
                           place.count, columns.count, v);
      add_scaled_tile<kWidth>(linear_scalar<S>(skip, head * skip.strides[0]), v, o);
    }
    S* out = const_cast<S*>(linear_row<S>(call.out, place.seq, place.first, head)) + columns.first;
    store_tile<S, kWidth>(o, call.out.strides[1], place.count, columns.count, out);
  }
}

template <int kWidth>
void write_block(const LinearShape& shape, const BlockLayout& layout, const float* block, const float* u,
                 const float* y, float* panel) {
  const float* rows = block + layout.write;
  const float* decay = block + layout.decay;
  switch (shape.decay) {
    case LinearDecay::none:
      write_panel<kWidth, LinearDecay::none>(rows, shape.row, u, decay, shape.K, panel);
      break;
    case LinearDecay::scalar:
      write_panel<kWidth, LinearDecay::scalar>(rows, shape.row, u, decay, shape.K, panel);
      break;
    case LinearDecay::channel:
      write_panel<kWidth, LinearDecay::channel>(rows, shape.row, u, decay, shape.K, panel);
      break;
  }
  if (!shape.free_vectors) return;
  write_panel<kWidth, LinearDecay::none>(rows + kTokens * shape.row, shape.row, y, nullptr, shape.K, panel);
}

template <typename S, int kWidth>
void pass_block(const LinearAttentionCall& call, const LinearShape& shape, const BlockLayout& layout,
                const LinearPass& pass, const BlockPlace& place, const PanelPlace& columns, const float* block,
                float* panel) {
  alignas(64) float u[kTokens * kPanel], y[kTokens * kPanel];
  if (pass.writes) {
    const int64_t value_head = place.head * call.axes.Hv / shape.state_heads;
    prefetch_next_tokens<S>(call.v, place, value_head, columns.first, columns.ahead);
    load_tile<S, kWidth>(linear_row<S>(call.v, place.seq, place.first, value_head) + columns.first, call.v.strides[1],
                         place.count, columns.count, u);
    if (call.options.beta.present) scale_tile<kWidth>(block + layout.beta, u, u);
  }
  if (shape.delta) {
    read_panel<kWidth>(block + layout.read, shape.row, panel, shape.K, y);
    const float* solve = block + layout.solve;
    const int64_t stride = shape.writers * kTokens;
    if (shape.free_vectors) {
      add_earlier<kWidth, false>(solve, stride, u, y);
      add_earlier<kWidth, false>(solve + kTokens, stride, y, y);
    } else {
      for (int i = 0; i < kTokens * kWidth * kLanes; i += kLanes) store(u + i, add(load(u + i), load(y + i)));
      add_earlier<kWidth, false>(solve, stride, u, u);
    }
  }
  if (pass.queries) block_outputs<S, kWidth>(call, shape, layout, pass, place, columns, block, panel, u, y);
  if (pass.writes) write_block<kWidth>(shape, layout, block, u, y, panel);
}

// Columns [first, first + columns) of a state to a panel. A state that is absent is zero.
template <int kWidth>
void load_panel(const StateMemory& state, int64_t first, int64_t columns, int64_t K, float* panel) {
  const int64_t width = kWidth * kLanes;
  for (int64_t i = 0; i < K * width; i += kLanes) store(panel + i, zero());
  if (state.data == nullptr) return;
  if (state.stride_v == 1 && !state.half) {
    for (int64_t k = 0; k < K; ++k) load_row(state.at<const float>(k, first), columns, panel + k * width);
    return;
  }
  int64_t v = 0;
  for (; state.plain() && v + kLanes <= columns; v += kLanes) {
    for (int64_t k = 0; k < K; k += kLanes) {
      const int64_t count = linear_min(K - k, kLanes);
      F32 rows[kLanes];
      for (int i = 0; i < kLanes; ++i) rows[i] = load_partial(state.at<const float>(k, first + v + i), count);
      transpose(rows);
      for (int i = 0; i < count; ++i) store(panel + (k + i) * width + v, rows[i]);
    }
  }
  for (; v < columns; ++v) {
    for (int64_t k = 0; k < K; ++k) panel[k * width + v] = state.read(k, first + v);
  }
}

template <int kWidth>
void store_panel(const float* panel, int64_t first, int64_t columns, int64_t K, const StateMemory& state) {
  const int64_t width = kWidth * kLanes;
  int64_t v = 0;
  for (; state.plain() && v + kLanes <= columns; v += kLanes) {
    for (int64_t k = 0; k < K; k += kLanes) {
      const int64_t count = linear_min(K - k, kLanes);
      F32 rows[kLanes];
      for (int i = 0; i < kLanes; ++i) rows[i] = i < count ? load(panel + (k + i) * width + v) : zero();
      transpose(rows);
      for (int i = 0; i < kLanes; ++i) store_partial(state.at<float>(k, first + v + i), rows[i], count);
    }
  }
  for (; v < columns; ++v) {
    for (int64_t k = 0; k < K; ++k) state.write(k, first + v, panel[k * width + v]);
  }
}
