// Decode attention: one task is one part of the keys under some key-value heads; then rows of several parts merge.
// Included by attention_decode.inl.
//
// Equation: out = Σ_i exp2(m_i − m) o_i / Σ_i exp2(m_i − m) l_i over the parts i, each with maximum m_i, sum l_i, values o_i

inline constexpr int64_t kBlockBytes = 128 * 1024;

inline const float* widen_query(const TensorView& q, int64_t at, int64_t dim, float* row) {
  with_type(q.dtype, [&](auto* type) {
    const auto* from = static_cast<decltype(type)>(q.data) + at;
    for (int64_t d = 0; d < dim; d += kLanes) {
      const int64_t n = dim - d < kLanes ? dim - d : kLanes;
      store_partial(row + d, load_partial(from + d, n), n);
    }
  });
  return row;
}

template <typename S, typename C>
inline void load_queries(const AttentionCall& call, const DecodeItem& item, DecodeRows<S, C>& work) {
  for (int64_t h = 0; h < work.heads; ++h) {
    for (int64_t r = 0; r < work.padded; ++r) {
      auto* to = work.q + (h * work.padded + r) * work.vectors;
      // Padded rows repeat the last one; nothing reads their results.
      const int64_t row = r < work.rows.rows ? r : work.rows.rows - 1;
      const int64_t t = work.rows.query(row);
      const int64_t at = item.rules.batch * call.q.strides[0] + (item.rules.query_begin + t) * call.q.strides[1] +
                         work.rows.head(row, work.first_head + h) * call.q.strides[2];
      const S* from = call.q.as<const S>() + at;
      if constexpr (std::is_same_v<S, float>) {
        if (call.q.dtype != DType::f32) from = widen_query(call.q, at, call.axes.K, work.row);
      }
      for (int64_t i = 0; i < work.vectors; ++i) {
        const int64_t rest = call.axes.K - i * KeyProduct<S, C>::kWidth;
        to[i] = KeyProduct<S, C>::query(from + i * KeyProduct<S, C>::kWidth,
                                        rest < KeyProduct<S, C>::kWidth ? rest : KeyProduct<S, C>::kWidth);
      }
      if (h == 0) work.factors[r] = score_factor(call, item.rules, t);
    }
  }
  const int64_t all = work.heads * work.padded;
  for (int64_t i = 0; i < all; ++i) work.tops[i] = kHidden;
  for (int64_t i = 0; i < all * kLanes; ++i) work.sums[i] = 0;
  for (int64_t h = 0; h < work.heads; ++h) {
    float* values = work.values + h * work.values_stride_head;
    for (int64_t i = 0; i < work.padded * work.dim_stride; i += kLanes) store(values + i, zero());
  }
}

// What tells the rows of a task apart when scores are adjusted.
template <typename S>
struct RowRules {
  const AttentionCall& call;
  const SequenceRules& rules;
  const KeyRange* ranges;  // per query
  int64_t first_query;
  float cap;    // bits
  bool by_row;  // bias, mask or ALiBi
  bool hides;   // bias or mask
};

// Products of one tile row of heads become scores in bits. Gives whether some are hidden.
template <int kRows, typename S, typename C>
inline bool adjust_scores(const RowRules<S>& row_rules, const DecodeRows<S, C>& work, int64_t kv_head,
                          int64_t first_row, const KeyBlock<C>& block, bool listed, float* scores) {
  const int64_t count = round_up(block.count * kRows, kLanes);
  const F32 factor = repeat_rows<kRows>(work.factors + first_row);
  const bool cap_here = row_rules.cap > 0 && !row_rules.by_row;
  for (int64_t i = 0; i < count; i += kLanes) {
    F32 x = mul(load(scores + i), factor);
    if (cap_here) x = mul(splat(row_rules.cap), tanh(div(x, splat(row_rules.cap))));
    store(scores + i, x);
  }
  bool hidden = row_rules.hides || listed;
  for (int r = 0; r < kRows && first_row + r < work.rows.rows; ++r) {
    const int64_t t = work.rows.query(first_row + r);
    const KeyRange& range = row_rules.ranges[t - row_rules.first_query];
    const bool cut = !listed && (block.first < range.first || block.first + block.count > range.last);
    if (!cut && !row_rules.by_row) continue;
    float row[kBlockKeys];
    for (int64_t j = 0; j < block.count; ++j) row[j] = scores[j * kRows + r];
    ScoreTerms<S> terms;
    if (row_rules.by_row) {
      terms = score_terms<S>(row_rules.call, row_rules.rules, work.rows.head(first_row + r, kv_head), t);
    }
    adjust_row(terms, range, block, listed, row);
    for (int64_t j = 0; j < block.count; ++j) scores[j * kRows + r] = row[j];
    hidden = hidden || cut;
  }
  for (int64_t i = block.count * kRows; i < count; ++i) scores[i] = kHidden;
  return hidden || block.count * kRows < count;
}

template <typename C>
[[gnu::always_inline]] inline void prefetch_row(const C* row, int64_t dim) {
  for (int64_t byte = 0; byte < dim * static_cast<int64_t>(sizeof(C)); byte += 64) {
    prefetch_l2(reinterpret_cast<const char*>(row) + byte);
  }
}

// Multiplies the entries of a block, [key][row], by one factor per key; i8 alone has any.
template <int kRows, typename C>
inline void scale_keys(const KeyBlock<C>& block, const float* const* scales, int64_t kv_head, float* entries) {
  if constexpr (std::is_same_v<C, int8_t>) {
    for (int64_t j = 0; j < block.count; ++j) {
      for (int r = 0; r < kRows; ++r) entries[j * kRows + r] *= scales[j][kv_head];
    }
  }
}

