// Decode attention: the running softmax of the rows that share a key-value head, block of keys by block of keys, and
// what becomes of the parts in the end.
//
// Equation: m' = max(m, max_j x_j), l' = l · 2^(m − m') + Σ_j 2^(x_j − m'), the same for the sums of values;
//   parts merge alike, in the order of the keys; sinks join the sum at the very end
// Edge:     a hidden key weighs exactly 0; a row without visible keys keeps m = −∞ and gives zeros and lse −∞

// The rows of a call that share keys: queries [first_query, last_query) of a sequence under the heads of one key-value
// head, query by query.
struct RowBlock {
  int64_t first_row;  // query · group + head within the group
  int64_t rows;
  int64_t group;  // query heads per key-value head

  int64_t query(int64_t row) const { return (first_row + row) / group; }
  int64_t head(int64_t row, int64_t kv_head) const { return kv_head * group + (first_row + row) % group; }
};

// What one part of the keys leaves of a row; the sums of values lie beside it.
struct RowState {
  float top;  // largest score so far, in bits; −∞: no key seen
  float sum;  // of the weights relative to it
};

// Every lane gets the largest value of its row; a vector's lanes hold [key][row].
template <int kRows, int kStep = kRows>
[[gnu::always_inline]] inline F32 largest_of_rows(F32 a) {
  if constexpr (kStep < kLanes) {
    return largest_of_rows<kRows, kStep * 2>(max(a, swap_lanes<kStep>(a)));
  } else {
    return a;
  }
}

// Scores become weights in place. `tops`, `sums` and `shrink` are one vector each, its lanes [key][row]: the largest score
// so far, the sum of the weights, what the sums of values so far are to be multiplied by. `hidden`: some scores are
// kHidden.
template <int kRows>
inline void weigh(float* scores, int64_t keys, bool hidden, float* tops, float* sums, float* shrink) {
  static_assert(kLanes % kRows == 0);
  const int64_t count = round_up(keys * kRows, kLanes);
  F32 top = load(scores);
  for (int64_t i = kLanes; i < count; i += kLanes) top = max(load(scores + i), top);
  top = largest_of_rows<kRows>(select(is_nan(top), splat(kHidden), top));
  const F32 before = load(tops), next = max(top, before);
  const F32 base = select(equal(next, splat(kHidden)), zero(), next);
  const F32 factor = select(equal(next, before), splat(1.0f), exp2(sub(before, base)));
  F32 sum = mul(load(sums), factor);
  for (int64_t i = 0; i < count; i += kLanes) {
    const F32 x = load(scores + i);
    F32 weight = exp2(sub(x, base));
    if (hidden) weight = select(equal(x, splat(kHidden)), zero(), weight);
    sum = add(sum, weight);
    store(scores + i, weight);
  }
  store(tops, next);
  store(sums, sum);
  store(shrink, factor);
}

// Where a finished row goes.
struct RowTarget {
  void* out;
  DType dtype;       // of out
  float* lse;        // null: not asked for
  const void* gate;  // null: none
  DType gate_dtype;
  float sink;  // in bits; −∞: none
};

inline RowTarget row_target(const AttentionCall& call, const SequenceRules& rules, int64_t head, int64_t t) {
  const AttentionOptions& options = call.options;
  const int64_t batch = rules.batch, token = rules.query_begin + t;
  auto address = [&](const TensorView& view) {
    const int64_t at = batch * view.strides[0] + token * view.strides[1] + head * view.strides[2];
    return static_cast<std::byte*>(view.data) + at * dtype_bytes(view.dtype);
  };
  RowTarget target{address(call.out), call.out.dtype,     nullptr,
                   nullptr,           options.gate.dtype, kLog2E * sink_of(options.sinks, head)};
  const TensorView& lse = call.lse;
  if (lse.present) {
    target.lse = lse.as<float>() + batch * lse.strides[0] + head * lse.strides[1] + token * lse.strides[2];
  }
  if (options.gate.present) target.gate = address(options.gate);
  return target;
}

// Writes dims [first, first + count) of a row. `values` are gated in place; whole vectors of them are read.
inline void write_dims(const RowTarget& target, int64_t first, int64_t count, float* values) {
  auto each_vector = [&](auto body) {
    for (int64_t d = 0; d < count; d += kLanes) body(d, count - d < kLanes ? count - d : kLanes);
  };
  if (target.gate != nullptr) {
    with_type(target.gate_dtype, [&](auto* type) {
      const auto* gate = static_cast<const std::remove_pointer_t<decltype(type)>*>(target.gate) + first;
      each_vector(
          [&](int64_t d, int64_t n) { store(values + d, mul(load(values + d), sigmoid(load_partial(gate + d, n)))); });
    });
  }
  with_type(target.dtype, [&](auto* type) {
    auto* out = static_cast<decltype(type)>(target.out) + first;
    each_vector([&](int64_t d, int64_t n) { store_partial(out + d, load(values + d), n); });
  });
}

// Merges the parts of a row in their order and writes the row. `values` holds the sums of the first part, those of the
// next are `part_stride` floats on; `states` likewise. `row` is scratch for one row. Gives whether a key was seen.
template <typename C>
inline bool finish_row(const RowTarget& target, int64_t parts, const RowState* states, int64_t states_stride,
                       const float* values, int64_t values_stride, int64_t dim, float* row) {
  float top = kHidden;
  for (int64_t p = 0; p < parts; ++p) top = states[p * states_stride].top > top ? states[p * states_stride].top : top;
  float sum = 0;
  bool empty = true;
  const int64_t padded = round_up(dim, 2 * kLanes);
  for (int64_t d = 0; d < padded; d += kLanes) store(row + d, zero());
  for (int64_t p = 0; p < parts; ++p) {
    const RowState& state = states[p * states_stride];
    if (state.top == kHidden && state.sum == 0) continue;  // a NaN among the scores leaves no largest, but a NaN sum
    empty = false;
    const float weight = __builtin_exp2f(state.top - top);
    sum += weight * state.sum;
    for (int64_t d = 0; d < padded; d += kLanes) {
      store(row + d, fma(splat(weight), load(values + p * values_stride + d), load(row + d)));
    }
  }
  if (target.lse != nullptr) *target.lse = empty ? kHidden : (top + __builtin_log2f(sum)) * kLn2;
  float scale = empty ? 0.0f : 1.0f / sum;
  if (!empty && target.sink != kHidden) {
    const float limit = target.sink > top ? target.sink : top;
    const float own = __builtin_exp2f(top - limit);
    scale = own / (sum * own + __builtin_exp2f(target.sink - limit));
  }
  if constexpr (ValueRead<C>::kPairsEvenOdd) {
    for (int64_t d = 0; d < padded; d += 2 * kLanes) {
      float pair[2 * kLanes];
      for (int i = 0; i < kLanes; ++i) {
        pair[2 * i] = row[d + i];
        pair[2 * i + 1] = row[d + kLanes + i];
      }
      for (int i = 0; i < 2 * kLanes; ++i) row[d + i] = pair[i];
    }
  }
  for (int64_t d = 0; d < padded; d += kLanes) store(row + d, mul(load(row + d), splat(scale)));
  write_dims(target, 0, dim, row);
  return !empty;
}
