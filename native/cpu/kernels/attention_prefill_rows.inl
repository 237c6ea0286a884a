// Softmax attention, prefill form: the matrix of scores for inspection, one row at a time.
//
// Shapes: scores [B, Hq, T, S]
// Edge: hidden keys are −∞, as weights 0; raw and capped scores know no hidden keys. The weights of a row with a sink sum
// to less than 1.
// Cost: each row reads its keys for itself: 2 · pairs · (K + V) flops at the speed of memory, O(V) floats per worker.

template <typename S>
float prefill_dot(const S* a, const S* b, int64_t dim) {
  F32 sums[2] = {zero(), zero()};
  int64_t i = 0;
  for (; i + 2 * kLanes <= dim; i += 2 * kLanes) {
    sums[0] = fma(load(a + i), load(b + i), sums[0]);
    sums[1] = fma(load(a + i + kLanes), load(b + i + kLanes), sums[1]);
  }
  for (; i < dim; i += kLanes) {
    const int64_t rest = at_most(kLanes, dim - i);
    sums[0] = fma(load_partial(a + i, rest), load_partial(b + i, rest), sums[0]);
  }
  return reduce_add(add(sums[0], sums[1]));
}

// Rows of q and k as pointers.
template <typename S>
struct PrefillRowView {
  const S* q;
  const S* k;  // key 0 of the sequence
  int64_t k_stride;

  PrefillRowView(const AttentionCall& call, const SequenceRules& rules, int64_t group, int64_t query_head,
                 int64_t query)
      : q(call.q.as<const S>() + rules.batch * call.q.strides[0] + (rules.query_begin + query) * call.q.strides[1] +
          query_head * call.q.strides[2]),
        k(call.k.as<const S>() + rules.batch * call.k.strides[0] + rules.key_begin * call.k.strides[1] +
          query_head / group * call.k.strides[2]),
        k_stride(call.k.strides[1]) {}
};

// What attention_lowest.inl is about: `biased` scores that are beyond f32 in bits alone, and the weights of a row that
// has no others.
template <typename S>
void prefill_inspect_lowest(const AttentionCall& call, const ScoreTerms<S>& terms, int64_t head, const KeyRange& range,
                            float* row) {
  if (call.options.scores == AttentionScores::biased) {
    for (int64_t key = range.first; key < range.last; ++key) {
      if (row[key] == kHidden && !is_hidden(terms, key)) row[key] = bias_of(terms, key);
    }
    return;
  }
  const float largest = largest_bias(terms, range);
  if (largest == kHidden || sink_of(call.options.sinks, head) != kHidden) return;
  auto shares = [&](int64_t key) { return !is_hidden(terms, key) && bias_of(terms, key) == largest; };
  int64_t count = 0;
  for (int64_t key = range.first; key < range.last; ++key) count += shares(key) ? 1 : 0;
  for (int64_t key = range.first; key < range.last; ++key)
    row[key] = shares(key) ? 1.0f / static_cast<float>(count) : 0.0f;
}

// One row of the inspected matrix.
template <typename S>
void prefill_inspect_row(const AttentionCall& call, const SequenceRules& rules, int64_t head, int64_t query) {
  const AttentionScores stage = call.options.scores;
  float* to = call.scores.as<float>() + rules.batch * call.scores.strides[0] + head * call.scores.strides[1] +
              query * call.scores.strides[2];
  const PrefillRowView<S> view(call, rules, call.axes.Hq / call.axes.Hkv, head, query);
  const KeyRange range = visible_keys(rules, query);
  const bool hides = stage == AttentionScores::biased || stage == AttentionScores::weights;
  ScoreTerms<S> terms = score_terms<S>(call, rules, head, query);
  if (!hides) {
    const float cap = stage == AttentionScores::capped ? terms.cap : 0.0f;
    terms = ScoreTerms<S>();
    terms.cap = cap;
  }
  const F32 factor = splat(score_factor(call, rules, query));
  // In bits while the weights are still to come, else in natural units.
  const F32 unit = splat(stage == AttentionScores::weights ? 1.0f : kLn2);
  F32 top = splat(kHidden);
  for (int64_t key = 0; key < call.axes.S; key += kLanes) {
    const int64_t count = at_most(kLanes, call.axes.S - key);
    alignas(64) float dots[kLanes] = {};
    for (int64_t i = 0; i < count; ++i) dots[i] = prefill_dot(view.q, view.k + (key + i) * view.k_stride, call.axes.K);
    F32 x = apply_terms(terms, mul(load(dots), factor), key, count);
    if (hides) x = prefill_bound(x, key, range.first, range.last);
    x = mul(x, unit);
    top = max(select(first_lanes(count), x, splat(kHidden)), top);
    store_partial(to + key, x, count);
  }
  const bool biased = hides && call.options.bias.present;
  if (stage == AttentionScores::biased && biased) prefill_inspect_lowest(call, terms, head, range, to);
  if (stage != AttentionScores::weights) return;
  const float reference = reduce_max(top);
  const bool started = reference != kHidden;
  F32 sums = zero();
  for (int pass = 0; pass < 2; ++pass) {
    const PrefillEnd end = prefill_end(call.options.sinks, head, started && pass == 1, reference, reduce_add(sums));
    for (int64_t key = 0; key < call.axes.S; key += kLanes) {
      const int64_t count = at_most(kLanes, call.axes.S - key);
      const F32 x = load_partial(to + key, count);
      const Mask none = mask_or(equal(x, splat(kHidden)), mask_not(first_lanes(count)));
      const F32 weight = select(none, zero(), exp2(sub(x, splat(reference))));
      sums = add(sums, weight);
      if (pass == 1) store_partial(to + key, mul(weight, splat(end.factor)), count);
    }
  }
  if (!started && biased) prefill_inspect_lowest(call, terms, head, range, to);
}

template <typename S>
void prefill_inspect(const AttentionCall& call, ExecContext& exec) {
  const AttentionAxes& axes = call.axes;
  exec.parallel_for(
      axes.B * axes.Hq * axes.T,
      [&](int64_t task, std::byte*) {
        const SequenceRules rules = sequence_rules(call, task / axes.T / axes.Hq);
        prefill_inspect_row<S>(call, rules, task / axes.T % axes.Hq, task % axes.T);
      },
      axes.B * axes.Hq * axes.T * axes.S * (axes.K + axes.V));
}
