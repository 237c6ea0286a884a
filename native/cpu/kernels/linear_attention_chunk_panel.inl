// The part of the chunk form that touches the state: a panel of kPanel columns, K-major, [K][kPanel], stays in L1 while
// block after block of kTokens tokens passes over it. One sweep reads it for all tokens of a block, one writes it.
//
// Equation: see linear_attention_chunk_prepare.inl
// Layout:   panel [K][width], width = one vector or kVectors; u, v and o tiles [kTokens][width]
// Cost:     3 + 1/C multiply-adds per state element and token with the delta rule, 2 + 1/C without; the tiles hold
//           kTokens · kVectors sums in registers, so the FMA units never wait for a sum.

// Columns [first, first + count) of v that a panel holds.
struct PanelPlace {
  int64_t first;
  int64_t count;
};

// The panel's columns of the next block's tokens: whole token rows lie between them, too far apart for the hardware to
// guess, and so many of them share a cache set that they must not come much earlier either.
template <typename S>
[[gnu::always_inline]] inline void prefetch_next_tile(const TensorView& view, const BlockPlace& place, int64_t head,
                                                      const PanelPlace& columns) {
  const int64_t first = place.first + kTokens;
  const int64_t end = linear_min(first + kTokens, place.seq.tokens);
  for (int64_t t = first; t < end; ++t) {
    prefetch_row(linear_row<S>(view, place.seq, t, head) + columns.first, columns.count);
  }
}

// A tile at the end of the tokens or of the columns, the rest zero.
template <typename S, int kWidth>
[[gnu::noinline]] void load_edge(const S* from, int64_t stride, int tokens, int64_t columns, float* to) {
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
[[gnu::noinline]] void store_edge(const float* from, int64_t stride, int tokens, int64_t columns, S* to) {
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
[[gnu::always_inline]] inline void store_rows(const F32 (&tile)[kTokens][kWidth], float* to) {
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) store(to + (t * kWidth + i) * kLanes, tile[t][i]);
  }
}

// What a block passes over: one panel, and the block's own writes u (and y).
template <typename S, int kWidth>
struct PanelPass {
  const LinearAttentionCall& call;
  const LinearShape& shape;
  const BlockLayout& layout;
  const LinearPass& pass;
  const BlockPlace& place;
  const PanelPlace& columns;
  const float* block;
  float* panel;
  TileRows u;  // in v itself where it needs no factor, else in memory_u
  TileRows y;
  float* memory_u;
  float* memory_y;

  int64_t stride() const { return shape.writers * kTokens; }
  bool whole() const { return place.count == kTokens && columns.count == kWidth * kLanes; }
  const S* values(int64_t head) const { return linear_row<S>(call.v, place.seq, place.first, head) + columns.first; }
};

// sum[t] = β_t v_t (+ sum[t] with kAdds).
template <int kWidth, bool kAdds, typename E>
[[gnu::always_inline]] inline void add_values(const float* beta, const E* from, int64_t stride,
                                              F32 (&sum)[kTokens][kWidth]) {
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
    const F32 factor = splat(beta[t]);
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; ++i) {
      const F32 value = mul(factor, load(from + t * stride + i * kLanes));
      sum[t][i] = kAdds ? add(value, sum[t][i]) : value;
    }
  }
}

// The writes of a block: u = β v, and with the delta rule what the state and the block's earlier tokens answer.
template <typename S, int kWidth>
[[gnu::noinline]] void block_writes(PanelPass<S, kWidth>& at) {
  const LinearAttentionCall& call = at.call;
  const LinearShape& shape = at.shape;
  const int64_t value_head = at.place.head * call.axes.Hv / shape.state_heads;
  const int64_t stride = call.v.strides[1];
  const S* values = at.values(value_head);
  const bool whole = at.whole();
  prefetch_next_tile<S>(call.v, at.place, value_head, at.columns);
  const float* solve = at.block + at.layout.solve;
  const float* beta = at.block + at.layout.beta;
  alignas(64) float edge[kTokens * kPanel];
  if (whole) {
    for (int t = 0; t < kTokens; ++t) prefetch_l1(values + t * stride);
  } else {
    load_edge<S, kWidth>(values, stride, at.place.count, at.columns.count, edge);
  }
  if constexpr (std::is_same_v<S, float>) {
    if (whole && !shape.delta && !call.options.beta.present) {
      at.u = {values, stride};
      return;
    }
  }
  F32 sum[kTokens][kWidth];
  if (shape.delta && !shape.free_vectors) {
    read_panel<kWidth>(at.block + at.layout.read, shape.row, at.panel, shape.K, sum);
    if (whole) {
      add_values<kWidth, true>(beta, values, stride, sum);
    } else {
      add_values<kWidth, true>(beta, edge, kWidth * kLanes, sum);
    }
    solve_tile<kWidth>(solve, at.stride(), sum);
    return store_rows<kWidth>(sum, at.memory_u);
  }
  if (whole) {
    add_values<kWidth, false>(beta, values, stride, sum);
  } else {
    add_values<kWidth, false>(beta, edge, kWidth * kLanes, sum);
  }
  store_rows<kWidth>(sum, at.memory_u);
  if (!shape.free_vectors) return;
  read_panel<kWidth>(at.block + at.layout.read, shape.row, at.panel, shape.K, sum);
  add_earlier<kWidth, false>(solve, at.stride(), at.u, sum);
  solve_tile<kWidth>(solve + kTokens, at.stride(), sum);
  store_rows<kWidth>(sum, at.memory_y);
}

