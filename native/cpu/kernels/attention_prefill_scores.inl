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

// The scores and weights of one tile of rows against one packed key block.
template <class E>
struct PrefillTile {
  const PrefillPlan& plan;
  const PrefillScratch<E>& scratch;
  int64_t tile;       // among the task's
  int64_t first_key;  // the sequence's key at the block's start
  int64_t begin;      // panels of keys that some row sees: [begin, end)
  int64_t end;

  int64_t row(int r) const { return tile * kPrefillTile + r; }  // among the task's
  PrefillTileBounds& bounds() const { return scratch.tiles[tile]; }
  const typename E::Element* queries() const { return scratch.q + tile * kPrefillTile * plan.steps * E::kPair; }
  const typename E::Element* keys(int64_t panel) const {
    return scratch.k + panel * kPrefillPanel * plan.steps * E::kPair;
  }
  float* output(int64_t column) const {
    return scratch.o + (tile * plan.columns + column) * kPrefillTile * kPrefillPanel;
  }
};

// Multiplies what row r has gathered so far by 2^shift: its output, its sum and its weights [begin, end) of this block.
template <class E>
[[gnu::noinline]] void prefill_rescale_row(const PrefillTile<E>& tile, int r, int64_t begin, int64_t end, float shift) {
  const F32 factor = exp2(splat(shift));
  float* sum = tile.scratch.sum + tile.row(r) * kLanes;
  store(sum, mul(load(sum), factor));
  float* o = tile.output(0) + r * kPrefillPanel;
  for (int64_t column = 0; column < tile.plan.columns; ++column, o += kPrefillTile * kPrefillPanel) {
    store(o, mul(load(o), factor));
    store(o + kLanes, mul(load(o + kLanes), factor));
  }
  typename E::Element* weights = tile.scratch.p + r * kPrefillScoreStride;
  for (int64_t i = begin; i < end; i += kLanes) store(weights + i, mul(load(weights + i), factor));
}

// weights[i] = 2^(scores[i] + offset), 0 where the score hides; returns the sum with them.
template <class E, bool kHides>
[[gnu::always_inline]] inline F32 prefill_row_weights(typename E::Element* weights, const float* scores, int64_t count,
                                                      F32 offset, F32 sum) {
  for (int64_t i = 0; i < count; i += kPrefillPanel) {
    F32 parts[2];
    for (int half = 0; half < 2; ++half) {
      const F32 score = load(scores + i + half * kLanes);
      parts[half] = E::power(add(score, offset));
      if (kHides) parts[half] = select(equal(score, splat(kHidden)), zero(), parts[half]);
    }
    sum = add(sum, add(parts[0], parts[1]));
    E::store_weights(weights + i, parts[0], parts[1]);
  }
  return sum;
}

// Turns `count` scores of row r, relative to `base` (s − base, −∞ hides), into its weights from `at` on, and moves the
// row's reference where needed. Its earlier weights of this block begin at the tile's first panel. `top_lanes` is the
// maximum over the scores, lane by lane; `hides` says that some may be −∞.
template <class E>
[[gnu::always_inline]] inline void prefill_settle_row(const PrefillTile<E>& tile, int r, const float* scores,
                                                      F32 top_lanes, bool hides, float base, int64_t at,
                                                      int64_t count) {
  const PrefillScratch<E>& scratch = tile.scratch;
  const int64_t row = tile.row(r);
  typename E::Element* weights = scratch.p + r * kPrefillScoreStride + at;
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
  float reference = -scratch.start[row];
  if (!scratch.started[row]) {
    reference = base + top;
    scratch.started[row] = true;
  } else if (base + top > reference + kPrefillSlack) {
    const float grown = base + top;
    prefill_rescale_row(tile, r, tile.begin * kPrefillPanel, at, reference - grown);
    reference = grown;
  }
  scratch.start[row] = -reference;
  const F32 sum = load(scratch.sum + row * kLanes), offset = splat(base - reference);
  store(scratch.sum + row * kLanes, hides ? prefill_row_weights<E, true>(weights, scores, count, offset, sum)
                                          : prefill_row_weights<E, false>(weights, scores, count, offset, sum));
}

