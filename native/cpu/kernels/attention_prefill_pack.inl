// Softmax attention, prefill form: packing of queries, keys and values for the register tiles.
//
// Shapes: queries [rows, K], keys [keys, K], values [keys, V] of one key-value head
// Layout: queries [tile][step][row], keys [panel][step][key], values [column panel][key][column]; a step is one element
// of the head dimension, or a pair of them where the products take pairs.
// Edge: rows past the sequence's queries and keys outside its bounds are zero, so nothing there reaches a result.

// kLanes units of a row from unit `step` on, as bits; a unit is what E takes at a time. What is past the row's end is zero.
template <class E, typename S>
[[gnu::always_inline]] inline F32 prefill_units(const S* row, int64_t step, int64_t dim) {
  const int64_t rest = dim - step * E::kPair;
  if constexpr (E::kPair == 1) {
    return rest >= kLanes ? load(row + step) : load_partial(row + step, rest);
  } else {
    if (rest >= 2 * kLanes) return load(reinterpret_cast<const float*>(row + 2 * step));
    S units[2 * kLanes] = {};
    std::memcpy(units, row + 2 * step, static_cast<size_t>(rest) * sizeof(S));
    return load(reinterpret_cast<const float*>(units));
  }
}

// kLanes rows, of which steps [step, step + kLanes) become kLanes vectors with one step each.
template <class E, typename S>
[[gnu::always_inline]] inline void prefill_transpose(F32 (&block)[kLanes], const S* const* rows, int64_t step,
                                                     int64_t dim) {
  for (int lane = 0; lane < kLanes; ++lane) block[lane] = prefill_units<E>(rows[lane], step, dim);
  transpose(block);
}

// Rows of one tile of queries.
template <class E, typename S>
void prefill_pack_query_tile(typename E::Element* to, const S* const* rows, const float* scale, int64_t dim,
                             int64_t steps) {
  constexpr int kGroups = (E::kTile + kLanes - 1) / kLanes;
  const S* padded[kGroups * kLanes];
  alignas(64) float scales[kGroups * kLanes];
  for (int row = 0; row < kGroups * kLanes; ++row) {
    padded[row] = rows[row < E::kTile ? row : 0];
    scales[row] = scale[row < E::kTile ? row : 0];
  }
  float* units = reinterpret_cast<float*>(to);
  for (int64_t step = 0; step < steps; step += kLanes) {
    F32 block[kGroups][kLanes];
    for (int group = 0; group < kGroups; ++group) {
      prefill_transpose<E>(block[group], padded + group * kLanes, step, dim);
    }
    // A store may spill into the next step's rows, which are stored later.
    const int64_t count = at_most(kLanes, steps - step);
    for (int64_t i = 0; i < count; ++i) {
      for (int group = 0; group < kGroups; ++group) {
        const F32 value = block[group][i];
        store(units + (step + i) * E::kTile + group * kLanes,
              E::kScalesQuery ? mul(value, load(scales + group * kLanes)) : value);
      }
    }
  }
}

// One panel of keys.
template <class E, typename S>
void prefill_pack_key_panel(typename E::Element* to, const S* const* rows, int64_t dim, int64_t steps) {
  const int64_t whole = dim / E::kPair / kLanes * kLanes;
  for (int half = 0; half < 2; ++half) {
    const S* keys[kLanes];
    for (int lane = 0; lane < kLanes; ++lane) keys[lane] = rows[half * kLanes + lane];
    float* at = reinterpret_cast<float*>(to) + half * kLanes;
    F32 block[kLanes];
    for (int64_t step = 0; step < whole; step += kLanes) {
      prefill_transpose<E>(block, keys, step, whole * E::kPair);
      for (int i = 0; i < kLanes; ++i, at += kPrefillPanel) store(at, block[i]);
    }
    if (whole == steps) continue;
    prefill_transpose<E>(block, keys, whole, dim);
    for (int64_t i = 0; i < steps - whole; ++i, at += kPrefillPanel) store(at, block[i]);
  }
}

// One panel of keys of one column panel of values, `width` columns of it. Adds NaN lanes to `finite` when a value is not.
template <typename C>
[[gnu::always_inline]] inline void prefill_pack_value_panel(float* to, const C* const* rows, int64_t column,
                                                            int64_t width, F32 (&finite)[4]) {
  for (int i = 0; i < kPrefillPanel; i += 2) {
    F32 values[4];
    for (int part = 0; part < 4; ++part) {
      const C* from = rows[i + part / 2] + column + part % 2 * kLanes;
      const int64_t count = width - part % 2 * kLanes;
      values[part] = count >= kLanes ? load(from) : count > 0 ? load_partial(from, count) : zero();
      finite[part] = fma(values[part], zero(), finite[part]);
      store(to + i * kPrefillPanel + part * kLanes, values[part]);
    }
  }
}

