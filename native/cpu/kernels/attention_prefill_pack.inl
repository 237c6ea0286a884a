// Softmax attention, prefill form: packing of queries, keys and values for the register tiles.
//
// Shapes: queries [rows, K], keys [keys, K], values [keys, V] of one key-value head
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

// kLanes rows, of which steps [step, step + kLanes) become kLanes vectors with one step each.
template <class E, typename S>
[[gnu::always_inline]] inline void prefill_transpose(F32 (&block)[kLanes], const S* const* rows, int64_t step,
                                                     int64_t dim) {
  for (int lane = 0; lane < kLanes; ++lane) block[lane] = prefill_units(E{}, rows[lane], step, dim);
  transpose(block);
}

// Rows of one tile of queries.
template <class E, typename S>
void prefill_pack_query_tile(typename E::Element* to, const S* const* rows, const float* scale, int64_t dim,
                             int64_t steps) {
  constexpr int kGroups = (kPrefillTile + kLanes - 1) / kLanes;
  const S* padded[kGroups * kLanes];
  alignas(64) float scales[kGroups * kLanes];
  for (int row = 0; row < kGroups * kLanes; ++row) {
    padded[row] = rows[row < kPrefillTile ? row : 0];
    scales[row] = scale[row < kPrefillTile ? row : 0];
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
        store(units + (step + i) * kPrefillTile + group * kLanes,
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
template <typename S>
[[gnu::always_inline]] inline void prefill_pack_value_panel(PrefillFloat, float* to, const S* const* rows,
                                                            int64_t column, int64_t width, F32 (&finite)[4]) {
  for (int i = 0; i < kPrefillPanel; i += 2) {
    F32 values[4];
    for (int part = 0; part < 4; ++part) {
      const S* from = rows[i + part / 2] + column + part % 2 * kLanes;
      const int64_t count = width - part % 2 * kLanes;
      values[part] = count >= kLanes ? load(from) : count > 0 ? load_partial(from, count) : zero();
      finite[part] = fma(values[part], zero(), finite[part]);
      store(to + i * kPrefillPanel + part * kLanes, values[part]);
    }
  }
}

// The same with the values of two keys side by side.
[[gnu::always_inline]] inline void prefill_pack_value_panel(PrefillPairs, bf16* to, const bf16* const* rows,
                                                            int64_t column, int64_t width, F32 (&finite)[4]) {
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

// Rows far apart in memory: nothing but this brings the next panel's near in time.
template <typename S>
[[gnu::always_inline]] inline void prefill_prefetch(const S* row, int64_t dim) {
  const char* bytes = reinterpret_cast<const char*>(row);
  for (int64_t i = 0; i < dim * static_cast<int64_t>(sizeof(S)); i += 64) prefetch_l2(bytes + i);
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
  const S* none = reinterpret_cast<const S*>(scratch.none);
  const int64_t dim = plan.call.axes.V;
  F32 finite[4] = {zero(), zero(), zero(), zero()};
  for (int64_t at = begin; at < end; at += kPrefillPanel) {
    const S* keys[kPrefillPanel];
    const S* values[kPrefillPanel];
    for (int i = 0; i < kPrefillPanel; ++i) {
      const int64_t key = first + at + i;
      const bool follows = key + kPrefillPanel < rules.counted.last && at + kPrefillPanel < end;
      if (follows) {
        prefill_prefetch(key_base + (key + kPrefillPanel) * k.strides[1], plan.call.axes.K);
        prefill_prefetch(value_base + (key + kPrefillPanel) * v.strides[1], dim);
      }
      const bool counts = key >= rules.counted.first && key < rules.counted.last;
      keys[i] = counts ? key_base + key * k.strides[1] : none;
      values[i] = counts ? value_base + key * v.strides[1] : none;
    }
    prefill_pack_key_panel<E>(scratch.k + at * plan.steps * E::kPair, keys, plan.call.axes.K, plan.steps);
    typename E::Element* to = scratch.v + at * kPrefillPanel;
    int64_t column = 0;
    for (; column + kPrefillPanel <= dim; column += kPrefillPanel, to += scratch.v_stride) {
      prefill_pack_value_panel(E{}, to, values, column, kPrefillPanel, finite);
    }
    if (column < dim) prefill_pack_value_panel(E{}, to, values, column, dim - column, finite);
  }
  return !any(is_nan(add(add(finite[0], finite[1]), add(finite[2], finite[3]))));
}
