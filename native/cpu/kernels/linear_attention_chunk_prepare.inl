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

inline constexpr int kTokens = kRegisters >= 32 && kLanes >= 16 ? 8 : 6;

// Offsets in floats from the start of a prepared block.
struct BlockLayout {
  int64_t row;
  int64_t read;     // [kTokens][row], rules that read the state: factors of u (or y)
  int64_t query;    // [readers][kTokens][row]
  int64_t write;    // [writers][kTokens][row]
  int64_t factor;   // [row]: what Γ(0,C) leaves of the state, see Kept
  int64_t whole;    // [row]
  int64_t keeps;    // as a number
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
  layout.factor = take(shape.decay == LinearDecay::none ? 0 : shape.row);
  layout.whole = take(shape.decay == LinearDecay::channel ? shape.row : 0);
  layout.keeps = take(1);
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

inline constexpr int kGates = (kTokens + kLanes - 1) / kLanes * kLanes;

// Rows of one block. Keys (and b) stand where the writes at the block's end will be, the rest in a worker's scratch.
struct BlockRows {
  float* keys;
  float* b;
  float* queries;
  float* gates;  // per channel: γ
  float* a;
  float* total;        // Σ g of each channel, or of the head
  float gate[kGates];  // scalar: γ, and 1 past the tokens
  float beta[kTokens];
};

inline int64_t block_rows_floats(const LinearShape& shape) { return (3 * kTokens + 1) * shape.row; }

inline BlockRows block_rows(const LinearShape& shape, const BlockLayout& layout, float* scratch, float* to) {
  const int64_t rows = kTokens * shape.row;
  BlockRows block{};
  block.keys = to + layout.write;
  block.b = block.keys + rows;
  block.queries = scratch;
  block.gates = scratch + rows;
  block.a = scratch + 2 * rows;
  block.total = scratch + 3 * rows;
  return block;
}

// What the grams of one kind of write are computed for.
struct GramOutput {
  float* solve;  // [kTokens][stride], t > j; null: not asked for
  float* mix;    // [kTokens][stride], t >= j
  float* rest;   // decay per channel: where the writes go as they are at the block's end, or null
  int64_t stride;
};

// Sums of a block's grams, lane by lane, in the order in which gram_column makes them.
template <bool kReads>
struct GramSums {
  static constexpr int kCount = kTokens * (kTokens + 1) / 2 + (kReads ? kTokens * (kTokens - 1) / 2 : 0);
  static constexpr int kPadded = (kCount + kLanes - 1) / kLanes * kLanes;
  F32 lanes[kPadded];
};

// One column of the grams: products of write j, as it decays, with the reads and queries of tokens from j on.
// kReadsBefore: reads see the state before the token's own decay.
template <int kWrite, bool kChannel, bool kReads, bool kReadsBefore>
[[gnu::always_inline]] inline void gram_column(const float* write, const float* reads, const float* queries,
                                               const float* gates, int64_t row, float* to_rest, F32* sums) {
  F32 solve[kTokens], mix[kTokens];
#pragma GCC unroll 8
  for (int t = kWrite; t < kTokens; ++t) solve[t] = mix[t] = zero();
  for (int64_t i = 0; i < row; i += kLanes) {
    F32 rest = load(write + kWrite * row + i);
    mix[kWrite] = fma(load(queries + kWrite * row + i), rest, mix[kWrite]);
#pragma GCC unroll 8
    for (int t = kWrite + 1; t < kTokens; ++t) {
      if (kReads && kReadsBefore) solve[t] = fma(load(reads + t * row + i), rest, solve[t]);
      if (kChannel) rest = mul(rest, load(gates + t * row + i));
      if (kReads && !kReadsBefore) solve[t] = fma(load(reads + t * row + i), rest, solve[t]);
      mix[t] = fma(load(queries + t * row + i), rest, mix[t]);
    }
    if (kChannel && to_rest != nullptr) store(to_rest + kWrite * row + i, rest);
  }
#pragma GCC unroll 8
  for (int t = kWrite; t < kTokens; ++t) {
    *sums++ = mix[t];
    if (kReads && t > kWrite) *sums++ = solve[t];
  }
}

template <bool kChannel, bool kReads, bool kReadsBefore, int kWrite = 0>
[[gnu::always_inline]] inline void gram_columns(const float* write, const float* reads, const float* queries,
                                                const float* gates, int64_t row, float* to_rest, F32* sums) {
  if constexpr (kWrite < kTokens) {
    gram_column<kWrite, kChannel, kReads, kReadsBefore>(write, reads, queries, gates, row, to_rest, sums);
    sums += kReads ? 2 * (kTokens - kWrite) - 1 : kTokens - kWrite;
    gram_columns<kChannel, kReads, kReadsBefore, kWrite + 1>(write, reads, queries, gates, row, to_rest, sums);
  }
}

// Γ(j, t) of a decay per head; 1 where channels decay on their own, within the products.
struct BlockDecays {
  float upto[kTokens][kTokens];  // [j][t], t >= j