// One block of keys under all heads of the task.
template <int kRows, typename S, typename C>
inline void take_block(const RowRules<S>& row_rules, DecodeRows<S, C>& work, const KeyBlock<C>& block,
                       const KeyBlock<C>& next) {
  constexpr int kKeys = kTileSums / kRows;
  const int64_t key_dim = row_rules.call.axes.K, value_dim = row_rules.call.axes.V;
  const int64_t block_scores = kBlockKeys * kRows;
  const bool listed = row_rules.call.options.key_indices.present;
  for (int64_t j = 0; j < block.count; j += kKeys) {
    for (int64_t h = 0; h < work.heads; ++h) {
      const int64_t offset = (work.first_head + h) * block.key_stride_head;
      for (int i = 0; i < kKeys; ++i) prefetch_row(next.keys[j + i] + offset, key_dim);
      for (int64_t r = 0; r < work.padded; r += kRows) {
        const int64_t at = h * work.padded + r;
        score_tile<KeyProduct<S, C>, kRows>(work.q + at * work.vectors, work.vectors, block.keys + j, offset, key_dim,
                                            work.scores + at / kRows * block_scores + j * kRows);
      }
    }
  }
  for (int64_t h = 0; h < work.heads; ++h) {
    const int64_t kv_head = work.first_head + h;
    const int64_t offset = kv_head * block.value_stride_head;
    for (int64_t r = 0; r < work.padded; r += kRows) {
      const int64_t at = h * work.padded + r;
      float* scores = work.scores + at / kRows * block_scores;
      float factors[kRows];
      scale_keys<kRows>(block, block.key_scales, kv_head, scores);
      const bool hidden = adjust_scores<kRows>(row_rules, work, kv_head, r, block, listed, scores);
      weigh<kRows>(scores, block.count, hidden, work.tops + at, work.sums + at / kRows * kLanes, factors);
      scale_keys<kRows>(block, block.value_scales, kv_head, scores);
      add_values<kRows>(scores, block, next, offset, hidden, value_dim,
                        work.values + h * work.values_stride_head + r * work.dim_stride, work.dim_stride, factors);
    }
  }
}

// Keys of a block: two blocks, the one at work and the one being fetched, are to stay in L2.
template <typename C>
inline int64_t block_keys(const AttentionCall& call, int64_t heads) {
  const int64_t bytes = heads * (call.axes.K + call.axes.V) * static_cast<int64_t>(sizeof(C));
  const int64_t keys = kBlockBytes / (bytes > 0 ? bytes : 1) / 16 * 16;
  return keys < 16 ? 16 : keys > kBlockKeys ? kBlockKeys : keys;
}

// All keys [keys.first, keys.last) of the item for the rows of the task.
template <int kRows, typename S, typename C>
inline void take_part(const AttentionCall& call, const DecodeItem& item, const KeyRange* ranges,
                      FunctionRef<void(KeyBlock<C>&, int64_t, int64_t)> fill, const KeyRange& keys,
                      const ExecContext& exec, DecodeRows<S, C>& work) {
  const AttentionOptions& options = call.options;
  RowRules<S> row_rules{call, item.rules, ranges, item.queries.first, 0, false, false};
  row_rules.cap = static_cast<float>(options.softcap.value_or(0) * 1.44269504088896341);
  row_rules.hides = options.bias.present || options.mask.present;
  row_rules.by_row = row_rules.hides || options.alibi_slopes.present;
  KeyBlock<C> blocks[2];
  int current = 0;
  const int64_t step = block_keys<C>(call, work.heads);
  auto last_of = [&](int64_t first) { return first + step < keys.last ? first + step : keys.last; };
  if (keys.first < keys.last) fill(blocks[current], keys.first, last_of(keys.first));
  for (int64_t first = keys.first; first < keys.last && !exec.stopped(); first += step) {
    const int64_t next = first + step;
    KeyBlock<C>& following = blocks[1 - current];
    following.count = 0;
    if (next < keys.last) fill(following, next, last_of(next));
    if (blocks[current].count > 0) {
      take_block<kRows>(row_rules, work, blocks[current], following.count > 0 ? following : blocks[current]);
    }
    current = 1 - current;
  }
  for (int64_t h = 0; h < work.heads; ++h) {
    for (int64_t r = 0; r < work.padded; ++r) {
      const float* sums = work.sums + (h * work.padded + r) / kRows * kLanes;
      float sum = 0;
      for (int64_t l = r % kRows; l < kLanes; l += kRows) sum += sums[l];
      work.states[h * work.states_stride_head + r] = {work.tops[h * work.padded + r], sum};
    }
  }
}

inline RowTarget row_target(const AttentionCall& call, const DecodeItem& item, int64_t head, int64_t t) {
  const AttentionOptions& options = call.options;
  const int64_t batch = item.rules.batch, token = item.rules.query_begin + t;
  auto address = [&](const TensorView& view) {
    const int64_t at = batch * view.strides[0] + token * view.strides[1] + head * view.strides[2];
    return static_cast<std::byte*>(view.data) + at * dtype_bytes(view.dtype);
  };
  RowTarget target{address(call.out), call.out.dtype, nullptr, nullptr, options.gate.dtype, kHidden};
  const TensorView& lse = call.lse;
  if (lse.present) {
    target.lse = lse.as<float>() + batch * lse.strides[0] + head * lse.strides[1] + token * lse.strides[2];
  }
  if (options.gate.present) target.gate = address(options.gate);
  if (options.sinks.present) target.sink = kLog2E * scalar_at(options.sinks, head * options.sinks.strides[0]);
  return target;
}
