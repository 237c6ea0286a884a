// Softmax attention, prefill form: the products by matrix tiles, which hold 32 × 32 sums, and the softmax on their scores.
//
// Equation: attention_prefill_scores.inl
// Shapes: queries [32, K], a panel of keys [32, K], weights [32, keys], a column panel of values [keys, 32]
// Layout: queries [row][step][pair], so that 16 rows of 16 pairs are a tile; keys and values as for pairs of bf16. A panel's
// products pass through the first-level cache, for no instruction moves them to the vectors. Those of the next panel begin
// before this one's powers: the matrix unit computes meanwhile.
// Edge: products take subnormal inputs as zero.
// Cost: 2 · 32 · 32 · 32 flops per call of add_product, 64 cycles of the unit; a panel's 1024 powers take as long as both of
// its products over 128 columns.

// Rows of one tile of queries, not scaled: as bf16 they would be rounded again.
template <class E>
void prefill_pack_matrix_queries(typename E::Element* to, const typename E::Element* const* rows, int64_t dim,
                                 int64_t steps) {
  using Element = typename E::Element;
  const int64_t width = steps * E::kPair;
  for (int row = 0; row < E::kTile; ++row, to += width) {
    std::memcpy(to, rows[row], static_cast<size_t>(dim) * sizeof(Element));
    std::memset(to + dim, 0, static_cast<size_t>(width - dim) * sizeof(Element));
  }
}

// q·k of one panel into the block of scores.
template <class E>
[[gnu::noinline]] void prefill_matrix_products(const PrefillTile<E>& tile, int64_t panel) {
  const int64_t steps = tile.plan.steps;
  const auto* queries = tile.queries();
  const auto* keys = tile.keys(panel);
  E::Unit::clear();
  for (int64_t step = 0; step < steps; step += E::kSteps) {
    E::Unit::add_product(queries + step * E::kPair, steps * E::kPair, keys + step * kPrefillPanel * E::kPair);
  }
  E::Unit::store_sums(tile.scores(panel), kPrefillScoreStride);
}

// What row r's products are multiplied by and then begin with.
template <class E>
[[gnu::always_inline]] inline void prefill_scale_row(const PrefillTile<E>& tile, int r, const float* scores,
                                                     const float* first, F32& left, F32& right) {
  const F32 scale = splat(tile.scratch.scale[tile.row(r)]), begin = splat(first[r]);
  left = fma(load(scores), scale, begin);
  right = fma(load(scores + kLanes), scale, begin);
}

// As prefill_products.
template <class E>
void prefill_scale_matrix_products(const PrefillTile<E>& tile, int64_t panel, const float* first) {
  prefill_matrix_products(tile, panel);
  float* scores = tile.scores(panel);
  for (int r = 0; r < E::kTile; ++r, scores += kPrefillScoreStride) {
    F32 left, right;
    prefill_scale_row(tile, r, scores, first, left, right);
    store(scores, left);
    store(scores + kLanes, right);
  }
}

// As prefill_weigh_panel, of the products that are there.
template <class E, bool kSlopes, typename S>
[[gnu::noinline]] void prefill_weigh_matrix_rows(const PrefillTile<E>& tile, const ScoreTerms<S>* terms,
                                                 int64_t panel) {
  const float none[E::kTile] = {};
  const float* start = tile.scratch.start + tile.row(0);
  const int64_t key = tile.first_key + panel * kPrefillPanel;
  const bool easy = tile.bounds().started && tile.full(panel);
  const float* scores = tile.scores(panel);
  for (int r = 0; r < E::kTile; ++r, scores += kPrefillScoreStride) {
    F32 left, right;
    prefill_scale_row(tile, r, scores, kSlopes ? none : start, left, right);
    if (kSlopes) prefill_add_slope(terms[r], start[r], key, left, right);
    if (__builtin_expect(!easy || !all(less_equal(max(right, left), splat(kPrefillSlack))), 0)) {
      prefill_settle_row(tile, r, panel, left, right);
    } else {
      prefill_store_weights<E, false>(tile, r, panel, left, right);
    }
  }
  if (!easy) tile.bounds().started = prefill_all_started(tile);
}

template <class E, bool kSlopes, typename S>
void prefill_weigh_matrix_tile(const PrefillTile<E>& tile, const ScoreTerms<S>* terms) {
  prefill_matrix_products(tile, tile.begin);
  for (int64_t panel = tile.begin; panel < tile.end; ++panel) {
    if (panel + 1 < tile.end) prefill_matrix_products(tile, panel + 1);
    prefill_weigh_matrix_rows<E, kSlopes>(tile, terms, panel);
  }
}

// O += P · V of one column panel.
template <class E>
[[gnu::noinline]] void prefill_matrix_value_panel(float* o, const typename E::Element* weights,
                                                  const typename E::Element* values, int64_t steps) {
  E::Unit::load_sums(o, kPrefillPanel);
  for (int64_t step = 0; step < steps; step += E::kSteps) {
    E::Unit::add_product(weights + step * E::kPair, kPrefillScoreStride, values + step * kPrefillPanel * E::kPair);
  }
  E::Unit::store_sums(o, kPrefillPanel);
}
