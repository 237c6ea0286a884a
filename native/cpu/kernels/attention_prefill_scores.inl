// Softmax attention, prefill form: the register tile of Q·K and the online softmax on it.
//
// Equation: weights P = 2^(s − m), sums l += P. The accumulators start at −m, so the tile leaves s − m; m stays while no
// score exceeds it by more than kPrefillSlack, else O, l and the block's earlier weights of that row are rescaled.
// Units: scores in log2, the factor log2(e) is part of the row's scale.
// Edge: keys outside a row's bounds get the weight 0 by selection, whatever their score is, NaN included.

// sums[r][·] += Σ_step a[r] · b over packed operands.
template <class E, int kRowStride, int kStepStride>
[[gnu::always_inline]] inline void prefill_multiply(F32 (&sums)[kPrefillTile][2], const typename E::Element* a,
                                                    const typename E::Element* b, int64_t steps) {
  for (int64_t step = 0; step < steps; ++step) {
    const typename E::Vector left = E::load_columns(b);
    const typename E::Vector right = E::load_columns(b + kLanes * E::kPair);
    for (int r = 0; r < kPrefillTile; ++r) {
      const typename E::Vector value = E::spread(a + r * kRowStride);
      sums[r][0] = E::dot(sums[r][0], value, left);
      sums[r][1] = E::dot(sums[r][1], value, right);
    }
    a += kStepStride;
    b += kPrefillPanel * E::kPair;
  }
}

// One block of scores being computed: rows of one query block against one packed key block.
template <class E>
struct PrefillBlock {
  const PrefillPlan& plan;
  const PrefillScratch<E>& scratch;
  int64_t first_row;             // of the block among the task's rows
  int64_t first_key;             // the sequence's key at the block's start
  int64_t begin[kPrefillTiles];  // weights that the tile's rows have in this block, in panels: [begin, end)
  int64_t end[kPrefillTiles];

  int64_t tile_index(int tile) const { return first_row / kPrefillTile + tile; }
  typename E::Element* weights(int64_t row) const { return scratch.p + row * kPrefillScoreStride; }
};

// Multiplies what a row has gathered so far by 2^shift: its output, its sum and its weights of this block before `end`.
template <class E>
[[gnu::noinline]] void prefill_rescale_row(const PrefillBlock<E>& block, int64_t row, int64_t weights_begin,
                                           int64_t weights_end, float shift) {
  const PrefillScratch<E>& scratch = block.scratch;
  const int64_t task_row = block.first_row + row;
  const F32 factor = exp2(splat(shift));
  float* sum = scratch.sum + task_row * kLanes;
  store(sum, mul(load(sum), factor));
  const int64_t panel = kPrefillTile * kPrefillPanel;
  float* o = scratch.o + task_row / kPrefillTile * block.plan.columns * panel + task_row % kPrefillTile * kPrefillPanel;
  for (int64_t column = 0; column < block.plan.columns; ++column, o += panel) {
    store(o, mul(load(o), factor));
    store(o + kLanes, mul(load(o + kLanes), factor));
  }
  typename E::Element* weights = block.weights(row);
  for (int64_t i = weights_begin; i < weights_end; i += kLanes) store(weights + i, mul(load(weights + i), factor));
}

// Turns `count` scores of a row, relative to `base` (s − base, −∞ hides), into its weights, and moves the row's
// reference where needed. The block's earlier weights of the row are [weights_begin, at).
template <class E>
[[gnu::always_inline]] inline void prefill_settle_row(const PrefillBlock<E>& block, int64_t row, const float* scores,
                                                      float base, int64_t weights_begin, int64_t at, int64_t count) {
  const PrefillScratch<E>& scratch = block.scratch;
  const int64_t task_row = block.first_row + row;
  typename E::Element* weights = block.weights(row) + at;
  F32 top_lanes = load(scores);
  for (int64_t i = kLanes; i < count; i += kLanes) top_lanes = max(load(scores + i), top_lanes);
  float top = reduce_max(top_lanes);
  if (top == kHidden) {
    // Nothing visible, or nothing but NaN, which max may have passed over and which the row has to show.
    Mask nan = is_nan(load(scores));
    for (int64_t i = kLanes; i < count; i += kLanes) nan = mask_or(nan, is_nan(load(scores + i)));
    if (!any(nan)) {
      for (int64_t i = 0; i < count; i += kPrefillPanel) E::store_weights(weights + i, zero(), zero());
      return;
    }
    top = 0;
  }
  float reference = -scratch.start[task_row];
  if (!scratch.started[task_row]) {
    reference = base + top;
    scratch.started[task_row] = true;
  } else if (base + top > reference + kPrefillSlack) {
    const float grown = base + top;
    prefill_rescale_row(block, row, weights_begin, at, reference - grown);
    reference = grown;
  }
  scratch.start[task_row] = -reference;
  const F32 offset = splat(base - reference);
  const F32 hidden = splat(kHidden);
  F32 sum = load(scratch.sum + task_row * kLanes);
  for (int64_t i = 0; i < count; i += kPrefillPanel) {
    const F32 left = load(scores + i), right = load(scores + i + kLanes);
    const F32 p_left = select(equal(left, hidden), zero(), E::power(add(left, offset)));
    const F32 p_right = select(equal(right, hidden), zero(), E::power(add(right, offset)));
    sum = add(sum, add(p_left, p_right));
    E::store_weights(weights + i, p_left, p_right);
  }
  store(scratch.sum + task_row * kLanes, sum);
}

