// Softmax attention, prefill form: scores that meet more than bounds: softcap, bias, mask, ALiBi.
//
// Equation: attention_mask.inl, apply_terms.
// Layout: the products of a panel pass through the first-level cache on their way to the terms: code for both at once has
// too few registers for either.

// Bias of the panel's keys from `key` on, of which the tensor holds n more.
template <typename B>
[[gnu::always_inline]] inline void prefill_add_bias(F32& left, F32& right, const B* bias, int64_t stride, int64_t key,
                                                    int64_t n) {
  const F32 first = load_along_keys(bias, stride, key, n);
  const F32 second = load_along_keys(bias, stride, key + kLanes, at_least(0, n - kLanes));
  left = select(equal(first, splat(kHidden)), first, fma(first, splat(kLog2E), left));
  right = select(equal(second, splat(kHidden)), second, fma(second, splat(kLog2E), right));
}

// Softcap over a panel of products; `first` is added behind it. A loop of its own keeps its many constants at hand.
template <class E>
[[gnu::noinline]] void prefill_cap_panel(float* scores, float cap, const float* first) {
  const F32 caps = splat(cap), inverse = splat(1.0f / cap);
  for (int r = 0; r < E::kTile; ++r, scores += kPrefillScoreStride) {
    const F32 begin = splat(first[r]);
    const F32 left = tanh_rational(mul(load(scores), inverse));
    const F32 right = tanh_rational(mul(load(scores + kLanes), inverse));
    store(scores, fma(caps, left, begin));
    store(scores + kLanes, fma(caps, right, begin));
  }
}

// One row's scores of keys [key, key + kPrefillPanel), of which the tensors hold n more; but for softcap and ALiBi.
template <typename S>
[[gnu::always_inline]] inline void prefill_apply_terms(const ScoreTerms<S>& terms, int64_t key, int64_t n, F32& left,
                                                       F32& right) {
  if (terms.has_bias()) {
    terms.with_bias([&](const auto* bias) __attribute__((always_inline)) {
      prefill_add_bias(left, right, bias, terms.bias_stride_key, key, n);
    });
  }
  if (terms.mask == nullptr) return;
  const int8_t* flags = reinterpret_cast<const int8_t*>(terms.mask);
  const F32 first = load_along_keys(flags, terms.mask_stride_key, key, n);
  const F32 second = load_along_keys(flags, terms.mask_stride_key, key + kLanes, at_least(0, n - kLanes));
  left = select(equal(first, zero()), splat(kHidden), left);
  right = select(equal(second, zero()), splat(kHidden), right);
}

// Scores of one panel, as products leave them, to weights, row by row. `easy`: all rows see all keys and have a reference.
// kHides: mask or bias may hide some.
template <class E, bool kHides, typename S>
[[gnu::noinline]] void prefill_adjust_rows(const PrefillTile<E>& tile, const ScoreTerms<S>* terms, int64_t panel,
                                           bool easy) {
  const int64_t key = tile.first_key + panel * kPrefillPanel, n = tile.plan.call.axes.S - key;
  const float* scores = tile.scores(panel);
  for (int r = 0; r < E::kTile; ++r, scores += kPrefillScoreStride) {
    F32 left = load(scores), right = load(scores + kLanes);
    if (tile.plan.slopes) prefill_add_slope(terms[r], tile.scratch.start[tile.row(r)], key, left, right);
    prefill_apply_terms(terms[r], key, n, left, right);
    if (__builtin_expect(!easy || !all(less_equal(max(right, left), splat(kPrefillSlack))), 0)) {
      prefill_settle_row(tile, r, panel, left, right);
    } else {
      prefill_store_weights<E, kHides>(tile, r, panel, left, right);
    }
  }
}

template <class E, typename S>
void prefill_adjust_panel(const PrefillTile<E>& tile, const ScoreTerms<S>* terms, int64_t panel) {
  const float none[E::kTile] = {};
  const float* first = tile.plan.slopes ? none : tile.scratch.start + tile.row(0);
  const bool caps = terms[0].cap > 0;
  if constexpr (E::kMatrix) {
    prefill_scale_matrix_products(tile, panel, caps ? none : first);
  } else {
    prefill_products(tile, panel, caps ? none : first);
  }
  if (caps) prefill_cap_panel<E>(tile.scores(panel), terms[0].cap, first);
  const bool easy = tile.bounds().started && tile.full(panel);
  if (terms[0].hides()) {
    prefill_adjust_rows<E, true>(tile, terms, panel, easy);
  } else {
    prefill_adjust_rows<E, false>(tile, terms, panel, easy);
  }
  if (!easy) tile.bounds().started = prefill_all_started(tile);
}

template <class E, typename S>
void prefill_adjust_tile(const PrefillTile<E>& tile, const ScoreTerms<S>* terms) {
  for (int64_t panel = tile.begin; panel < tile.end; ++panel) prefill_adjust_panel(tile, terms, panel);
}

// Shrinks the tile's keys of this block to those that some row sees; mask and bias are read only up to the first visible
// key from either side.
template <class E, typename S>
void prefill_shrink_tile(PrefillTile<E>& tile, const ScoreTerms<S>* terms) {
  const PrefillScratch<E>& scratch = tile.scratch;
  const int64_t block_low = tile.first_key + tile.begin * kPrefillPanel;
  const int64_t block_high = tile.first_key + tile.end * kPrefillPanel;
  int64_t first = block_high, last = block_low;
  for (int r = 0; r < E::kTile; ++r) {
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
