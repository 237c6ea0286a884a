// Decode attention: one task is one part of the keys under some key-value heads; then rows of several parts merge.
// Included by attention_decode.inl.
//
// Equation: out = Σ_i exp2(m_i − m) o_i / Σ_i exp2(m_i − m) l_i over the parts i, each with maximum m_i, sum l_i, values o_i

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

// kRows: rows of a tile.
template <int kRows, typename S, typename C>
inline void load_queries(const AttentionCall& call, const DecodeItem& item, DecodeRows<S, C>& work) {
  using Product = KeyProduct<S, C>;
  for (int64_t h = 0; h < work.heads; ++h) {
    for (int64_t r = 0; r < work.padded; ++r) {
      auto* to = work.q + (h * work.padded + r) * work.vectors;
      // Padded rows repeat the last one; nothing reads their results.
      const int64_t row = r < work.rows.rows ? r : work.rows.rows - 1;
      const int64_t t = work.rows.query(row);
      const float factor = score_factor(call, item.rules, t);
      const int64_t at = item.rules.batch * call.q.strides[0] + (item.rules.query_begin + t) * call.q.strides[1] +
                         work.rows.head(row, work.first_head + h) * call.q.strides[2];
      const S* from = call.q.as<const S>() + at;
      if constexpr (std::is_same_v<S, float>) {
        if (call.q.dtype != DType::f32) from = widen_query(call.q, at, call.axes.K, work.row);
      }
      for (int64_t i = 0; i < work.vectors; ++i) {
        const int64_t rest = call.axes.K - i * Product::kWidth;
        to[i] = Product::query(from + i * Product::kWidth, rest < Product::kWidth ? rest : Product::kWidth);
        if constexpr (Product::kScalesQuery) to[i] = Product::scale(to[i], splat(factor));
      }
      for (int64_t lane = r % kRows; lane < kLanes; lane += kRows) work.factors[r / kRows * kLanes + lane] = factor;
    }
  }
  const int64_t all = work.heads * work.padded;
  for (int64_t i = 0; i < all / kRows * kLanes; ++i) {
    work.tops[i] = kHidden;
    work.sums[i] = 0;
  }
  for (int64_t h = 0; h < work.heads; ++h) {
    float* values = work.values + h * work.values_stride_head;
    for (int64_t i = 0; i < work.padded * work.dim_stride; i += kLanes) store(values + i, zero());
  }
}

// Multiplies the entries of a block, [key][row], by one factor per key; i8 alone has any. kWeights: entries that are 0 stay
// so, as a hidden key's scale may be NaN.
template <int kRows, bool kWeights, typename C>
inline void scale_keys(const KeyBlock<C>& block, const float* const* scales, int64_t kv_head, float* entries) {
  if constexpr (std::is_same_v<C, int8_t>) {
    for (int64_t j = 0; j < block.count; ++j) {
      for (int r = 0; r < kRows; ++r) {
        float& entry = entries[j * kRows + r];
        entry = kWeights && entry == 0.0f ? 0.0f : entry * scales[j][kv_head];
      }
    }
  }
}

// Bytes between what is read and what is fetched: 4 KiB, into the first level, gave 57 % of the memory's bandwidth on a
// Sapphire Rapids where this gives 72 %, and a twentieth less than this on a Zen 3.
inline constexpr int64_t kFetchBytes = 32768;

// What to fetch while an entry of a block is read: the block's keys, then its values, then the keys of the next block, in
// the order in which they are read.
template <typename C>
struct FetchAhead {
  const KeyBlock<C>& block;
  const KeyBlock<C>& next;
  int64_t key_dim, value_dim;
  int64_t first_head, heads;
  int64_t entries = 1;  // how far ahead

  FetchAhead(const AttentionAxes& axes, int64_t first_head, int64_t heads, const KeyBlock<C>& block,
             const KeyBlock<C>& next)
      : block(block), next(next), key_dim(axes.K), value_dim(axes.V), first_head(first_head), heads(heads) {
    const int64_t bytes = heads * (axes.K + axes.V) / 2 * static_cast<int64_t>(sizeof(C));
    if (bytes > 0) entries = round_up(kFetchBytes, bytes) / bytes;
    if (entries > kBlockKeys) entries = kBlockKeys;
  }
  FetchRows<C> keys(const KeyBlock<C>& from, int64_t entry) const {
    return {from.keys + entry, first_head * block.key_stride_head, block.key_stride_head, heads, key_dim};
  }
  FetchRows<C> values(int64_t entry) const {
    return {block.values + entry, first_head * block.value_stride_head, block.value_stride_head, heads, value_dim};
  }
  FetchRows<C> at_key(int64_t entry) const {
    const int64_t at = entry + entries;
    return at < block.count ? keys(block, at) : values(at - block.count);
  }
  FetchRows<C> at_value(int64_t entry) const {
    const int64_t at = entry + entries;
    return at < block.count ? values(at) : keys(next, at - block.count);
  }
};