// Lanes whose key is outside [low, high) become −∞; `key` is the key of lane 0. Compared as numbers relative to `key`,
// small enough to be exact.
[[gnu::always_inline]] inline F32 prefill_bound(F32 scores, int64_t key, int64_t low, int64_t high) {
  const float from = static_cast<float>(at_least(-1, at_most(kLanes, low - key)));
  const float to = static_cast<float>(at_least(-1, at_most(kLanes, high - key)));
  const Mask visible = mask_and(less_equal(splat(from), iota()), less(iota(), splat(to)));
  return select(visible, scores, splat(kHidden));
}

// A panel whose scores, left relative to the rows' references in the block of scores, need more than the fast path: rows
// at the edge of their bounds, rows without a reference, scores that outgrow it.
template <class E>
[[gnu::noinline]] void prefill_settle_panel(const PrefillTile<E>& tile, int64_t panel) {
  const PrefillScratch<E>& scratch = tile.scratch;
  const int64_t key = tile.first_key + panel * kPrefillPanel;
  bool started = true;
  for (int r = 0; r < kPrefillTile; ++r) {
    const int64_t row = tile.row(r);
    float* scores = scratch.s + r * kPrefillScoreStride + panel * kPrefillPanel;
    const int64_t low = scratch.low[row], high = scratch.high[row];
    if (low > key || high < key + kPrefillPanel) {
      store(scores, prefill_bound(load(scores), key, low, high));
      store(scores + kLanes, prefill_bound(load(scores + kLanes), key + kLanes, low, high));
    }
    prefill_settle_row(tile, r, scores, max(load(scores + kLanes), load(scores)), true, -scratch.start[row],
                       panel * kPrefillPanel, kPrefillPanel);
    started = started && (scratch.started[row] || low >= high);
  }
  tile.bounds().started = started;
}

// One panel of scores to weights, where bounds alone hide keys.
template <class E>
[[gnu::always_inline]] inline void prefill_weigh_panel(const PrefillTile<E>& tile, int64_t panel) {
  const PrefillScratch<E>& scratch = tile.scratch;
  const PrefillTileBounds& bounds = tile.bounds();
  const float* start = scratch.start + tile.row(0);
  F32 sums[kPrefillTile][2];
  for (int r = 0; r < kPrefillTile; ++r) sums[r][0] = sums[r][1] = E::kScalesQuery ? splat(start[r]) : zero();
  prefill_multiply<E, E::kPair, kPrefillTile * E::kPair>(sums, tile.queries(), tile.keys(panel), tile.plan.steps);
  if constexpr (!E::kScalesQuery) {
    for (int r = 0; r < kPrefillTile; ++r) {
      const F32 scale = splat(scratch.scale[tile.row(r)]), first = splat(start[r]);
      sums[r][0] = fma(sums[r][0], scale, first);
      sums[r][1] = fma(sums[r][1], scale, first);
    }
  }
  // A NaN may hide the lanes before it from max's result or stay in it: the first case cannot occur, because max gives
  // its second argument then, and the second takes the careful path.
  F32 top = max(sums[0][1], sums[0][0]);
  for (int r = 1; r < kPrefillTile; ++r) top = max(sums[r][1], max(sums[r][0], top));
  const int64_t key = tile.first_key + panel * kPrefillPanel;
  const bool full = bounds.full_low <= key && bounds.full_high >= key + kPrefillPanel;
  if (__builtin_expect(!full || !bounds.started || !all(less_equal(top, splat(kPrefillSlack))), 0)) {
    float* raw = scratch.s + panel * kPrefillPanel;
    for (int r = 0; r < kPrefillTile; ++r, raw += kPrefillScoreStride) {
      store(raw, sums[r][0]);
      store(raw + kLanes, sums[r][1]);
    }
    return prefill_settle_panel(tile, panel);
  }
  float* sum = scratch.sum + tile.row(0) * kLanes;
  typename E::Element* weights = scratch.p + panel * kPrefillPanel;
  for (int r = 0; r < kPrefillTile; ++r) {
    const F32 left = E::power(sums[r][0]), right = E::power(sums[r][1]);
    store(sum + r * kLanes, add(load(sum + r * kLanes), add(left, right)));
    E::store_weights(weights + r * kPrefillScoreStride, left, right);
  }
}

template <class E>
[[gnu::noinline]] void prefill_weigh_tile(const PrefillTile<E>& tile) {
  for (int64_t panel = tile.begin; panel < tile.end; ++panel) prefill_weigh_panel(tile, panel);
}
