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
//           Tokens past the end have k = q = 0 and γ = 1, so they change nothing.
// Cost:     about C K multiply-adds per token without exponentials, K exponentials per token with a decay per channel.
// Source:   arXiv 2412.06464, arXiv 2510.26692; the block form is the exact solution of the recurrence, in f32.

inline constexpr int kTokens = kRegisters >= 32 && kLanes >= 16 ? 8 : 6;

// Offsets in floats from the start of a prepared block.
struct BlockLayout {
  int64_t row;
  int64_t read;     // [kTokens][row], rules that read the state: factors of u (or y)
  int64_t query;    // [readers][kTokens][row]
  int64_t write;    // [writers][kTokens][row]
  int64_t decay;    // [row], decay per channel: Γ(0,C); else one float
  int64_t solve;    // [kTokens][writers · kTokens], rules that read the state
  int64_t mix;      // [readers][kTokens][writers · kTokens]
  int64_t beta;     // [kTokens]
  int64_t inverse;  // [readers][kTokens], 1 / (φ(q)·z + 1e-6)
  int64_t floats;
};

inline BlockLayout block_layout(const LinearShape& shape) {
  BlockLayout layout;
  int64_t next = 0;
  auto take = [&](int64_t floats) {
    const int64_t at = next;
    next += linear_ceil(floats, 16) * 16;
    return at;
  };
  layout.row = shape.row;
  layout.read = take(shape.delta ? kTokens * shape.row : 0);
  layout.query = take(shape.readers * kTokens * shape.row);
  layout.write = take(shape.writers * kTokens * shape.row);
  layout.decay = take(shape.decay == LinearDecay::channel ? shape.row : 1);
  layout.solve = take(shape.delta ? kTokens * shape.writers * kTokens : 0);
  layout.mix = take(shape.readers * kTokens * shape.writers * kTokens);
  layout.beta = take(kTokens);
  layout.inverse = take(shape.readers * kTokens);
  layout.floats = next;
  return layout;
}

// Which parts a pass over the tokens needs. Without causality one pass writes and a second one reads.
struct LinearPass {
  bool writes, queries;
  bool inner() const { return writes && queries; }
};

// Rows of one block in a worker's scratch.
struct BlockRows {
  float* keys;
  float* queries;
  float* gates;  // per channel: γ
  float* a;
  float* b;
  float gate[kTokens];  // scalar: γ
  float beta[kTokens];
};

inline int64_t block_rows_floats(const LinearShape& shape) { return 5 * kTokens * shape.row; }

inline BlockRows block_rows(const LinearShape& shape, float* scratch) {
  const int64_t rows = kTokens * shape.row;
  BlockRows block{};
  block.keys = scratch;
  block.queries = scratch + rows;
  block.gates = scratch + 2 * rows;
  block.a = scratch + 3 * rows;
  block.b = scratch + 4 * rows;
  return block;
}

// What the block's token-by-token part needs beside the rows it multiplies.
struct GramOutput {
  float* solve;  // [kTokens][stride], t > j
  float* mix;    // [kTokens][stride], t >= j
  float* rest;   // row of the write at the block's end, or null
  int64_t stride;
};

// One column of the grams: products of write j, as it decays, with the reads and queries of tokens from j on.
// kReadsBefore: reads see the state before the token's own decay.
template <int kWrite, bool kChannel, bool kReads, bool kReadsBefore, bool kMixes>
void gram_column(const float* write, const float* reads, const float* queries, const float* gates, int64_t row,
                 const GramOutput& to) {
  F32 solve[kTokens], mix[kTokens];
  for (int t = kWrite; t < kTokens; ++t) solve[t] = mix[t] = zero();
  for (int64_t i = 0; i < row; i += kLanes) {
    F32 rest = load(write + kWrite * row + i);
    if (kMixes) mix[kWrite] = fma(load(queries + kWrite * row + i), rest, mix[kWrite]);
#pragma GCC unroll 8
    for (int t = kWrite + 1; t < kTokens; ++t) {
      if (kReads && kReadsBefore) solve[t] = fma(load(reads + t * row + i), rest, solve[t]);
      if (kChannel) rest = mul(rest, load(gates + t * row + i));
      if (kReads && !kReadsBefore) solve[t] = fma(load(reads + t * row + i), rest, solve[t]);
      if (kMixes) mix[t] = fma(load(queries + t * row + i), rest, mix[t]);
    }
    if (kChannel && to.rest != nullptr) store(to.rest + kWrite * row + i, rest);
  }
  for (int t = kWrite; t < kTokens; ++t) {
    if (kReads && t > kWrite) to.solve[t * to.stride + kWrite] = reduce_add(solve[t]);
    if (kMixes) to.mix[t * to.stride + kWrite] = reduce_add(mix[t]);
  }
}

