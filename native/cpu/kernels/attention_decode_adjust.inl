// Decode attention: the products of a tile become scores in bits, under the options and the keys that each row sees.
// Included by attention_decode.inl.
//
// Equation: attention_mask.inl, apply_terms
// Layout:   scores are [key][row]: lane l of a vector belongs to row l % kRows and to the key l / kRows after the vector's
//   first. What differs by row alone is one vector for all keys and the place of a key a step from vector to vector; bias
//   and mask are read along the keys of each row and interleaved
// Cost:     one pass over the scores, which are in L1, per option given

// What tells the rows of a task apart when scores are adjusted.
struct RowRules {
  const AttentionCall& call;
  const KeyRange* ranges;  // per query
  int64_t first_query;
  float cap;  // bits
};

template <typename S, typename C>
inline void load_terms(const AttentionCall& call, const SequenceRules& rules, DecodeRows<S, C>& work) {
  ScoreTerms<S>* terms = work.terms;
  for (int64_t h = 0; h < work.heads; ++h) {
    for (int64_t r = 0; r < work.padded; ++r) {
      const int64_t row = r < work.rows.rows ? r : work.rows.rows - 1;
      *terms++ = score_terms<S>(call, rules, work.rows.head(row, work.first_head + h), work.rows.query(row));
    }
  }
}

// Lane l of the result is value(l % kRows).
template <int kRows, typename Value>
[[gnu::always_inline]] inline F32 lanes_by_row(Value value) {
  float lanes[kLanes];
  for (int r = 0; r < kRows; ++r) {
    const float of_row = value(r);
    for (int l = r; l < kLanes; l += kRows) lanes[l] = of_row;
  }
  return load(lanes);
}

// Each vector x of scores becomes body(x, entry), where entry counts the keys from the block's first.
template <int kRows, typename Body>
[[gnu::always_inline]] inline void each_score(float* scores, int64_t keys, Body body) {
  float lanes[kLanes];
  for (int l = 0; l < kLanes; ++l) lanes[l] = static_cast<float>(l / kRows);
  F32 entry = load(lanes);
  for (int64_t i = 0; i < keys * kRows; i += kLanes) {
    store(scores + i, body(load(scores + i), entry));
    entry = add(entry, splat(kLanes / kRows));
  }
}

// From one vector per row, all of the same keys, to [key][row].
template <int kRows>
[[gnu::always_inline]] inline void interleave_rows(F32 (&rows)[kRows]) {
  if constexpr (kRows == 2) interleave(rows[0], rows[1], rows[0], rows[1]);
  if constexpr (kRows == 4) {
    interleave(rows[0], rows[2], rows[0], rows[2]);
    interleave(rows[1], rows[3], rows[1], rows[3]);
    interleave(rows[0], rows[1], rows[0], rows[1]);
    interleave(rows[2], rows[3], rows[2], rows[3]);
  }
}

// Each vector x of scores becomes body(x, term) with read(row, entry, n), the terms of a row's keys [entry, entry + n).
// Whole vectors of keys are written, past the last one too.
template <int kRows, typename Read, typename Body>
[[gnu::always_inline]] inline void each_score_with(float* scores, int64_t keys, Read read, Body body) {
  for (int64_t entry = 0; entry < keys; entry += kLanes) {
    F32 rows[kRows];
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) rows[r] = read(r, entry, keys - entry);
    interleave_rows(rows);
#pragma GCC unroll 4
    for (int i = 0; i < kRows; ++i) {
      float* at = scores + entry * kRows + i * kLanes;
      store(at, body(load(at), rows[i]));
    }
  }
}

template <int kRows>
[[gnu::noinline]] inline void cap_scores(float cap, int64_t keys, float* scores) {
  const F32 caps = splat(cap), inverse = splat(1.0f / cap);
  each_score<kRows>(scores, keys, [&](F32 x, F32) { return mul(caps, tanh(mul(x, inverse))); });
}

