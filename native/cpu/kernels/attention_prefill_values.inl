// Softmax attention, prefill form: the register tile of P·V, and the last step of a row.
//
// Equation: O += P · V per key block; out = O / (l + 2^(sink − m)) ⊙ sigmoid(gate), lse = (m + log2 l) · ln 2.
// Edge: where a block holds values that are not finite, keys of weight 0 are left out of the sum, so that a hidden key's
// NaN or infinity never reaches an output. A row without keys is zero with lse −∞, sinks or not.

// Both float vectors of key `key` of one column panel.
[[gnu::always_inline]] inline void prefill_value_row(const float* panel, int64_t key, F32& left, F32& right) {
  left = load(panel + key * kPrefillPanel);
  right = load(panel + key * kPrefillPanel + kLanes);
}

[[gnu::always_inline]] inline void prefill_value_row(const bf16* panel, int64_t key, F32& left, F32& right) {
  F32 even, odd;
  const bf16* pairs = panel + key / 2 * (2 * kPrefillPanel);
  split_bf16(load(reinterpret_cast<const float*>(pairs)), even, odd);
  left = key % 2 == 0 ? even : odd;
  split_bf16(load(reinterpret_cast<const float*>(pairs + kPrefillPanel)), even, odd);
  right = key % 2 == 0 ? even : odd;
}

template <class E>
[[gnu::always_inline]] inline void prefill_value_panel(float* o, const typename E::Element* weights,
                                                       const typename E::Element* values, int64_t steps) {
  F32 sums[E::kTile][2];
#pragma GCC unroll 16
  for (int r = 0; r < E::kTile; ++r) {
    sums[r][0] = load(o + r * kPrefillPanel);
    sums[r][1] = load(o + r * kPrefillPanel + kLanes);
  }
  prefill_multiply<E, kPrefillScoreStride, E::kPair, kPrefillValueUnroll>(sums, weights, values, steps);
#pragma GCC unroll 16
  for (int r = 0; r < E::kTile; ++r) {
    store(o + r * kPrefillPanel, sums[r][0]);
    store(o + r * kPrefillPanel + kLanes, sums[r][1]);
  }
}

// The same, leaving out keys of weight 0.
template <class E>
[[gnu::noinline]] void prefill_value_panel_sparse(float* o, const typename E::Element* weights,
                                                  const typename E::Element* values, int64_t begin, int64_t end) {
  for (int r = 0; r < E::kTile; ++r) {
    F32 left_sum = load(o + r * kPrefillPanel), right_sum = load(o + r * kPrefillPanel + kLanes);
    for (int64_t key = begin; key < end; ++key) {
      const float weight = to_float(weights[r * kPrefillScoreStride + key]);
      if (weight == 0.0f) continue;
      F32 left, right;
      prefill_value_row(values, key, left, right);
      left_sum = fma(splat(weight), left, left_sum);
      right_sum = fma(splat(weight), right, right_sum);
    }
    store(o + r * kPrefillPanel, left_sum);
    store(o + r * kPrefillPanel + kLanes, right_sum);
  }
}

// O += P · V of one tile over one block.
template <class E>
[[gnu::noinline]] void prefill_weigh_values(const PrefillTile<E>& tile, bool finite) {
  const PrefillScratch<E>& scratch = tile.scratch;
  const PrefillTileBounds& bounds = tile.bounds();
  // Whole turns of the product's loop: the weights of the keys they add are 0.
  const int64_t begin =
      at_least(tile.begin * kPrefillPanel, bounds.low - tile.first_key) / E::kValueKeys * E::kValueKeys;
  const int64_t end =
      divide_up(at_most(tile.end * kPrefillPanel, bounds.high - tile.first_key), E::kValueKeys) * E::kValueKeys;
  for (int64_t column = 0; column < tile.plan.columns; ++column) {
    const typename E::Element* values = scratch.v + column * scratch.v_stride;
    if (!finite) {
      prefill_value_panel_sparse<E>(tile.output(column), scratch.p, values, begin, end);
    } else if constexpr (E::kMatrix) {
      prefill_matrix_value_panel<E>(tile.output(column), scratch.p + begin, values + begin * kPrefillPanel,
                                    (end - begin) / E::kPair);
    } else {
      prefill_value_panel<E>(tile.output(column), scratch.p + begin, values + begin * kPrefillPanel,
                             (end - begin) / E::kPair);
    }
  }
}

template <typename T>
[[gnu::always_inline]] inline F32 prefill_gate(const T* gate, int64_t count) {
  return sigmoid(count >= kLanes ? load(gate) : load_partial(gate, count));
}

inline float prefill_power(float x) { return first_lane(exp2(splat(x))); }

// What a row's output is multiplied by, and its log-sum-exp.
struct PrefillEnd {
  float factor;
  float lse;
};
inline PrefillEnd prefill_end(const TensorView& sinks, int64_t head, bool started, float reference, float sum) {
  if (!started) return {0.0f, kHidden};
  PrefillEnd end{1.0f / sum, kLn2 * reference + first_lane(log(splat(sum)))};
  const float sink = sink_of(sinks, head);
  if (sink == kHidden) return end;
  const float distance = sink * kLog2E - reference;
  if (distance <= 0) {
    end.factor = 1.0f / (sum + prefill_power(distance));
  } else {  // never the power of a large number: a sink far above the scores leaves nothing, not 0 · ∞
    const float scale = prefill_power(-distance);
    end.factor = scale / (sum * scale + 1.0f);
  }
  return end;
}

// Writes one row of the output from gathered columns: columns[c] holds kPrefillPanel floats each `stride` apart.
template <typename S>
void prefill_store_row(const AttentionCall& call, const SequenceRules& rules, int64_t head, int64_t query,
                       const float* columns, int64_t stride, PrefillEnd end) {
  const int64_t dim = call.axes.V, token = rules.query_begin + query;
  const TensorView& out = call.out;
  const TensorView& gate = call.options.gate;
  S* to = out.as<S>() + rules.batch * out.strides[0] + token * out.strides[1] + head * out.strides[2];
  const int64_t gate_at = rules.batch * gate.strides[0] + token * gate.strides[1] + head * gate.strides[2];
  const F32 factor = splat(end.factor);
  const bool empty = end.lse == kHidden;
  for (int64_t at = 0; at < dim; at += kLanes) {
    const int64_t count = at_most(kLanes, dim - at);
    F32 value = empty ? zero() : mul(load(columns + at / kPrefillPanel * stride + at % kPrefillPanel), factor);
    if (gate.present) {
      value = mul(value, gate.dtype == DType::f32 ? prefill_gate(gate.as<const float>() + gate_at + at, count)
                                                  : prefill_gate(gate.as<const S>() + gate_at + at, count));
    }
    if (count == kLanes) {
      store(to + at, value);
    } else {
      store_partial(to + at, value, count);
    }
  }
  if (call.lse.present) {
    const TensorView& lse = call.lse;
    lse.as<float>()[rules.batch * lse.strides[0] + head * lse.strides[1] + token * lse.strides[2]] = end.lse;
  }
}
