// Softmax attention, prefill form: the register tile of Q·K and the online softmax on it.
//
// Equation: weights P = 2^(s − m), sums l += P. The accumulators start at −m, so the tile leaves s − m; m stays while no
// score exceeds it by more than kPrefillSlack, else O, l and the block's earlier weights of that row are rescaled.
// Units: scores in log2, the factor log2(e) is part of the row's scale.
// Edge: keys outside a row's bounds get the weight 0 by selection, whatever their score is, NaN included.

template <class E, int kRowStride>
[[gnu::always_inline]] inline void prefill_multiply_step(F32 (&sums)[E::kTile][2], const typename E::Element* a,
                                                         const typename E::Element* b) {
  const typename E::Vector left = E::load_columns(b);
  const typename E::Vector right = E::load_columns(b + kLanes * E::kPair);
#pragma GCC unroll 16
  for (int r = 0; r < E::kTile; ++r) {
    typename E::Vector value = E::spread(a + r * kRowStride);
    pin(value);
    E::add_product(sums[r][0], value, left);
    E::add_product(sums[r][1], value, right);
  }
}

// sums[r][·] += Σ_step a[r] · b over packed operands; steps is a multiple of kUnroll.
template <class E, int kRowStride, int kStepStride, int kUnroll = kPrefillUnroll>
[[gnu::always_inline]] inline void prefill_multiply(F32 (&sums)[E::kTile][2], const typename E::Element* a,
                                                    const typename E::Element* b, int64_t steps) {
  constexpr int kColumnStride = kPrefillPanel * E::kPair;
  for (int64_t step = 0; step < steps; step += kUnroll) {
#pragma GCC unroll 16
    for (int i = 0; i < kUnroll; ++i) {
      prefill_multiply_step<E, kRowStride>(sums, a + i * kStepStride, b + i * kColumnStride);
    }
    a += kUnroll * kStepStride;
    b += kUnroll * kColumnStride;
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

  int64_t row(int r) const { return tile * E::kTile + r; }  // among the task's
  PrefillTileBounds& bounds() const { return scratch.tiles[tile]; }
  const typename E::Element* queries() const { return scratch.q + tile * E::kTile * plan.steps * E::kPair; }
  const typename E::Element* keys(int64_t panel) const {
    return scratch.k + panel * kPrefillPanel * plan.steps * E::kPair;
  }
  bool full(int64_t panel) const {  // every row sees all of its keys
    const int64_t key = first_key + panel * kPrefillPanel;
    return bounds().full_low <= key && bounds().full_high >= key + kPrefillPanel;
  }
  float* scores(int64_t panel) const {
    return scratch.s + (std::is_same_v<typename E::Element, float> ? panel : panel % 2) * kPrefillPanel;
  }
  float* output(int64_t column) const { return scratch.o + (tile * plan.columns + column) * E::kTile * kPrefillPanel; }
};

// Multiplies what row r has gathered so far by 2^shift: its output, its sum and its weights [begin, end) of this block.
template <class E>
[[gnu::noinline]] void prefill_rescale_row(const PrefillTile<E>& tile, int r, int64_t begin, int64_t end, float shift) {
  const F32 factor = exp2(splat(shift));
  float* sum = tile.scratch.sum + tile.row(r) * kLanes;
  store(sum, mul(load(sum), factor));
  float* o = tile.output(0) + r * kPrefillPanel;
  for (int64_t column = 0; column < tile.plan.columns; ++column, o += E::kTile * kPrefillPanel) {
    store(o, mul(load(o), factor));
    store(o + kLanes, mul(load(o + kLanes), factor));
  }
  typename E::Element* weights = tile.scratch.p + r * kPrefillScoreStride;
  for (int64_t i = begin; i < end; i += kLanes) store(weights + i, mul(load(weights + i), factor));
}

// Lanes whose key is outside [low, high) become −∞; `key` is the key of lane 0. Compared as numbers relative to `key`,
// small enough to be exact.
[[gnu::always_inline]] inline F32 prefill_bound(F32 scores, int64_t key, int64_t low, int64_t high) {
  const float from = static_cast<float>(at_least(-1, at_most(kLanes, low - key)));
  const float to = static_cast<float>(at_least(-1, at_most(kLanes, high - key)));
  const Mask visible = mask_and(less_equal(splat(from), iota()), less(iota(), splat(to)));
  return select(visible, scores, splat(kHidden));
}

// Weights of row r from one panel of scores relative to its reference. kHides: some may be −∞, which weighs exactly 0.
template <class E, bool kHides>
[[gnu::always_inline]] inline void prefill_store_weights(const PrefillTile<E>& tile, int r, int64_t panel, F32 left,
                                                         F32 right) {
  float* sum = tile.scratch.sum + tile.row(r) * kLanes;
  F32 first = E::power(left), second = E::power(right);
  if (kHides) {
    first = select(equal(left, splat(kHidden)), zero(), first);
    second = select(equal(right, splat(kHidden)), zero(), second);
  }
  store(sum, add(load(sum), add(first, second)));
  E::store_weights(tile.scratch.p + r * kPrefillScoreStride + panel * kPrefillPanel, first, second);
}

// The same where row r is at the edge of its bounds, has no reference yet, or outgrows it: then the reference moves, and
// with it the row's earlier weights of this block, which begin at the tile's first panel.
template <class E>
[[gnu::noinline]] void prefill_settle_row(const PrefillTile<E>& tile, int r, int64_t panel, F32 left, F32 right) {
  const PrefillScratch<E>& scratch = tile.scratch;
  const int64_t row = tile.row(r), low = scratch.low[row], high = scratch.high[row];
  const int64_t key = tile.first_key + panel * kPrefillPanel;
  if (low > key || high < key + kPrefillPanel) {
    left = prefill_bound(left, key, low, high);
    right = prefill_bound(right, key + kLanes, low, high);
  }
  float top = reduce_max(max(right, left));
  if (top == kHidden) {
    // Nothing visible, or nothing but NaN, which max may have passed over and which the row has to show.
    const bool nan = any(mask_or(is_nan(left), is_nan(right)));
    if (!nan) return prefill_store_weights<E, true>(tile, r, panel, left, right);
    top = 0;
  }
  if (!scratch.started[row] || top > kPrefillSlack) {
    if (scratch.started[row]) prefill_rescale_row(tile, r, tile.begin * kPrefillPanel, panel * kPrefillPanel, -top);
    scratch.started[row] = true;
    scratch.start[row] -= top;
    left = sub(left, splat(top));
    right = sub(right, splat(top));
  }
  prefill_store_weights<E, true>(tile, r, panel, left, right);
}

template <class E>
bool prefill_all_started(const PrefillTile<E>& tile) {
  bool started = true;
  for (int r = 0; r < E::kTile; ++r) {
    const int64_t row = tile.row(r);
    started = started && (tile.scratch.started[row] || tile.scratch.low[row] >= tile.scratch.high[row]);
  }
  return started;
}

// A panel of scores that need more than the fast path.
template <class E>
[[gnu::noinline]] void prefill_settle_panel(const PrefillTile<E>& tile, int64_t panel) {
  for (int r = 0; r < E::kTile; ++r) {
    const float* scores = tile.scores(panel) + r * kPrefillScoreStride;
    prefill_settle_row(tile, r, panel, load(scores), load(scores + kLanes));
  }
  tile.bounds().started = prefill_all_started(tile);
}

// Adds ALiBi, and `start`, to a row's products with keys [key, key + kPrefillPanel). The two meet first and the products last,
// which would else be rounded to the size of either.
template <typename S>
[[gnu::always_inline]] inline void prefill_add_slope(const ScoreTerms<S>& terms, float start, int64_t key, F32& left,
                                                     F32& right) {
  F32 slope = splat(terms.slope);
  pin(slope);
  const F32 begin = splat(start), distance = add(splat(static_cast<float>(key - terms.position)), iota());
  left = add(left, fma(slope, distance, begin));
  right = add(right, fma(slope, add(distance, splat(kLanes)), begin));
}

// The products of one panel, relative to `first`, what each row's scores begin with; into the block of scores. Not inlined:
// what follows would take registers from the sums.
template <class E>
[[gnu::noinline]] void prefill_products(const PrefillTile<E>& tile, int64_t panel, const float* first) {
  F32 sums[E::kTile][2];
#pragma GCC unroll 16
  for (int r = 0; r < E::kTile; ++r) sums[r][0] = sums[r][1] = E::kScalesQuery ? splat(first[r]) : zero();
  prefill_multiply<E, E::kPair, E::kTile * E::kPair>(sums, tile.queries(), tile.keys(panel), tile.plan.steps);
  float* to = tile.scores(panel);
  const float* scale = tile.scratch.scale + tile.row(0);
#pragma GCC unroll 16
  for (int r = 0; r < E::kTile; ++r) {
    store(to + r * kPrefillScoreStride,
          E::kScalesQuery ? sums[r][0] : fma(sums[r][0], splat(scale[r]), splat(first[r])));
    store(to + r * kPrefillScoreStride + kLanes,
          E::kScalesQuery ? sums[r][1] : fma(sums[r][1], splat(scale[r]), splat(first[r])));
  }
}

// One panel of scores to weights, where bounds alone hide keys and ALiBi alone, with kSlopes, is added.
template <class E, bool kSlopes, typename S>
[[gnu::always_inline]] inline void prefill_weigh_panel(const PrefillTile<E>& tile, const ScoreTerms<S>* terms,
                                                       int64_t panel) {
  const PrefillScratch<E>& scratch = tile.scratch;
  const float* start = scratch.start + tile.row(0);
  constexpr bool kFromZero = kSlopes || !E::kScalesQuery;
  F32 sums[E::kTile][2];
#pragma GCC unroll 16
  for (int r = 0; r < E::kTile; ++r) sums[r][0] = sums[r][1] = kFromZero ? zero() : splat(start[r]);
  prefill_multiply<E, E::kPair, E::kTile * E::kPair>(sums, tile.queries(), tile.keys(panel), tile.plan.steps);
  if constexpr (!E::kScalesQuery) {
#pragma GCC unroll 16
    for (int r = 0; r < E::kTile; ++r) {
      const F32 scale = splat(scratch.scale[tile.row(r)]), begin = kSlopes ? zero() : splat(start[r]);
      sums[r][0] = fma(sums[r][0], scale, begin);
      sums[r][1] = fma(sums[r][1], scale, begin);
    }
  }
  if (kSlopes) {
    const int64_t key = tile.first_key + panel * kPrefillPanel;
#pragma GCC unroll 16
    for (int r = 0; r < E::kTile; ++r) prefill_add_slope(terms[r], start[r], key, sums[r][0], sums[r][1]);
  }
  // A NaN may hide the lanes before it from max's result or stay in it: the first case cannot occur, because max gives
  // its second argument then, and the second takes the careful path.
  F32 top = max(sums[0][1], sums[0][0]);
#pragma GCC unroll 16
  for (int r = 1; r < E::kTile; ++r) top = max(sums[r][1], max(sums[r][0], top));
  const bool easy = tile.bounds().started && tile.full(panel);
  if (__builtin_expect(!easy || !all(less_equal(top, splat(kPrefillSlack))), 0)) {
    float* raw = tile.scores(panel);
#pragma GCC unroll 16
    for (int r = 0; r < E::kTile; ++r) {
      store(raw + r * kPrefillScoreStride, sums[r][0]);
      store(raw + r * kPrefillScoreStride + kLanes, sums[r][1]);
    }
    return prefill_settle_panel(tile, panel);
  }
  float* sum = scratch.sum + tile.row(0) * kLanes;
  typename E::Element* weights = scratch.p + panel * kPrefillPanel;
#pragma GCC unroll 16
  for (int r = 0; r < E::kTile; ++r) {
    const F32 left = E::power(sums[r][0]), right = E::power(sums[r][1]);
    store(sum + r * kLanes, add(load(sum + r * kLanes), add(left, right)));
    E::store_weights(weights + r * kPrefillScoreStride, left, right);
  }
}