  explicit BlockDecays(const float* gates) {
#pragma GCC unroll 8
    for (int j = 0; j < kTokens; ++j) {
      upto[j][j] = 1.0f;
#pragma GCC unroll 8
      for (int t = j + 1; t < kTokens; ++t) upto[j][t] = upto[j][t - 1] * gates[t];
    }
  }
};

template <bool kChannel, bool kReads, bool kReadsBefore>
void block_grams(const float* write, const float* reads, const float* queries, const float* gates,
                 const BlockDecays& decays, int64_t row, const GramOutput& to) {
  GramSums<kReads> sums;
  for (int i = GramSums<kReads>::kCount; i < GramSums<kReads>::kPadded; ++i) sums.lanes[i] = zero();
  gram_columns<kChannel, kReads, kReadsBefore>(write, reads, queries, gates, row, to.rest, sums.lanes);
  alignas(64) float dots[GramSums<kReads>::kPadded];
  for (int i = 0; i < GramSums<kReads>::kPadded; i += kLanes) {
    F32 group[kLanes];
#pragma GCC unroll 16
    for (int lane = 0; lane < kLanes; ++lane) group[lane] = sums.lanes[i + lane];
    store(dots + i, sum_each(group));
  }
  const float* next = dots;
#pragma GCC unroll 8
  for (int j = 0; j < kTokens; ++j) {
#pragma GCC unroll 8
    for (int t = j; t < kTokens; ++t) {
      to.mix[t * to.stride + j] = *next++ * decays.upto[j][t];
      if (kReads && t > j) to.solve[t * to.stride + j] = *next++ * decays.upto[j][kReadsBefore ? t - 1 : t];
    }
  }
}

// The grams of one kind of write with the reads and one reader's queries. Null pointers leave a part out.
inline void block_grams(const LinearShape& shape, const BlockRows& block, const BlockDecays& decays, const float* write,
                        const float* reads, const float* queries, const GramOutput& to) {
  const int64_t row = shape.row;
  const bool before = shape.free_vectors;
  if (shape.decay == LinearDecay::channel) {
    if (reads == nullptr) {
      return block_grams<true, false, false>(write, reads, queries, block.gates, decays, row, to);
    }
    if (before) return block_grams<true, true, true>(write, reads, queries, block.gates, decays, row, to);
    return block_grams<true, true, false>(write, reads, queries, block.gates, decays, row, to);
  }
  if (reads == nullptr) {
    block_grams<false, false, false>(write, reads, queries, nullptr, decays, row, to);
  } else if (before) {
    block_grams<false, true, true>(write, reads, queries, nullptr, decays, row, to);
  } else {
    block_grams<false, true, false>(write, reads, queries, nullptr, decays, row, to);
  }
}

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