// `listed`: the keys, where they do not follow each other from `first` on; then all rows are of one query.
template <int kRows, typename S>
[[gnu::noinline]] inline void add_slopes(const ScoreTerms<S>* terms, int64_t first, const int64_t* listed, int64_t keys,
                                         float* scores) {
  const F32 slopes = lanes_by_row<kRows>([&](int r) { return terms[r].slope; });
  if (listed == nullptr) {
    const F32 begin = lanes_by_row<kRows>([&](int r) { return static_cast<float>(first - terms[r].position); });
    return each_score<kRows>(scores, keys, [&](F32 x, F32 entry) { return fma(slopes, add(begin, entry), x); });
  }
  float distances[kBlockKeys] = {};
  for (int64_t j = 0; j < keys; ++j) distances[j] = static_cast<float>(listed[j] - terms->position);
  each_score_with<kRows>(
      scores, keys, [&](int, int64_t entry, int64_t) { return load(distances + entry); },
      [&](F32 x, F32 distance) { return fma(slopes, distance, x); });
}

template <int kRows, typename S>
[[gnu::noinline]] inline void add_bias(const ScoreTerms<S>* terms, int64_t first, int64_t keys, float* scores) {
  terms->with_bias([&](const auto* of_first) {
    using Bias = std::remove_cv_t<std::remove_pointer_t<decltype(of_first)>>;
    each_score_with<kRows>(
        scores, keys,
        [&](int r, int64_t entry, int64_t n) {
          return load_along_keys(terms[r].template bias<Bias>(), terms[r].bias_stride_key, first + entry, n);
        },
        [&](F32 x, F32 bias) { return select(equal(bias, splat(kHidden)), bias, fma(bias, splat(kLog2E), x)); });
  });
}

template <int kRows, typename S>
[[gnu::noinline]] inline void hide_masked(const ScoreTerms<S>* terms, int64_t first, int64_t keys, float* scores) {
  each_score_with<kRows>(
      scores, keys,
      [&](int r, int64_t entry, int64_t n) {
        const int8_t* flags = reinterpret_cast<const int8_t*>(terms[r].mask);
        return load_along_keys(flags, terms[r].mask_stride_key, first + entry, n);
      },
      [&](F32 x, F32 visible) { return select(equal(visible, zero()), splat(kHidden), x); });
}

// Hides what lies outside of range(row).
template <int kRows, typename Range>
[[gnu::always_inline]] inline void hide_outside(int64_t first, int64_t keys, float* scores, Range range) {
  const auto entry_of = [&](int64_t key) {
    return static_cast<float>(key < first ? 0 : key > first + keys ? keys : key - first);
  };
  const F32 begin = lanes_by_row<kRows>([&](int r) { return entry_of(range(r).first); });
  const F32 end = lanes_by_row<kRows>([&](int r) { return entry_of(range(r).last); });
  each_score<kRows>(scores, keys, [&](F32 x, F32 entry) {
    return select(mask_and(less_equal(begin, entry), less(entry, end)), x, splat(kHidden));
  });
}

// Products of one tile row of heads become scores in bits. Gives whether some are hidden.
template <int kRows, typename S, typename C>
inline bool adjust_scores(const RowRules& row_rules, const DecodeRows<S, C>& work, int64_t kv_head, int64_t first_row,
                          const KeyBlock<C>& block, bool listed, float* scores) {
  const AttentionOptions& options = row_rules.call.options;
  const int64_t keys = block.count, first = block.first;
  if constexpr (!KeyProduct<S, C>::kScalesQuery) {
    const F32 factor = load(work.factors + first_row / kRows * kLanes);
    each_score<kRows>(scores, keys, [&](F32 x, F32) { return mul(x, factor); });
  }
  if (row_rules.cap > 0) cap_scores<kRows>(row_rules.cap, keys, scores);
  const ScoreTerms<S>* terms = work.terms + (kv_head - work.first_head) * work.padded + first_row;
  if (options.alibi_slopes.present) add_slopes<kRows>(terms, first, listed ? block.listed : nullptr, keys, scores);
  if (options.bias.present) add_bias<kRows>(terms, first, keys, scores);
  if (options.mask.present) hide_masked<kRows>(terms, first, keys, scores);
  const auto range = [&](int r) {
    const int64_t row = first_row + r < work.rows.rows ? first_row + r : work.rows.rows - 1;
    return row_rules.ranges[work.rows.query(row) - row_rules.first_query];
  };
  // A list holds visible keys alone. The ends of ranges never fall from row to row.
  const bool cut = !listed && (first < range(kRows - 1).first || first + keys > range(0).last);
  if (cut) hide_outside<kRows>(first, keys, scores, range);
  const int64_t count = keys * kRows, whole = round_up(count, kLanes);
  for (int64_t i = count; i < whole; ++i) scores[i] = kHidden;
  return cut || count < whole || options.bias.present || options.mask.present;
}
