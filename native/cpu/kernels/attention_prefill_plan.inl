// Softmax attention, prefill form: sizes of the blocks, the sequences of a call, and the scratch of one task.
//
// Shapes: q [T, Hq, K], k [S, Hkv, K], v [S, Hkv, V] of one sequence
// Layout: the query rows of one sequence and one key head are numbered token-major, row = t · G + g with G = Hq / Hkv,
// so that all query heads of a group share every packed key. Rows are cut into register tiles; a task owns some hundred
// rows and walks the keys in blocks that it packs once for all of them: a block stays in the second-level cache, the
// weights of one tile against it in the first. Boundaries depend on the sequence alone, and no result depends on how
// tiles are dealt out to tasks.
// Cost: one worker holds 4 · (rows + keys) · (K + V') bytes and little more, V' = V rounded up to a panel; rows · (K + V')
// stays below 512k floats or 384 rows, keys · (K + V') below 72k floats or 64 keys. Independent of T and S.

inline constexpr int kPrefillPanel = 2 * kLanes;  // columns of a register tile: keys, or value columns
// Steps that the products' loops write out: a taken branch every 12 multiply-adds costs a tenth of them where two hardware
// threads share the core's front end. The weights lie far apart, and more of their long addresses would not fit its cache.
inline constexpr int kPrefillUnroll = 4;
inline constexpr int kPrefillValueUnroll = 2;
inline constexpr int kPrefillTasks = 8;                           // per thread, at least, where the call is long enough
inline constexpr int kPrefillRows = 96;                           // rows that tasks are counted in
inline constexpr int kPrefillMaxKeys = 256;                       // most keys of a block
inline constexpr int kPrefillScoreStride = kPrefillMaxKeys + 16;  // elements; not a power of two, for the cache's sets
// Scores are kept relative to a row's reference m, in log2; m follows the row's maximum only when it has grown by more.
inline constexpr float kPrefillSlack = 8.0f;

[[gnu::always_inline]] inline int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }
[[gnu::always_inline]] inline int64_t at_least(int64_t a, int64_t b) { return a > b ? a : b; }
[[gnu::always_inline]] inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// How the products are computed: over packed floats, whatever the tensors' type.
struct PrefillFloat {
  using Element = float;  // of packed Q, K, V and of the weights P
  using Vector = F32;
  static constexpr bool kMatrix = false;
  struct Unit {};  // has to be there while products are computed
  // Query rows of a register tile; the narrow vectors of NEON need registers for values on their way.
  static constexpr int kTile = kRegisters < 32 ? 6 : kLanes == 4 ? 8 : 12;
  static constexpr int kSteps = kPrefillUnroll;           // the steps of Q·K are a multiple of this
  static constexpr int kValueKeys = kPrefillValueUnroll;  // the keys of P·V likewise
  static constexpr int kPair = 1;                         // elements of the summed axis that one lane takes at a time
  static constexpr bool kScalesQuery = true;              // the score's factor is multiplied into packed Q

  [[gnu::always_inline]] static Vector load_columns(const Element* from) {
    Vector columns = load(from);
    keep(columns);
    return columns;
  }
  [[gnu::always_inline]] static Vector spread(const Element* from) { return splat(*from); }
  [[gnu::always_inline]] static void add_product(F32& sum, Vector a, Vector b) { accumulate(sum, a, b); }
  [[gnu::always_inline]] static F32 power(F32 x) { return exp2_below_128(x); }
  [[gnu::always_inline]] static void store_weights(Element* to, F32 first, F32 second) {
    store(to, first);
    store(to + kLanes, second);
  }
};

// The same over pairs of bf16, where an instruction multiplies them.
struct PrefillPairs {
  using Element = bf16;
  using Vector = Bf16x32;
  static constexpr bool kMatrix = false;
  struct Unit {};
  static constexpr int kTile = PrefillFloat::kTile;
  static constexpr int kSteps = kPrefillUnroll;
  static constexpr int kValueKeys = 2 * kPrefillValueUnroll;
  static constexpr int kPair = 2;
  static constexpr bool kScalesQuery = false;  // a scaled query would be rounded again

  [[gnu::always_inline]] static Vector load_columns(const Element* from) { return load_bf16_pairs(from); }
  [[gnu::always_inline]] static Vector spread(const Element* from) { return splat_bf16_pair(from); }
  [[gnu::always_inline]] static void add_product(F32& sum, Vector a, Vector b) { sum = dot_bf16(sum, a, b); }
  [[gnu::always_inline]] static F32 power(F32 x) { return exp2_below_128(x); }
  [[gnu::always_inline]] static void store_weights(Element* to, F32 first, F32 second) {
    store_bf16(to, second, first);
  }
};

// The same where matrix tiles multiply them (attention_prefill_matrix.inl).
struct PrefillMatrix {
  using Element = bf16;
  static constexpr bool kMatrix = true;
  using Unit = MatrixTiles;
  static constexpr int kTile = 32;
  static constexpr int kSteps = 16;
  static constexpr int kValueKeys = 32;
  static constexpr int kPair = 2;
  static constexpr bool kScalesQuery = false;

  [[gnu::always_inline]] static F32 power(F32 x) { return exp2_below_128(x); }
  template <typename To>
  [[gnu::always_inline]] static void store_weights(To* to, F32 first, F32 second) {
    store_rounded(to, first, second);
  }
};

