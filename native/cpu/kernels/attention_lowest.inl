// Attention, all forms: rows whose visible keys all have a bias near the lowest number of f32, as masks made of numbers
// give to padded queries. In bits such scores are beyond f32, so no running softmax sees a key.
//
// Equation: beside such a bias the products vanish, in float64 as well: the keys with the largest bias share the row
//   evenly, and that bias is its lse; a sink takes everything
// Cost:     reads the row's bias twice and more, and the values of those keys; nothing for other rows
// Oracle:   test/oracle/attention

// The largest bias of the keys that the row sees; −∞ when it sees none.
template <typename S>
inline float largest_bias(const ScoreTerms<S>& terms, const KeyRange& range) {
  float largest = kHidden;
  for (int64_t key = range.first; key < range.last; ++key) {
    if (!is_hidden(terms, key) && bias_of(terms, key) > largest) largest = bias_of(terms, key);
  }
  return largest;
}

// Adds dims [first, first + count) of the value of a key to `sums`, whole vectors of which are there.
using AddValue = FunctionRef<void(int64_t key, int64_t first, int64_t count, float* sums)>;

// The same; Rows: attention_source.inl.
template <class Rows>
inline void add_value(const Rows& rows, int64_t key, int64_t first, int64_t count, float* sums) {
  const typename Rows::Element* from = rows.value(key) + first;
  F32 scale = splat(1.0f);
  if constexpr (Rows::kScaled) scale = splat(rows.value_scale(key));
  for (int64_t i = 0; i < count; i += kLanes) {
    const F32 value = load_partial(from + i, count - i < kLanes ? count - i : kLanes);
    store(sums + i, fma(scale, value, load(sums + i)));
  }
}

// Writes a row for which no key was seen. Leaves it as it is when there really is none. `add` adds values of the row's
// key-value head.
template <typename S>
[[gnu::noinline]] void attend_lowest(const AttentionCall& call, const SequenceRules& rules, int64_t head, int64_t t,
                                     AddValue add) {
  constexpr int64_t kStrip = 64;
  if (!call.options.bias.present) return;
  const ScoreTerms<S> terms = score_terms<S>(call, rules, head, t);
  const KeyRange range = visible_keys(rules, t);
  const float largest = largest_bias(terms, range);
  if (largest == kHidden) return;
  const RowTarget target = row_target(call, rules, head, t);
  for (int64_t d = 0; d < call.axes.V; d += kStrip) {
    const int64_t dims = call.axes.V - d < kStrip ? call.axes.V - d : kStrip;
    alignas(64) float sums[kStrip] = {};
    int64_t count = 0;
    for (int64_t key = range.first; key < range.last; ++key) {
      if (is_hidden(terms, key) || bias_of(terms, key) != largest) continue;
      ++count;
      add(key, d, dims, sums);
    }
    const float share = target.sink == kHidden ? 1.0f / static_cast<float>(count) : 0.0f;
    for (int64_t i = 0; i < dims; ++i) sums[i] *= share;
    write_dims(target, d, dims, sums);
  }
  if (target.lse != nullptr) *target.lse = largest;
}