// The same with the values of two keys side by side.
[[gnu::always_inline]] inline void prefill_pack_value_panel(bf16* to, const bf16* const* rows, int64_t column,
                                                            int64_t width, F32 (&finite)[4]) {
  for (int i = 0; i < kPrefillPanel; i += 2, to += 2 * kPrefillPanel) {
    bf16 edge[2][kPrefillPanel] = {};
    const bf16* from[2] = {rows[i] + column, rows[i + 1] + column};
    for (int half = 0; half < 2; ++half) {
      if (width < kPrefillPanel) {
        std::memcpy(edge[half], from[half], static_cast<size_t>(width) * sizeof(bf16));
        from[half] = edge[half];
      }
      finite[half] = fma(load(from[half]), zero(), finite[half]);
      finite[2 + half] = fma(load(from[half] + kLanes), zero(), finite[2 + half]);
    }
    for (int c = 0; c < kPrefillPanel; ++c) {
      to[2 * c] = from[0][c];
      to[2 * c + 1] = from[1][c];
    }
  }
}

// Scales of a panel's keys and values; those of keys that do not count are 0.
struct PrefillPanelScales {
  alignas(64) float keys[kPrefillPanel];
  alignas(64) float values[kPrefillPanel];
};

// Multiplies a packed panel of keys by their scales.
inline void prefill_scale_keys(float* panel, int64_t steps, const PrefillPanelScales& scales) {
  for (int64_t step = 0; step < steps; ++step, panel += kPrefillPanel) {
    store(panel, mul(load(panel), load(scales.keys)));
    store(panel + kLanes, mul(load(panel + kLanes), load(scales.keys + kLanes)));
  }
}

// The same for one column panel of values. Adds NaN lanes to `finite` when a product is not.
inline void prefill_scale_values(float* panel, const PrefillPanelScales& scales, F32 (&finite)[4]) {
  for (int i = 0; i < kPrefillPanel; ++i, panel += kPrefillPanel) {
    for (int half = 0; half < 2; ++half) {
      const F32 value = mul(load(panel + half * kLanes), splat(scales.values[i]));
      finite[half] = fma(value, zero(), finite[half]);
      store(panel + half * kLanes, value);
    }
  }
}

// Packs keys [begin, end) of a block, both multiples of the panel; `first` is the sequence's key at the block's start.
// Returns whether all values are finite.
template <class E, class Rows>
bool prefill_pack_keys(const PrefillPlan& plan, const SequenceRules& rules, const Rows& rows, int64_t first,
                       int64_t begin, int64_t end, const PrefillScratch<E>& scratch) {
  using C = typename Rows::Element;
  constexpr bool kScaled = Rows::kScaled;
  const C* none = reinterpret_cast<const C*>(scratch.none);
  const int64_t dim = plan.call.axes.V;
  F32 finite[4] = {zero(), zero(), zero(), zero()};
  for (int64_t at = begin; at < end; at += kPrefillPanel) {
    const C* keys[kPrefillPanel];
    const C* values[kPrefillPanel];
    [[maybe_unused]] PrefillPanelScales scales;
    for (int i = 0; i < kPrefillPanel; ++i) {
      const int64_t key = first + at + i;
      const bool follows = key + kPrefillPanel < rules.counted.last && at + kPrefillPanel < end;
      // Rows lie far apart in memory: nothing but this brings the next panel's near in time.
      if (follows && key + kPrefillPanel >= rules.counted.first) {
        fetch_row(rows.key(key + kPrefillPanel), plan.call.axes.K);
        fetch_row(rows.value(key + kPrefillPanel), dim);
      }
      const bool counts = key >= rules.counted.first && key < rules.counted.last;
      keys[i] = counts ? rows.key(key) : none;
      values[i] = counts ? rows.value(key) : none;
      if constexpr (kScaled) {
        scales.keys[i] = counts ? rows.key_scale(key) : 0.0f;
        scales.values[i] = counts ? rows.value_scale(key) : 0.0f;
      }
    }
    typename E::Element* panel = scratch.k + at * plan.steps * E::kPair;
    prefill_pack_key_panel<E>(panel, keys, plan.call.axes.K, plan.steps);
    if constexpr (kScaled) prefill_scale_keys(panel, plan.steps, scales);
    typename E::Element* to = scratch.v + at * kPrefillPanel;
    for (int64_t column = 0; column < dim; column += kPrefillPanel, to += scratch.v_stride) {
      prefill_pack_value_panel(to, values, column, at_most(kPrefillPanel, dim - column), finite);
      if constexpr (kScaled) prefill_scale_values(to, scales, finite);
    }
  }
  return !any(is_nan(add(add(finite[0], finite[1]), add(finite[2], finite[3]))));
}
