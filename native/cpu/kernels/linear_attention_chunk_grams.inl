// A block of kTokens tokens as the chunk form holds it, and the grams between its tokens: products of what they write with
// what they read and ask for, decayed from the one to the other.
//
// Equation: see linear_attention_chunk_prepare.inl
// Cost:     half of C² K multiply-adds per gram; they are the share of the form that the state's size does not amortise

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