// Lanes whose key is outside [low, high) become −∞; `key` is the key of lane 0. Compared as numbers relative to `key`,
// small enough to be exact.
[[gnu::always_inline]] inline F32 prefill_bound(F32 scores, int64_t key, int64_t low, int64_t high) {
  const float from = static_cast<float>(at_least(-1, at_most(kLanes, low - key)));
  const float to = static_cast<float>(at_least(-1, at_most(kLanes, high - key)));
  const Mask visible = mask_and(less_equal(splat(from), iota()), less(iota(), splat(to)));
  return select(visible, scores, splat(kHidden));
}

// A tile whose scores, left relative to the rows' references in `raw`, need more than the fast path: rows at the edge of
// their bounds, rows without a reference, scores that outgrow it.
template <class E>
[[gnu::noinline]] void prefill_settle_tile(const PrefillBlock<E>& block, int tile, int64_t panel, float* raw) {
  const PrefillScratch<E>& scratch = block.scratch;
  PrefillTileBounds& bounds = scratch.tiles[block.tile_index(tile)];
  const int64_t key = block.first_key + panel * kPrefillPanel;
  const int64_t row_base = static_cast<int64_t>(tile) * kPrefillTile;
  const int64_t weights_begin = block.begin[tile] * kPrefillPanel;
  bool started = true;
  for (int r = 0; r < kPrefillTile; ++r) {
    const int64_t task_row = block.first_row + row_base + r;
    float* scores = raw + r * kPrefillPanel;
    const int64_t low = scratch.low[task_row], high = scratch.high[task_row];
    if (low > key || high < key + kPrefillPanel) {
      store(scores, prefill_bound(load(scores), key, low, high));
      store(scores + kLanes, prefill_bound(load(scores + kLanes), key + kLanes, low, high));
    }
    prefill_settle_row(block, row_base + r, scores, -scratch.start[task_row], weights_begin, panel * kPrefillPanel,
                       kPrefillPanel);
    started = started && (scratch.started[task_row] || low >= high);
  }
  bounds.started = started;
}

// One tile of scores to weights.
template <class E>
[[gnu::always_inline]] inline void prefill_score_tile(const PrefillBlock<E>& block, int tile, int64_t panel) {
  const PrefillScratch<E>& scratch = block.scratch;
  const PrefillTileBounds& bounds = scratch.tiles[block.tile_index(tile)];
  const int64_t task_row = block.tile_index(tile) * kPrefillTile;
  const int64_t steps = block.plan.steps;
  const float* start = scratch.start + task_row;
  F32 sums[kPrefillTile][2];
  for (int r = 0; r < kPrefillTile; ++r) sums[r][0] = sums[r][1] = E::kScalesQuery ? splat(start[r]) : zero();
  prefill_multiply<E, E::kPair, kPrefillTile * E::kPair>(sums, scratch.q + task_row * steps * E::kPair,
                                                         scratch.k + panel * kPrefillPanel * steps * E::kPair, steps);
  if constexpr (!E::kScalesQuery) {
    for (int r = 0; r < kPrefillTile; ++r) {
      const F32 scale = splat(scratch.scale[task_row + r]), first = splat(start[r]);
      sums[r][0] = fma(sums[r][0], scale, first);
      sums[r][1] = fma(sums[r][1], scale, first);
    }
  }
  // A NaN may hide the lanes before it from max's result or stay in it: the first case cannot occur, because max gives
  // its second argument then, and the second takes the careful path.
  F32 top = max(sums[0][1], sums[0][0]);
  for (int r = 1; r < kPrefillTile; ++r) top = max(sums[r][1], max(sums[r][0], top));
  const int64_t key = block.first_key + panel * kPrefillPanel;
  const bool full = bounds.full_low <= key && bounds.full_high >= key + kPrefillPanel;
  if (__builtin_expect(!full || !bounds.started || !all(less_equal(top, splat(kPrefillSlack))), 0)) {
    alignas(64) float raw[kPrefillTile * kPrefillPanel];
    for (int r = 0; r < kPrefillTile; ++r) {
      store(raw + r * kPrefillPanel, sums[r][0]);
      store(raw + r * kPrefillPanel + kLanes, sums[r][1]);
    }
    return prefill_settle_tile(block, tile, panel, raw);
  }
  float* sum = scratch.sum + task_row * kLanes;
  typename E::Element* weights = block.weights(static_cast<int64_t>(tile) * kPrefillTile) + panel * kPrefillPanel;
  for (int r = 0; r < kPrefillTile; ++r) {
    const F32 left = E::power(sums[r][0]), right = E::power(sums[r][1]);
    store(sum + r * kLanes, add(load(sum + r * kLanes), add(left, right)));
    E::store_weights(weights + r * kPrefillScoreStride, left, right);
  }
}

// All weights of one block where bounds alone hide keys.
template <class E>
[[gnu::noinline]] void prefill_weigh_block(const PrefillBlock<E>& block, int tiles, int64_t panels) {
  for (int64_t panel = 0; panel < panels; ++panel) {
    for (int tile = 0; tile < tiles; ++tile) {
      if (panel >= block.begin[tile] && panel < block.end[tile]) prefill_score_tile(block, tile, panel);
    }
  }
}
