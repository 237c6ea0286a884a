// Softmax attention, prefill form: packing of queries, keys and values for the register tiles.
//
// Layout: queries [tile][step][row], keys [panel][step][key], values [column panel][key][column]; a step is one element
// of the head dimension, or a pair of them where the products take pairs.
// Edge: rows past the sequence's queries and keys outside its bounds are zero, so nothing there reaches a result.

// kLanes units of a row from unit `step` on; units past the row's end are zero.
template <typename S>
[[gnu::always_inline]] inline F32 prefill_units(PrefillFloat, const S* row, int64_t step, int64_t dim) {
  return dim - step >= kLanes ? load(row + step) : load_partial(row + step, dim - step);
}

// The same with pairs of bf16 as units; the second half of a last odd pair is zero.
[[gnu::always_inline]] inline F32 prefill_units(PrefillPairs, const bf16* row, int64_t step, int64_t dim) {
  const int64_t rest = dim - 2 * step;
  if (rest >= 2 * kLanes) return load(reinterpret_cast<const float*>(row + 2 * step));
  bf16 units[2 * kLanes] = {};
  std::memcpy(units, row + 2 * step, static_cast<size_t>(rest) * sizeof(bf16));
  return load(reinterpret_cast<const float*>(units));
}

// Rows of one tile of queries; null rows are zero.
template <class E, typename S>
void prefill_pack_query_tile(typename E::Element* to, const S* const* rows, const float* scale, int64_t dim,
                             int64_t steps) {
  constexpr int kGroups = (kPrefillTile + kLanes - 1) / kLanes;
  float* units = reinterpret_cast<float*>(to);
  for (int64_t step = 0; step < steps; step += kLanes) {
    F32 block[kGroups][kLanes];
    for (int group = 0; group < kGroups; ++group) {
      for (int lane = 0; lane < kLanes; ++lane) {
        const int row = group * kLanes + lane;
        const bool real = row < kPrefillTile && rows[row] != nullptr;
        F32 value = real ? prefill_units(E{}, rows[row], step, dim) : zero();
        if constexpr (E::kScalesQuery) {
          if (real) value = mul(value, splat(scale[row]));
        }
        block[group][lane] = value;
      }
      transpose(block[group]);
    }
    // A store may spill into the next step's rows, which are stored later.
    const int64_t count = at_most(kLanes, steps - step);
    for (int64_t i = 0; i < count; ++i) {
      for (int group = 0; group < kGroups; ++group) {
        store(units + (step + i) * kPrefillTile + group * kLanes, block[group][i]);
      }
    }
  }
}

// One panel of keys: rows[i] is key i of the panel, null outside the bounds.
template <class E, typename S>
void prefill_pack_key_panel(typename E::Element* to, const S* const* rows, int64_t dim, int64_t steps) {
  float* units = reinterpret_cast<float*>(to);
  for (int half = 0; half < 2; ++half) {
    const S* const* keys = rows + half * kLanes;
    for (int64_t step = 0; step < steps; step += kLanes) {
      F32 block[kLanes];
      for (int lane = 0; lane < kLanes; ++lane) {
        block[lane] = keys[lane] != nullptr ? prefill_units(E{}, keys[lane], step, dim) : zero();
      }
      transpose(block);
      const int64_t count = at_most(kLanes, steps - step);
      float* at = units + step * kPrefillPanel + half * kLanes;
      for (int64_t i = 0; i < count; ++i) store(at + i * kPrefillPanel, block[i]);
    }
  }
}

// `count` keys of values from key `first` of the block on. Returns NaN lanes when a value is not finite.
template <typename S>
F32 prefill_pack_values(PrefillFloat, float* to, int64_t stride, int64_t first, const S* const* rows, int64_t count,
                        int64_t dim) {
  F32 finite = zero();
  for (int64_t column = 0; column < dim; column += kPrefillPanel) {
    float* at = to + column / kPrefillPanel * stride + first * kPrefillPanel;
    const int64_t rest = dim - column;
    for (int64_t i = 0; i < count; ++i, at += kPrefillPanel) {
      F32 left = zero(), right = zero();
      if (rows[i] != nullptr) {
        const S* from = rows[i] + column;
        if (rest >= kPrefillPanel) {
          left = load(from);
          right = load(from + kLanes);
        } else {
          left = load_partial(from, at_most(rest, kLanes));
          if (rest > kLanes) right = load_partial(from + kLanes, rest - kLanes);
        }
        finite = fma(left, zero(), fma(right, zero(), finite));
      }
      store(at, left);
      store(at + kLanes, right);
    }
  }
  return finite;
}

// The same with the values of two keys side by side.
inline F32 prefill_pack_values(PrefillPairs, bf16* to, int64_t stride, int64_t first, const bf16* const* rows,
                               int64_t count, int64_t dim) {
  F32 finite = zero();
  const bf16 none[kPrefillPanel] = {};
  for (int64_t column = 0; column < dim; column += kPrefillPanel) {
    bf16* at = to + column / kPrefillPanel * stride + first * kPrefillPanel;
    const int64_t rest = at_most(dim - column, kPrefillPanel);
    for (int64_t i = 0; i < count; i += 2, at += 2 * kPrefillPanel) {
      bf16 edge[2][kPrefillPanel] = {};
      const bf16* from[2];
      for (int half = 0; half < 2; ++half) {
        from[half] = rows[i + half] != nullptr ? rows[i + half] + column : none;
        if (rest < kPrefillPanel) {
          std::memcpy(edge[half], from[half], static_cast<size_t>(rest) * sizeof(bf16));
          from[half] = edge[half];
        }
        finite = fma(load(from[half]), zero(), fma(load(from[half] + kLanes), zero(), finite));
      }
      for (int c = 0; c < kPrefillPanel; ++c) {
        at[2 * c] = from[0][c];
        at[2 * c + 1] = from[1][c];
      }
    }
  }
  return finite;
}

// Packs keys [begin, end) of a block, both multiples of the panel; `first` is the sequence's key at the block's start.
// Returns whether all values are finite.
template <class E, typename S>
bool prefill_pack_keys(const PrefillPlan& plan, const SequenceRules& rules, int64_t head, int64_t first, int64_t begin,
                       int64_t end, const PrefillScratch<E>& scratch) {
  const TensorView& k = plan.call.k;
  const TensorView& v = plan.call.v;
  const S* key_base =
      k.as<const S>() + rules.batch * k.strides[0] + rules.key_begin * k.strides[1] + head * k.strides[2];
  const S* value_base =
      v.as<const S>() + rules.batch * v.strides[0] + rules.key_begin * v.strides[1] + head * v.strides[2];
  F32 finite = zero();
  for (int64_t at = begin; at < end; at += kPrefillPanel) {
    const S* keys[kPrefillPanel];
    const S* values[kPrefillPanel];
    for (int i = 0; i < kPrefillPanel; ++i) {
      const int64_t key = first + at + i;
      const bool counts = key >= rules.counted.first && key < rules.counted.last;
      keys[i] = counts ? key_base + key * k.strides[1] : nullptr;
      values[i] = counts ? value_base + key * v.strides[1] : nullptr;
    }
    prefill_pack_key_panel<E>(scratch.k + at * plan.steps * E::kPair, keys, plan.call.axes.K, plan.steps);
    finite =
        add(finite, prefill_pack_values(E{}, scratch.v, scratch.v_stride, at, values, kPrefillPanel, plan.call.axes.V));
  }
  return !any(is_nan(finite));
}