// Adds what an option asks of the outputs in `tile`: the normaliser's division, the skip connection.
template <typename S, int kWidth>
[[gnu::noinline]] void finish_outputs(const PanelPass<S, kWidth>& at, int64_t reader, int64_t head, float* tile) {
  const TensorView& skip = at.call.options.skip;
  if (at.call.options.normalize) {
    const float* inverse = at.block + at.layout.inverse + reader * kTokens;
    for (int i = 0; i < kTokens * kWidth; ++i) {
      store(tile + i * kLanes, mul(splat(inverse[i / kWidth]), load(tile + i * kLanes)));
    }
  }
  if (!skip.present) return;
  alignas(64) float v[kTokens * kPanel];
  const int64_t value_head = head * at.call.axes.Hv / at.shape.out_heads;
  load_edge<S, kWidth>(at.values(value_head), at.call.v.strides[1], at.place.count, at.columns.count, v);
  const F32 factor = splat(linear_scalar<S>(skip, head * skip.strides[0]));
  for (int i = 0; i < kTokens * kWidth * kLanes; i += kLanes) {
    store(tile + i, fma(factor, load(v + i), load(tile + i)));
  }
}

// Outputs of one block from what the state held before it and from the block's own writes.
template <typename S, int kWidth>
[[gnu::noinline]] void block_outputs(const PanelPass<S, kWidth>& at, int64_t reader) {
  const TensorView& view = at.call.out;
  const int64_t head = at.place.head * at.shape.readers + reader;
  const float* mix = at.block + at.layout.mix + reader * kTokens * at.stride();
  with_output<S>(view, at.place.seq, 0, 0, [&](auto* out) {
    prefetch_next_tile<std::remove_pointer_t<decltype(out)>>(view, at.place, head, at.columns);
  });
  F32 sum[kTokens][kWidth];
  read_panel<kWidth>(at.block + at.layout.query + reader * kTokens * at.shape.row, at.shape.row, at.panel, at.shape.K,
                     sum);
  if (at.pass.inner()) add_earlier<kWidth, true>(mix, at.stride(), at.u, sum);
  if (at.pass.inner() && at.shape.free_vectors) add_earlier<kWidth, true>(mix + kTokens, at.stride(), at.y, sum);
  const bool plain = !at.call.options.normalize && !at.call.options.skip.present;
  const int64_t stride = view.strides[1], first = at.columns.first;
  if (plain && at.whole()) {
    with_output<S>(
        view, at.place.seq, at.place.first, head, [&](auto* out) __attribute__((always_inline)) {
#pragma GCC unroll 8
          for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 8
            for (int i = 0; i < kWidth; ++i) store(out + first + t * stride + i * kLanes, sum[t][i]);
          }
        });
    return;
  }
  alignas(64) float tile[kTokens * kPanel];
  store_rows<kWidth>(sum, tile);
  finish_outputs<S, kWidth>(at, reader, head, tile);
  with_output<S>(view, at.place.seq, at.place.first, head, [&](auto* out) {
    store_edge<std::remove_pointer_t<decltype(out)>, kWidth>(tile, stride, at.place.count, at.columns.count,
                                                             out + first);
  });
}

template <int kWidth>
void write_block(const LinearShape& shape, const BlockLayout& layout, const float* block, const TileRows& u,
                 const TileRows& y, float* panel) {
  const float* rows = block + layout.write;
  const KeptRows kept{block + layout.factor, block + layout.whole};
  const bool channel = shape.decay == LinearDecay::channel;
  with_keeps(static_cast<Keeps>(block[layout.keeps]), [&](auto keeps) {
    if (channel) {
      write_panel<kWidth, keeps.value, true>(rows, shape.row, u, kept, shape.K, panel);
    } else {
      write_panel<kWidth, keeps.value, false>(rows, shape.row, u, kept, shape.K, panel);
    }
  });
  if (!shape.free_vectors) return;
  write_panel<kWidth, Keeps::all, false>(rows + kTokens * shape.row, shape.row, y, kept, shape.K, panel);
}

template <typename S, int kWidth>
void pass_block(const LinearAttentionCall& call, const LinearShape& shape, const BlockLayout& layout,
                const LinearPass& pass, const BlockPlace& place, const PanelPlace& columns, const float* block,
                float* panel) {
  alignas(64) float u[kTokens * kPanel], y[kTokens * kPanel];
  PanelPass<S, kWidth> at{
      call, shape, layout, pass, place, columns, block, panel, {u, kWidth * kLanes}, {y, kWidth * kLanes}, u, y};
  if (pass.writes) block_writes<S, kWidth>(at);
  for (int64_t reader = 0; pass.queries && reader < shape.readers; ++reader) block_outputs<S, kWidth>(at, reader);
  if (pass.writes) write_block<kWidth>(shape, layout, block, at.u, at.y, panel);
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
