// Softmax attention, prefill form: scores that meet more than bounds: softcap, bias, mask, ALiBi.
//
// Equation: attention_mask.inl, apply_terms.
// Layout: a tile's raw scores against the whole block are computed first; then each row is adjusted and settled, all in
// the first-level cache.

// Shrinks the tile's keys of this block to those that some row sees; mask and bias are read only up to the first visible
// key from either side.
template <class E, typename S>
void prefill_shrink_tile(PrefillTile<E>& tile, const ScoreTerms<S>* terms) {
  const PrefillScratch<E>& scratch = tile.scratch;
  const int64_t block_low = tile.first_key + tile.begin * kPrefillPanel;
  const int64_t block_high = tile.first_key + tile.end * kPrefillPanel;
  int64_t first = block_high, last = block_low;
  for (int r = 0; r < kPrefillTile; ++r) {
    const int64_t low = at_least(scratch.low[tile.row(r)], block_low);
    const int64_t high = at_most(scratch.high[tile.row(r)], block_high);
    int64_t key = low;
    while (key < at_most(high, first) && is_hidden(terms[r], key)) ++key;
    if (key < high) first = at_most(first, key);
    key = high;
    while (key > at_least(low, last) && is_hidden(terms[r], key - 1)) --key;
    if (key > low) last = at_least(last, key);
  }
  tile.begin = (first - tile.first_key) / kPrefillPanel;
  tile.end = first < last ? divide_up(last - tile.first_key, kPrefillPanel) : tile.begin;
}

// One panel of scores as they are.
template <class E>
[[gnu::always_inline]] inline void prefill_raw_panel(const PrefillTile<E>& tile, int64_t panel) {
  F32 sums[kPrefillTile][2];
  for (int r = 0; r < kPrefillTile; ++r) sums[r][0] = sums[r][1] = zero();
  prefill_multiply<E, E::kPair, kPrefillTile * E::kPair>(sums, tile.queries(), tile.keys(panel), tile.plan.steps);
  float* to = tile.scratch.s + panel * kPrefillPanel;
  for (int r = 0; r < kPrefillTile; ++r, to += kPrefillScoreStride) {
    const F32 scale = splat(tile.scratch.scale[tile.row(r)]);
    store(to, E::kScalesQuery ? sums[r][0] : mul(sums[r][0], scale));
    store(to + kLanes, E::kScalesQuery ? sums[r][1] : mul(sums[r][1], scale));
  }
}

// Softcap over one panel, right after its products: its latencies hide behind the next panel's. Not inlined, or its
// constants would take registers from the products.
[[gnu::noinline]] inline void prefill_cap_panel(float* scores, float cap) {
  const F32 caps = splat(cap), inverse = splat(1.0f / cap);
  for (int r = 0; r < kPrefillTile; ++r, scores += kPrefillScoreStride) {
    for (int half = 0; half < 2; ++half) {
      float* at = scores + half * kLanes;
      store(at, mul(caps, tanh_rational(mul(load(at), inverse))));
    }
  }
}

// Adjusts and settles row r.
template <class E, typename S>
void prefill_adjust_row(const PrefillTile<E>& tile, const ScoreTerms<S>& row_terms, int r) {
  const PrefillScratch<E>& scratch = tile.scratch;
  ScoreTerms<S> terms = row_terms;  // a copy that no store can change: the loop below is made for what it holds
  terms.cap = 0;
  const int64_t begin = tile.begin * kPrefillPanel, end = tile.end * kPrefillPanel;
  const int64_t low = scratch.low[tile.row(r)] - tile.first_key, high = scratch.high[tile.row(r)] - tile.first_key;
  float* scores = scratch.s + r * kPrefillScoreStride;
  const int64_t last = at_most(end, high);
  F32 top = splat(kHidden);
  for (int64_t i = begin; i < last; i += kLanes) {
    const F32 score = apply_terms(terms, load(scores + i), tile.first_key + i, last - i);
    store(scores + i, score);
    top = max(score, top);
  }
  const bool edge = low > begin || high < end;
  if (edge) {
    top = splat(kHidden);
    for (int64_t i = begin; i < end; i += kLanes) {
      const F32 score = prefill_bound(load(scores + i), i, low, high);
      store(scores + i, score);
      top = max(score, top);
    }
  }
  prefill_settle_row(tile, r, scores + begin, top, edge || terms.hides(), 0.0f, begin, end - begin);
}

// All weights of one tile.
template <class E, typename S>
[[gnu::noinline]] void prefill_adjust_tile(PrefillTile<E>& tile, const ScoreTerms<S>* terms) {
  if (terms[0].hides()) prefill_shrink_tile(tile, terms);
  if (tile.begin >= tile.end) return;
  for (int64_t panel = tile.begin; panel < tile.end; ++panel) {
    prefill_raw_panel(tile, panel);
    if (terms[0].cap > 0) prefill_cap_panel(tile.scratch.s + panel * kPrefillPanel, terms[0].cap);
  }
  for (int r = 0; r < kPrefillTile; ++r) prefill_adjust_row(tile, terms[r], r);
}