// For queries of S over keys and values of C.
template <typename S, typename C>
constexpr auto prefill_engine() {
  if constexpr (!std::is_same_v<S, bf16> || !std::is_same_v<C, bf16>) {
    return PrefillFloat{};
  } else if constexpr (kHasMatrixTiles) {
    return PrefillMatrix{};
  } else if constexpr (kHasBf16Dot) {
    return PrefillPairs{};
  } else {
    return PrefillFloat{};
  }
}
template <typename S, typename C>
using PrefillEngine = decltype(prefill_engine<S, C>());

struct PrefillPlan {
  const AttentionCall& call;
  int64_t group;    // G
  int64_t steps;    // of the summed axis in Q·K: K / kPair, up to a multiple of E::kSteps
  int64_t columns;  // panels of value columns
  int64_t block_keys;
  int64_t group_blocks;  // most blocks of a task
  bool slopes;           // scores meet ALiBi
  bool adjusts;          // softcap, bias or mask

  int64_t rows() const { return group_blocks * kPrefillRows; }
};

// The rows of one tile and which keys they see: [low, high) by any row, [full_low, full_high) by all.
struct PrefillTileBounds {
  int64_t low, high, full_low, full_high;
  bool started;  // every row that sees a key at all has its reference
};

// One task's memory: the rows of its group, one packed key block, one block of scores.
template <class E>
struct PrefillScratch {
  using Element = typename E::Element;
  Element* q;    // [tile][step][row][pair], or [tile][row][step][pair] for matrix tiles
  float* o;      // [tile][column panel][row][kPrefillPanel]
  Element* k;    // [panel][step][key][pair]
  Element* v;    // [column panel][key / pair][column][pair]
  Element* p;    // [row][kPrefillScoreStride]
  float* s;      // the same for scores that are still to be adjusted; where it is not P itself, two panels' at a time
  float* start;  // [row] −m, or 0 before the row's first visible key
  float* scale;  // [row] factor on q·k, in log2
  float* sum;    // [row][kLanes] of the weights
  int64_t* low;  // [row] bounds of the visible keys
  int64_t* high;
  bool* started;  // [row]
  PrefillTileBounds* tiles;
  float* none;       // zeros, what queries and keys that are not there are packed from
  int64_t v_stride;  // elements of a column panel of V

  static PrefillScratch carve(const PrefillPlan& plan, std::byte* memory, size_t* bytes) {
    const int64_t rows = plan.rows();
    PrefillScratch scratch{};
    size_t used = 0;
    auto take = [&](auto*& pointer, int64_t count) {
      pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(memory + used);
      used += (static_cast<size_t>(count) * sizeof(*pointer) + 127) / 64 * 64;
    };
    scratch.v_stride = plan.block_keys * kPrefillPanel + 16;
    take(scratch.q, rows * plan.steps * E::kPair + kLanes * E::kPair);
    take(scratch.o, rows * plan.columns * kPrefillPanel);
    take(scratch.k, plan.block_keys * plan.steps * E::kPair);
    take(scratch.v, plan.columns * scratch.v_stride);
    take(scratch.p, E::kTile * kPrefillScoreStride);
    if constexpr (std::is_same_v<Element, float>) {
      scratch.s = scratch.p;
    } else {
      take(scratch.s, E::kTile * kPrefillScoreStride);
    }
    take(scratch.start, rows);
    take(scratch.scale, rows);
    take(scratch.sum, rows * kLanes);
    take(scratch.low, rows);
    take(scratch.high, rows);
    take(scratch.started, rows);
    take(scratch.tiles, rows / E::kTile);
    take(scratch.none, at_least(plan.call.axes.K, plan.call.axes.V));
    *bytes = used;
    return scratch;
  }
};

template <class E>
PrefillPlan prefill_plan(const AttentionCall& call, int64_t threads) {
  const AttentionAxes& axes = call.axes;
  const AttentionOptions& options = call.options;
  PrefillPlan plan{call,
                   axes.Hkv > 0 ? axes.Hq / axes.Hkv : 0,
                   divide_up(axes.K, E::kPair * E::kSteps) * E::kSteps,
                   divide_up(axes.V, kPrefillPanel),
                   0,
                   0,
                   false,
                   false};
  const int64_t width = at_least(plan.steps * E::kPair + plan.columns * kPrefillPanel, 1);
  plan.block_keys = at_least(64, at_most(kPrefillMaxKeys, 73728 / width / 64 * 64));
  // Enough tasks for every thread to have some, enough rows in each for packing to be cheap.
  const int64_t sequences = options.cu_seqlens.present ? 1 : axes.B;
  const int64_t blocks = divide_up(axes.T * plan.group, kPrefillRows) * sequences * axes.Hkv;
  const int64_t most = at_least(4, at_most(16, 524288 / (kPrefillRows * width)));
  const int64_t longest = divide_up(axes.T * plan.group, kPrefillRows);
  plan.group_blocks = at_least(1, at_most(longest, at_most(most, at_least(4, blocks / (kPrefillTasks * threads)))));
  plan.slopes = options.alibi_slopes.present;
  plan.adjusts = options.softcap.present || options.bias.present || options.mask.present;
  return plan;
}
