// Everything of a block of kTokens tokens that does not depend on the state, once per state head and shared by all its
// column panels: keys and queries with the decays since the block's start, the grams between the block's tokens, and
// what remains of the state and of each write at the block's end.
//
// Equation: with γ_t = e^g_t and Γ(j,t) = γ_{j+1} ⋯ γ_t (per channel or a scalar), for a state S before the block
//             u_t = β_t v_t − β_t (k_t Γ(0,t))ᵀ S − Σ_{j<t} β_t (k_t · k_j Γ(j,t)) u_j      (β_t v_t without the delta rule)
//             o_t = scale (q_t Γ(0,t))ᵀ S + Σ_{j≤t} scale (q_t · k_j Γ(j,t)) u_j
//             S'  = Γ(0,C) S + Σ_j (k_j Γ(j,C)) u_jᵀ
//           generalized_delta reads y_t = a_tᵀ S_{t−1}, before γ_t, and writes b_t y_tᵀ beside k_t v_tᵀ.
// Edge:     Γ is a product of factors as they come, never a quotient or e^−Σg: strong decays underflow to zero and stay exact.
//           Only Γ(0,C), which acts on the state itself, comes from Σg: slow decays keep their rate, see Kept.
//           Tokens past the end have k = q = 0 and γ = 1, so they change nothing.
// Cost:     about C K multiply-adds per token without exponentials, K exponentials per token with a decay per channel.
// Source:   arXiv 2412.06464, arXiv 2510.26692; the block form is the exact solution of the recurrence, in f32.

// The writes as a decay per head leaves them at the block's end.
inline void decay_writes(const BlockDecays& decays, int64_t row, float* writes) {
  for (int j = 0; j < kTokens; ++j) {
    const F32 left = splat(decays.upto[j][kTokens - 1]);
    for (int64_t i = 0; i < row; i += kLanes) store(writes + j * row + i, mul(load(writes + j * row + i), left));
  }
}

// to_t = factor_t · from_t · Γ(0, t), or Γ(0, t−1) where a row acts before its token's decay.
inline void decay_rows(const LinearShape& shape, const BlockRows& block, const float* from, const float* factor,
                       bool before, float* to) {
  const int64_t row = shape.row;
  if (shape.decay == LinearDecay::channel) {
    for (int64_t i = 0; i < row; i += kLanes) {
      F32 left = splat(1.0f);
#pragma GCC unroll 8
      for (int t = 0; t < kTokens; ++t) {
        const F32 passed = left;
        left = mul(left, load(block.gates + t * row + i));
        const F32 value = mul(load(from + t * row + i), splat(factor[t]));
        store(to + t * row + i, mul(value, before ? passed : left));
      }
    }
    return;
  }
  float left = 1.0f;
  for (int t = 0; t < kTokens; ++t) {
    const float passed = left;
    left *= block.gate[t];
    const F32 all = splat(factor[t] * (before ? passed : left));
    for (int64_t i = 0; i < row; i += kLanes) store(to + t * row + i, mul(load(from + t * row + i), all));
  }
}

// What the block's decay leaves of the state.
inline void block_kept(const LinearShape& shape, const BlockLayout& layout, const BlockRows& block, float* to) {
  Keeps keeps = Keeps::all;
  if (shape.decay == LinearDecay::channel) {
    keeps = kept_row(block.total, shape.K, to + layout.factor, to + layout.whole);
  } else if (shape.decay == LinearDecay::scalar) {
    keeps = kept_row(*block.total, shape.K, to + layout.factor);
  }
  to[layout.keeps] = static_cast<float>(keeps);
}

// Which tokens of which state head a block holds; at most kTokens.
struct BlockPlace {
  LinearSequence seq;
  int64_t head;
  int64_t first;
  int count;
};