template <bool kChannel, bool kReads, bool kReadsBefore, bool kMixes, int kWrite = 0>
void gram_columns(const float* write, const float* reads, const float* queries, const float* gates, int64_t row,
                  const GramOutput& to) {
  if constexpr (kWrite < kTokens) {
    gram_column<kWrite, kChannel, kReads, kReadsBefore, kMixes>(write, reads, queries, gates, row, to);
    gram_columns<kChannel, kReads, kReadsBefore, kMixes, kWrite + 1>(write, reads, queries, gates, row, to);
  }
}

// The grams of one kind of write with the reads and one reader's queries. Null pointers leave a part out.
inline void block_grams(const LinearShape& shape, const BlockRows& block, const float* write, const float* reads,
                        const float* queries, const GramOutput& to) {
  const int64_t row = shape.row;
  const bool before = shape.free_vectors;
  if (shape.decay == LinearDecay::channel) {
    if (reads == nullptr) return gram_columns<true, false, false, true>(write, reads, queries, block.gates, row, to);
    if (before) return gram_columns<true, true, true, true>(write, reads, queries, block.gates, row, to);
    return gram_columns<true, true, false, true>(write, reads, queries, block.gates, row, to);
  }
  if (reads == nullptr) {
    gram_columns<false, false, false, true>(write, reads, queries, nullptr, row, to);
  } else {
    gram_columns<false, true, false, true>(write, reads, queries, nullptr, row, to);
  }
  for (int j = 0; j < kTokens; ++j) {
    float left = 1.0f;  // Γ(j, t)
    for (int t = j + 1; t < kTokens; ++t) {
      const float passed = left;
      left *= block.gate[t];
      if (reads != nullptr) to.solve[t * to.stride + j] *= before ? passed : left;
      to.mix[t * to.stride + j] *= left;
    }
    if (to.rest == nullptr) continue;
    for (int64_t i = 0; i < row; i += kLanes) {
      store(to.rest + j * row + i, mul(load(write + j * row + i), splat(left)));
    }
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

inline void total_decay(const LinearShape& shape, const BlockRows& block, float* to) {
  if (shape.decay != LinearDecay::channel) {
    to[0] = 1.0f;
    for (int t = 0; t < kTokens; ++t) to[0] *= block.gate[t];
    return;
  }
  for (int64_t i = 0; i < shape.row; i += kLanes) {
    F32 left = load(block.gates + i);
    for (int t = 1; t < kTokens; ++t) left = mul(left, load(block.gates + t * shape.row + i));
    store(to + i, left);
  }
}

// Which tokens of which state head a block holds; at most kTokens.
struct BlockPlace {
  LinearSequence seq;
  int64_t head;
  int64_t first;
  int count;
};

// Columns of the next block's tokens: whole token rows lie between them, too far apart for the hardware to guess.
template <typename S>
void prefetch_next_tokens(const TensorView& view, const BlockPlace& place, int64_t head, int64_t column,
                          int64_t count) {
  const int64_t first = place.first + kTokens;
  const int64_t tokens = linear_min(kTokens, place.seq.tokens - first);
  for (int64_t t = 0; t < tokens; ++t) {
    const S* row = linear_row<S>(view, place.seq, first + t, head) + column;
    for (int64_t i = 0; i < count; i += 64 / static_cast<int64_t>(sizeof(S))) prefetch_l2(row + i);
  }
}

template <typename S>
void load_block_writes(const LinearAttentionCall& call, const LinearShape& shape, const BlockPlace& place,
                       BlockRows& block) {
  const LinearAttentionOptions& options = call.options;
  const int64_t row = shape.row;
  const int64_t key_head = place.head * call.axes.Hk / shape.state_heads;
  prefetch_next_tokens<S>(call.k, place, key_head, 0, shape.K);
  for (int t = 0; t < kTokens; ++t) {
    const int64_t token = place.first + t;
    const bool real = t < place.count;
    block.beta[t] = !real                  ? 0.0f
                    : options.beta.present ? linear_scalar<S>(options.beta, place.seq, token, place.head)
                                           : 1.0f;
    block.gate[t] = 1.0f;
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
      exp_row(block.gates + t * row, row);
    } else if (shape.decay == LinearDecay::scalar) {
      block.gate[t] = linear_exp(linear_scalar<S>(options.decay, place.seq, token, place.head));
    }
  }
}

template <typename S>
void load_block_queries(const LinearAttentionCall& call, const LinearShape& shape, const BlockPlace& place,
                        int64_t reader, BlockRows& block) {
  const int64_t out_head = place.head * shape.readers + reader;
  const int64_t query_head = out_head * call.axes.Hq / shape.out_heads;
  prefetch_next_tokens<S>(call.q, place, query_head, 0, shape.K);
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

// The grams of one reader; the first reader's pass also gives the reads' products and the writes at the block's end.
inline void block_reader(const LinearShape& shape, const BlockLayout& layout, const BlockRows& block, int64_t reader,
                         float* to) {
  const bool first = reader == 0;
  const int64_t stride = shape.writers * kTokens;
  const float* reads = !first || !shape.delta ? nullptr : shape.free_vectors ? block.a : block.keys;
  float* mix = to + layout.mix + reader * kTokens * stride;
  const int64_t rows = kTokens * shape.row;
  block_grams(shape, block, block.keys, reads, block.queries,
              {to + layout.solve, mix, first ? to + layout.write : nullptr, stride});
  if (!shape.free_vectors) return;
  block_grams(shape, block, block.b, reads, block.queries,
              {to + layout.solve + kTokens, mix + kTokens, first ? to + layout.write + rows : nullptr, stride});
}

template <typename S>
void prepare_block(const LinearAttentionCall& call, const LinearShape& shape, const BlockLayout& layout,
                   const LinearPass& pass, const BlockPlace& place, float* normalizer, float* scratch, float* to) {
  BlockRows block = block_rows(shape, scratch);
  const int64_t stride = shape.writers * kTokens;
  float factor[kTokens];
  if (pass.writes) load_block_writes<S>(call, shape, place, block);
  for (int64_t reader = 0; pass.queries && reader < shape.readers; ++reader) {
    load_block_queries<S>(call, shape, place, reader, block);
    float* mix = to + layout.mix + reader * kTokens * stride;
    if (pass.inner()) block_reader(shape, layout, block, reader, to);
    if (call.options.normalize) {
      block_inverses(shape, place, block, normalizer, pass.inner() ? mix : nullptr,
                     to + layout.inverse + reader * kTokens);
    }
    for (int t = 0; t < kTokens; ++t) {
      factor[t] = shape.scale;
      for (int64_t j = 0; pass.inner() && j < stride; ++j) {
        mix[t * stride + j] = j % kTokens <= t ? mix[t * stride + j] * shape.scale : 0.0f;
      }
    }
    if (!pass.inner()) {
      for (int t = 0; t < kTokens; ++t) block.gate[t] = 1.0f;
    }
    decay_rows(shape, block, block.queries, factor, false, to + layout.query + reader * kTokens * shape.row);
  }
  if (!pass.writes) return;
  if (call.options.normalize) add_keys(shape, place, block, normalizer);
  for (int t = 0; t < kTokens; ++t) to[layout.beta + t] = block.beta[t];
  if (!pass.inner()) return load_row(block.keys, kTokens * shape.row, to + layout.write);
  total_decay(shape, block, to + layout.decay);
  if (!shape.delta) return;
  for (int t = 0; t < kTokens; ++t) {
    factor[t] = shape.free_vectors ? 1.0f : -block.beta[t];
    for (int64_t j = 0; j < stride; ++j) {
      float& value = to[layout.solve + t * stride + j];
      value = j % kTokens < t ? value * factor[t] : 0.0f;
    }
  }
  decay_rows(shape, block, shape.free_vectors ? block.a : block.keys, factor, shape.free_vectors, to + layout.read);
}
