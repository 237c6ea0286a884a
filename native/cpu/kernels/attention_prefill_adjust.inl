// Softmax attention, prefill form: scores that meet more than bounds: softcap, bias, mask, ALiBi.
//
// Equation: attention_mask.inl, apply_terms.
// Layout: the whole block of raw scores is computed first; then each row is adjusted and settled while it lies in L1.

// Shrinks the tile's keys of this block to those that some row sees; mask and bias are read only up to the first
// visible key from either side.
template <class E, typename S>
void prefill_shrink_tile(PrefillBlock<E>& block, const ScoreTerms<S>* terms, int tile) {
  const PrefillScratch<E>& scratch = block.scratch;
  const int64_t block_low = block.first_key + block.begin[tile] * kPrefillPanel;
  const int64_t block_high = block.first_key + block.end[tile] * kPrefillPanel;
  int64_t first = block_high, last = block_low;
  for (int r = 0; r < kPrefillTile; ++r) {
    const int64_t task_row = block.first_row + tile * kPrefillTile + r;
    const int64_t low = at_least(scratch.low[task_row], block_low), high = at_most(scratch.high[task_row], block_high);
    int64_t key = low;
    while (key < at_most(high, first) && is_hidden(terms[r], key)) ++key;
    if (key < high) first = at_most(first, key);
    key = high;
    while (key > at_least(low, last) && is_hidden(terms[r], key - 1)) --key;
    if (key > low) last = at_least(last, key);
  }
  if (first >= last) {
    block.end[tile] = block.begin[tile];
    return;
  }
  block.begin[tile] = (first - block.first_key) / kPrefillPanel;
  block.end[tile] = divide_up(last - block.first_key, kPrefillPanel);
}

// One tile of scores, as they are, into the block of raw scores.
template <class E>
[[gnu::always_inline]] inline void prefill_raw_tile(const PrefillBlock<E>& block, int tile, int64_t panel) {
  const PrefillScratch<E>& scratch = block.scratch;
  const int64_t task_row = block.tile_index(tile) * kPrefillTile;
  const int64_t steps = block.plan.steps;
  F32 sums[kPrefillTile][2];
  for (int r = 0; r < kPrefillTile; ++r) sums[r][0] = sums[r][1] = zero();
  prefill_multiply<E, E::kPair, kPrefillTile * E::kPair>(sums, scratch.q + task_row * steps * E::kPair,
                                                         scratch.k + panel * kPrefillPanel * steps * E::kPair, steps);
  float* to = scratch.s + static_cast<int64_t>(tile) * kPrefillTile * kPrefillScoreStride + panel * kPrefillPanel;
  for (int r = 0; r < kPrefillTile; ++r, to += kPrefillScoreStride) {
    const F32 scale = E::kScalesQuery ? splat(1.0f) : splat(scratch.scale[task_row + r]);
    store(to, E::kScalesQuery ? sums[r][0] : mul(sums[r][0], scale));
    store(to + kLanes, E::kScalesQuery ? sums[r][1] : mul(sums[r][1], scale));
  }
}

// Adjusts and settles the block's weights of one row.
template <class E, typename S>
void prefill_adjust_block_row(const PrefillBlock<E>& block, const ScoreTerms<S>& terms, int tile, int64_t row) {
  const PrefillScratch<E>& scratch = block.scratch;
  const int64_t task_row = block.first_row + row;
  const int64_t begin = block.begin[tile] * kPrefillPanel, end = block.end[tile] * kPrefillPanel;
  const int64_t low = scratch.low[task_row] - block.first_key, high = scratch.high[task_row] - block.first_key;
  float* scores = scratch.s + row * kPrefillScoreStride;
  const int64_t count = at_most(end, high) - begin;
  for (int64_t i = 0; i < count; i += kLanes) {
    float* at = scores + begin + i;
    store(at, apply_terms(terms, load(at), block.first_key + begin + i, count - i));
  }
  if (low > begin || high < end) {
    for (int64_t i = begin; i < end; i += kLanes) store(scores + i, prefill_bound(load(scores + i), i, low, high));
  }
  prefill_settle_row(block, row, scores + begin, 0.0f, begin, begin, end - begin);
}

// All weights of one block. terms[row]: what adjusts each row.
template <class E, typename S>
[[gnu::noinline]] void prefill_adjust_block(PrefillBlock<E>& block, const ScoreTerms<S>* terms, int tiles,
                                            int64_t panels) {
  if (terms[0].hides()) {
    for (int tile = 0; tile < tiles; ++tile) {
      if (block.begin[tile] < block.end[tile]) prefill_shrink_tile(block, terms + tile * kPrefillTile, tile);
    }
  }
  for (int64_t panel = 0; panel < panels; ++panel) {
    for (int tile = 0; tile < tiles; ++tile) {
      if (panel >= block.begin[tile] && panel < block.end[tile]) prefill_raw_tile(block, tile, panel);
    }
  }
  for (int tile = 0; tile < tiles; ++tile) {
    if (block.begin[tile] >= block.end[tile]) continue;
    for (int64_t r = 0; r < kPrefillTile; ++r) {
      const int64_t row = tile * kPrefillTile + r;
      prefill_adjust_block_row(block, terms[row], tile, row);
    }
  }
}