// One block of keys under all heads of the task, entry by entry as they lie in memory.
template <int kRows, typename S, typename C>
inline void take_block(const RowRules& row_rules, DecodeRows<S, C>& work, const KeyBlock<C>& block,
                       const KeyBlock<C>& next) {
  const FetchAhead<C> ahead(row_rules.call.axes, work.first_head, work.heads, block, next);
  const bool listed = row_rules.call.options.key_indices.present;
  const ScoreHeads<KeyProduct<S, C>, C> heads{work.q,
                                              work.vectors,
                                              work.heads,
                                              work.padded,
                                              work.first_head * block.key_stride_head,
                                              block.key_stride_head,
                                              ahead.key_dim};
  for (int64_t j = 0; j < block.count; j += kScoreKeys) {
    const int64_t count = block.count - j < kScoreKeys ? block.count - j : kScoreKeys;
    score_heads<kRows>(heads, block.keys + j, count, ahead.at_key(j), work.scores + j * kRows);
  }
  bool hidden[kTaskRows];
  for (int64_t h = 0; h < work.heads; ++h) {
    const int64_t kv_head = work.first_head + h;
    for (int64_t r = 0; r < work.padded; r += kRows) {
      const int64_t at = h * work.padded + r, lanes = at / kRows * kLanes;
      float* scores = work.scores + at * kBlockKeys;
      scale_keys<kRows, false>(block, block.key_scales, kv_head, scores);
      hidden[at / kRows] = adjust_scores<kRows>(row_rules, work, kv_head, r, block, listed, scores);
      weigh<kRows>(scores, block.count, hidden[at / kRows], work.tops + lanes, work.sums + lanes, work.shrink + lanes);
      scale_keys<kRows, true>(block, block.value_scales, kv_head, scores);
    }
  }
  for (int64_t key = 0; key < block.count; key += kValueKeys) {
    FetchRows<C> fetch = ahead.at_value(key);
    for (int64_t h = 0; h < work.heads; ++h) {
      for (int64_t r = 0; r < work.padded; r += kRows) {
        const int64_t at = h * work.padded + r;
        ValueStrip<C> strip{work.scores + at * kBlockKeys + key * kRows,
                            block.count - key < kValueKeys ? block.count - key : kValueKeys,
                            block.values + key,
                            (work.first_head + h) * block.value_stride_head,
                            hidden[at / kRows],
                            ahead.value_dim,
                            work.values + h * work.values_stride_head + r * work.dim_stride,
                            work.dim_stride,
                            key == 0 ? work.shrink + at / kRows * kLanes : nullptr,
                            r == 0 ? &fetch : nullptr};
        add_values<kRows>(strip);
      }
    }
  }
}

// All keys [keys.first, keys.last) of the item for the rows of the task.
template <int kRows, typename S, typename C>
inline void take_part(const AttentionCall& call, const DecodeItem& item, const KeyRange* ranges,
                      FunctionRef<void(KeyBlock<C>&, int64_t, int64_t)> fill, const KeyRange& keys,
                      const ExecContext& exec, DecodeRows<S, C>& work) {
  const AttentionOptions& options = call.options;
  load_queries<kRows>(call, item, work);
  if (has_terms(options)) load_terms(call, item.rules, work);
  const RowRules row_rules{call, ranges, item.queries.first, cap_in_bits(options)};
  KeyBlock<C> blocks[2];
  int current = 0;
  auto last_of = [&](int64_t first) { return first + kBlockKeys < keys.last ? first + kBlockKeys : keys.last; };
  if (keys.first < keys.last) fill(blocks[current], keys.first, last_of(keys.first));
  for (int64_t first = keys.first; first < keys.last && !exec.stopped(); first += kBlockKeys) {
    const int64_t next = first + kBlockKeys;
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
      const int64_t lanes = (h * work.padded + r) / kRows * kLanes;
      float sum = 0;
      for (int64_t l = r % kRows; l < kLanes; l += kRows) sum += work.sums[lanes + l];
      work.states[h * work.states_stride_head + r] = {work.tops[lanes + r % kRows], sum};
    }
  }
}