// Rows of one token that prepare_block will read.
template <typename S>
void prefetch_token(const LinearAttentionCall& call, const LinearShape& shape, const LinearPass& pass,
                    const LinearSequence& seq, int64_t head, int64_t token) {
  const LinearAttentionOptions& options = call.options;
  auto fetch_scalar = [&](const TensorView& view) {
    const int64_t at = seq.batch * view.strides[0] + (seq.first + token) * view.strides[1] + head * view.strides[2];
    prefetch_l2(view.as<const std::byte>() + at * dtype_bytes(view.dtype));
  };
  auto fetch_gate = [&](const TensorView& view) {
    if (view.dtype == DType::f32) return prefetch_row(linear_row<float>(view, seq, token, head), shape.K);
    prefetch_row(linear_row<S>(view, seq, token, head), shape.K);
  };
  if (pass.writes) {
    prefetch_row(linear_row<S>(call.k, seq, token, head * call.axes.Hk / shape.state_heads), shape.K);
    if (shape.decay == LinearDecay::channel) fetch_gate(options.decay);
    if (shape.decay == LinearDecay::scalar) fetch_scalar(options.decay);
    if (options.beta.present) fetch_scalar(options.beta);
    if (shape.free_vectors) fetch_gate(options.a);
    if (shape.free_vectors) fetch_gate(options.b);
  }
  for (int64_t reader = 0; pass.queries && reader < shape.readers; ++reader) {
    const int64_t out_head = head * shape.readers + reader;
    prefetch_row(linear_row<S>(call.q, seq, token, out_head * call.axes.Hq / shape.out_heads), shape.K);
  }
}

// g to γ in place, and its sum over the tokens.
inline void decay_row(float* gates, int64_t row, float* total) {
  for (int64_t i = 0; i < row; i += kLanes) {
    const F32 gate = load(gates + i);
    store(total + i, add(load(total + i), gate));
    store(gates + i, exp(gate));
  }
}

template <typename S>
void load_block_writes(const LinearAttentionCall& call, const LinearShape& shape, const BlockPlace& place,
                       BlockRows& block) {
  const LinearAttentionOptions& options = call.options;
  const int64_t row = shape.row;
  const int64_t key_head = place.head * call.axes.Hk / shape.state_heads;
  if (shape.decay == LinearDecay::channel) zero_row(block.total, row);
  for (int t = 0; t < kTokens; ++t) {
    const int64_t token = place.first + t;
    const bool real = t < place.count;
    block.beta[t] = !real                  ? 0.0f
                    : options.beta.present ? linear_scalar<S>(options.beta, place.seq, token, place.head)
                                           : 1.0f;
    block.gate[t] = real && shape.decay == LinearDecay::scalar
                        ? linear_scalar<S>(options.decay, place.seq, token, place.head)
                        : 0.0f;
    if (!real) {
      zero_row(block.keys + t * row, row);
      if (shape.free_vectors) {
        zero_row(block.a + t * row, row);
        zero_row(block.b + t * row, row);
      }
      if (shape.decay == LinearDecay::channel) {
        for (int64_t i = 0; i < row; i += kLanes) store(block.gates + t * row + i, splat(1.0f));
      }
      continue;
    }
    load_features<S>(options, call.k, place.seq, token, key_head, shape.K, row, block.keys + t * row);
    if (shape.free_vectors) {
      load_gate_row<S>(options.a, place.seq, token, place.head, shape.K, block.a + t * row);
      load_gate_row<S>(options.b, place.seq, token, place.head, shape.K, block.b + t * row);
    }
    if (shape.decay == LinearDecay::channel) {
      load_gate_row<S>(options.decay, place.seq, token, place.head, shape.K, block.gates + t * row);
      decay_row(block.gates + t * row, row, block.total);
    }
  }
  if (shape.decay == LinearDecay::scalar) {
    *block.total = 0;
    for (int t = 0; t < kTokens; ++t) *block.total += block.gate[t];
  }
  exp_row(block.gate, kGates);
}

template <typename S>
void load_block_queries(const LinearAttentionCall& call, const LinearShape& shape, const BlockPlace& place,
                        int64_t reader, BlockRows& block) {
  const int64_t out_head = place.head * shape.readers + reader;
  const int64_t query_head = out_head * call.axes.Hq / shape.out_heads;
  for (int t = 0; t < kTokens; ++t) {
    float* to = block.queries + t * shape.row;
    if (t < place.count) {
      load_features<S>(call.options, call.q, place.seq, place.first + t, query_head, shape.K, shape.row, to);
    } else {
      zero_row(to, shape.row);
    }
  }
}

