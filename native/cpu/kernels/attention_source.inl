// Attention, all forms: rows of the keys and values of one key-value head of a sequence, by position.
//
// Shapes: a key [K], a value [V] and, in pages of i8, one scale for each
// Layout: the tensors of the call, or pages: attn/cache_view.h; what other heads hold lies a stride of heads on

// In the tensors, in rows of C.
template <typename C>
struct TensorRows {
  using Element = C;
  static constexpr bool kScaled = false;
  const C* keys;
  const C* values;
  int64_t key_stride, value_stride;
  int64_t key_head, value_head;

  TensorRows(const AttentionSource& source, const SequenceRules& rules, int64_t head)
      : keys(first_row(source.call.k, rules, head)),
        values(first_row(source.call.v, rules, head)),
        key_stride(source.call.k.strides[1]),
        value_stride(source.call.v.strides[1]),
        key_head(source.call.k.strides[2]),
        value_head(source.call.v.strides[2]) {}
  static const C* first_row(const TensorView& view, const SequenceRules& rules, int64_t head) {
    return view.as<const C>() + rules.batch * view.strides[0] + rules.key_begin * view.strides[1] +
           head * view.strides[2];
  }
  const C* key(int64_t position) const { return keys + position * key_stride; }
  const C* value(int64_t position) const { return values + position * value_stride; }
  int64_t key_stride_head() const { return key_head; }
  int64_t value_stride_head() const { return value_head; }
};

// In the pages of a cached sequence.
template <typename C>
struct PageRows {
  using Element = C;
  static constexpr bool kScaled = std::is_same_v<C, int8_t>;
  const CacheView& cache;
  const CachedKeys& cached;
  int64_t head;

  PageRows(const AttentionSource& source, const SequenceRules& rules, int64_t head)
      : cache(*source.cache), cached(source.cache->sequences[rules.batch]), head(head) {}
  const std::byte* page(int64_t position) const {
    return cached.pages[position / cache.page_tokens - cached.first_page];
  }
  int64_t row(int64_t position) const { return position % cache.page_tokens * cache.kv_heads + head; }
  const C* key(int64_t position) const {
    return reinterpret_cast<const C*>(page(position)) + row(position) * cache.key_dim;
  }
  const C* value(int64_t position) const {
    return reinterpret_cast<const C*>(page(position) + cache.value_offset) + row(position) * cache.value_row;
  }
  const float& key_scale(int64_t position) const {
    return reinterpret_cast<const float*>(page(position) + cache.key_scale_offset)[row(position)];
  }
  const float& value_scale(int64_t position) const {
    return reinterpret_cast<const float*>(page(position) + cache.value_scale_offset)[row(position)];
  }
  int64_t key_stride_head() const { return cache.key_dim; }
  int64_t value_stride_head() const { return cache.value_row; }
};