// 1 / (φ(q_t)·z_t + 1e-6) for one reader; mix still holds the plain products φ(q_t)·φ(k_j), or is null.
inline void block_inverses(const LinearShape& shape, const BlockPlace& place, const BlockRows& block,
                           const float* normalizer, const float* mix, float* to) {
  for (int t = 0; t < kTokens; ++t) {
    float sum = 1e-6f;
    if (t < place.count) sum += dot_rows(block.queries + t * shape.row, normalizer, shape.row);
    for (int j = 0; mix != nullptr && j <= t; ++j) sum += mix[t * shape.writers * kTokens + j];
    to[t] = 1.0f / sum;
  }
}

inline void add_keys(const LinearShape& shape, const BlockPlace& place, const BlockRows& block, float* normalizer) {
  for (int64_t i = 0; i < shape.row; i += kLanes) {
    F32 sum = load(block.keys + i);
    for (int t = 1; t < place.count; ++t) sum = add(sum, load(block.keys + t * shape.row + i));
    store(normalizer + i, add(load(normalizer + i), sum));
  }
}

// The grams of one reader. The first reader's also give the reads' products; with a decay per channel the last one's leave
// the writes as they are at the block's end.
inline void block_reader(const LinearShape& shape, const BlockLayout& layout, const BlockRows& block, int64_t reader,
                         float* to) {
  const bool channel = shape.decay == LinearDecay::channel;
  const bool first = reader == 0, last = reader + 1 == shape.readers;
  const BlockDecays decays(block.gate);
  const int64_t stride = shape.writers * kTokens;
  const float* reads = !first || !shape.delta ? nullptr : shape.free_vectors ? block.a : block.keys;
  float* mix = to + layout.mix + reader * kTokens * stride;
  float* solve = to + layout.solve;
  block_grams(shape, block, decays, block.keys, reads, block.queries,
              {solve, mix, channel && last ? block.keys : nullptr, stride});
  if (shape.free_vectors) {
    block_grams(shape, block, decays, block.b, reads, block.queries,
                {solve + kTokens, mix + kTokens, channel && last ? block.b : nullptr, stride});
  }
  if (shape.decay != LinearDecay::scalar || !last) return;
  decay_writes(decays, shape.row, block.keys);
  if (shape.free_vectors) decay_writes(decays, shape.row, block.b);
}

// m[t][j] *= factor[t] for j <= t; nothing reads what lies above.
inline void scale_lower(const float* factor, int64_t stride, float* m) {
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 8
    for (int j = 0; j <= t; ++j) m[t * stride + j] *= factor[t];
  }
}

template <typename S>
void prepare_block(const LinearAttentionCall& call, const LinearShape& shape, const BlockLayout& layout,
                   const LinearPass& pass, const BlockPlace& place, float* normalizer, float* scratch, float* to) {
  BlockRows block = block_rows(shape, layout, scratch, to);
  const int64_t stride = shape.writers * kTokens;
  float factor[kTokens];
  for (float& gate : block.gate) gate = 1.0f;
  if (pass.writes) {
    load_block_writes<S>(call, shape, place, block);
    for (int t = 0; t < kTokens; ++t) to[layout.beta + t] = block.beta[t];
    block_kept(shape, layout, block, to);
  }
  if (shape.delta) {
    for (int t = 0; t < kTokens; ++t) factor[t] = shape.free_vectors ? 1.0f : -block.beta[t];
    decay_rows(shape, block, shape.free_vectors ? block.a : block.keys, factor, shape.free_vectors, to + layout.read);
  }
  for (int64_t reader = 0; pass.queries && reader < shape.readers; ++reader) {
    load_block_queries<S>(call, shape, place, reader, block);
    float* mix = to + layout.mix + reader * kTokens * stride;
    if (pass.inner()) block_reader(shape, layout, block, reader, to);
    if (call.options.normalize) {
      block_inverses(shape, place, block, normalizer, pass.inner() ? mix : nullptr,
                     to + layout.inverse + reader * kTokens);
    }
    if (shape.delta && reader == 0 && !shape.free_vectors) scale_lower(factor, stride, to + layout.solve);
    float scale[kTokens];
    for (float& value : scale) value = shape.scale;
    if (pass.inner()) scale_lower(scale, stride, mix);
    if (pass.inner() && shape.free_vectors) scale_lower(scale, stride, mix + kTokens);
    decay_rows(shape, block, block.queries, scale, false, to + layout.query + reader * kTokens * shape.row);
  }
  if (pass.writes && call.options.normalize) add_keys(shape, place, block, normalizer);
}
