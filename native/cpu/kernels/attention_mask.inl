// Which keys a query sees, and what the options add to its scores. Shared by all forms of attention.
//
// Equation: x = log2(e) · (cap(scale · queryScale · q·k) + bias + slope · (j − p)), weights 2^(x − max) over visible j;
//   cap(s) = softcap · tanh(s / softcap)
// Units:    positions p and keys j count from the start of the sequence; scores are in bits (base 2)
// Edge:     every rule but bias and mask leaves one range of keys, whose ends never fall from one row to the next;
//   bias −∞ and mask false hide single keys, whatever stands in the key
// Oracle:   test/oracle

inline constexpr float kLog2E = 1.44269504088896341f;
inline constexpr float kLn2 = 0.69314718055994531f;
inline constexpr float kHidden = -__builtin_inff();  // the score of a hidden key

// Runs `body` with a null pointer to the storage type of a query dtype.
template <typename Body>
inline void with_type(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::f16:
      return body(static_cast<f16*>(nullptr));
    case DType::bf16:
      return body(static_cast<bf16*>(nullptr));
    default:
      return body(static_cast<float*>(nullptr));
  }
}

// The logit of a head's sink; −∞ without sinks.
inline float sink_of(const TensorView& sinks, int64_t head) {
  float sink = kHidden;
  if (!sinks.present) return sink;
  with_type(sinks.dtype,
            [&](auto* type) { sink = to_float(static_cast<decltype(type)>(sinks.data)[head * sinks.strides[0]]); });
  return sink;
}

inline float first_lane(F32 a) {
  float lane;
  store_partial(&lane, a, 1);
  return lane;
}

struct KeyRange {  // [first, last); empty when last <= first
  int64_t first;
  int64_t last;
};

// One sequence of the batch: where its rows lie in the tensors, and the rules for its keys.
struct SequenceRules {
  int64_t batch;        // index on the batch axis
  int64_t query_begin;  // on the token axis of q, out, gate and lse: 0 unless the call is packed
  int64_t queries;
  int64_t key_begin;  // on the token axis of k and v
  int64_t keys;
  int64_t start;     // position of the first query
  KeyRange counted;  // of kvStart and kvLengths
  int64_t left;      // keys before the own position, or -1
  int64_t right;     // keys after it, or -1; 0 when causal
  int64_t chunk;     // 0: none
  int64_t block;     // 0: none
};

inline int64_t floor_to(int64_t position, int64_t multiple) {
  const int64_t rest = position % multiple;
  return position - (rest < 0 ? rest + multiple : rest);
}

inline void apply_options(const AttentionOptions& options, SequenceRules& rules) {
  if (options.window.present) {
    rules.left = options.window.left.value_or(-1);
    rules.right = options.window.right.value_or(-1);
  }
  if (options.causal) rules.right = 0;
  rules.chunk = options.chunk.value_or(0);
  rules.block = options.block.value_or(0);
}

// Sequence `batch` of a call whose keys are in its tensors.
inline SequenceRules sequence_rules(const AttentionCall& call, int64_t batch) {
  const AttentionOptions& options = call.options;
  SequenceRules rules{batch, 0, call.axes.T, 0, call.axes.S, 0, {0, call.axes.S}, -1, -1, 0, 0};
  if (options.cu_seqlens.present) {
    const TensorView& q = options.cu_seqlens.q;
    const TensorView& k = options.cu_seqlens.k;
    const int32_t* q_offsets = q.as<const int32_t>() + batch * q.strides[0];
    const int32_t* k_offsets = k.as<const int32_t>() + batch * k.strides[0];
    rules.query_begin = q_offsets[0];
    rules.queries = q_offsets[q.strides[0]] - rules.query_begin;
    rules.key_begin = k_offsets[0];
    rules.keys = k_offsets[k.strides[0]] - rules.key_begin;
    rules.counted.last = rules.keys;
  } else {
    rules.counted.first = options.kv_start.at(batch, 0);
    const int64_t length = options.kv_lengths.at(batch, rules.keys);
    if (length < rules.counted.last) rules.counted.last = length;
  }
  rules.start = options.query_start.at(batch, rules.counted.last - rules.queries);
  apply_options(options, rules);
  return rules;
}

// A call and where its keys are: in its tensors, or, with `cache`, in the pages of cached sequences.
struct AttentionSource {
  const AttentionCall& call;
  const CacheView* cache;

  SequenceRules rules(int64_t batch) const {
    if (cache == nullptr) return sequence_rules(call, batch);
    const CachedKeys& cached = cache->sequences[batch];
    SequenceRules rules{batch, 0, call.axes.T, 0, cached.length, 0, {cached.first, cached.length}, -1, -1, 0, 0};
    if (call.options.cu_seqlens.present) {
      const TensorView& q = call.options.cu_seqlens.q;
      const int32_t* offsets = q.as<const int32_t>() + batch * q.strides[0];
      rules.query_begin = offsets[0];
      rules.queries = offsets[q.strides[0]] - offsets[0];
    }
    rules.start = cached.length - rules.queries;
    apply_options(call.options, rules);
    return rules;
  }
};

// The keys row `t` of the sequence sees, but for bias and mask. Both ends rise with t, so rows [t0, t1) together see
// no more than [keys of t0 .first, keys of t1 − 1 .last), and all see [keys of t1 − 1 .first, keys of t0 .last).
inline KeyRange visible_keys(const SequenceRules& rules, int64_t t) {
  KeyRange range = rules.counted;
  const int64_t position = rules.start + t;
  auto raise = [&](int64_t first) { range.first = first > range.first ? first : range.first; };
  auto lower = [&](int64_t last) { range.last = last < range.last ? last : range.last; };
  if (rules.left >= 0) raise(position - rules.left);
  if (rules.right >= 0) lower(position + rules.right + 1);
  if (rules.chunk > 0) {
    const int64_t first = floor_to(position, rules.chunk);
    raise(first);
    lower(first + rules.chunk);
  }
  if (rules.block > 0) lower(floor_to(position, rules.block) + rules.block);
  if (range.last > range.first) return range;
  // Empty, and still where the ends rise from row to row within the counted keys: rows beside it may see some.
  const int64_t end = rules.counted.last > rules.counted.first ? rules.counted.last : rules.counted.first;
  range.first = range.last = range.first < end ? range.first : end;
  return range;
}

// Factor from q·k to bits for one row, before softcap.
inline float score_factor(const AttentionCall& call, const SequenceRules& rules, int64_t t) {
  const TensorView& scales = call.options.query_scale;
  const double per_dim = 1.0 / __builtin_sqrt(static_cast<double>(call.axes.K));
  double factor = call.options.scale.value_or(per_dim);
  if (scales.present) {
    factor *= scales.as<const float>()[rules.batch * scales.strides[0] + (rules.query_begin + t) * scales.strides[1]];
  }
  return static_cast<float>(factor * 1.44269504088896341);
}

// The soft cap in bits, 0: none. Where f32 would lack the cap, its inverse or their products, a nearer one does the same.
inline float cap_in_bits(const AttentionOptions& options) {
  if (!options.softcap.present) return 0;
  const double cap = options.softcap.value * 1.44269504088896341;
  return static_cast<float>(cap < 0x1p-100 ? 0x1p-100 : cap > 0x1p100 ? 0x1p100 : cap);
}

// What changes the scores of one row of one head, key by key. S: type of the queries, or float where they are widened, and
// only their bias still is of a narrower type.
template <typename S>
struct ScoreTerms {
  float cap = 0;                  // softcap in bits; 0: none
  const uint8_t* mask = nullptr;  // of key 0
  int64_t mask_stride_key = 0;
  const float* bias_f32 = nullptr;
  const f16* bias_f16 = nullptr;  // these two in the dtype of q
  const bf16* bias_bf16 = nullptr;
  int64_t bias_stride_key = 0;
  float slope = 0;  // ALiBi, bits per key
  int64_t position = 0;

  // Some keys within the visible range may be hidden.
  bool hides() const { return mask != nullptr || has_bias(); }
  bool has_bias() const { return bias_f32 != nullptr || bias_f16 != nullptr || bias_bf16 != nullptr; }

  template <typename Bias>
  [[gnu::always_inline]] const Bias* bias() const {
    if constexpr (std::is_same_v<Bias, float>) return bias_f32;
    if constexpr (std::is_same_v<Bias, f16>) return bias_f16;
    if constexpr (std::is_same_v<Bias, bf16>) return bias_bf16;
  }
  // What `read` makes of the bias; there has to be one.
  template <typename Read>
  [[gnu::always_inline]] auto with_bias(Read&& read) const {
    constexpr bool kWidened = std::is_same_v<S, float>;
    if (bias_f32 != nullptr) return read(bias_f32);
    if constexpr (kWidened) {
      if (bias_f16 != nullptr) return read(bias_f16);
    }
    if constexpr (std::is_same_v<S, f16>) {
      return read(bias_f16);
    } else {
      return read(bias_bf16);
    }
  }
};

template <typename S>
inline ScoreTerms<S> score_terms(const AttentionCall& call, const SequenceRules& rules, int64_t head, int64_t t) {
  const AttentionOptions& options = call.options;
  ScoreTerms<S> terms;
  terms.cap = cap_in_bits(options);
  auto row = [&](const TensorView& view) {
    return rules.batch * view.strides[0] + head * view.strides[1] + t * view.strides[2];
  };
  if (options.mask.present) {
    terms.mask = options.mask.as<const uint8_t>() + row(options.mask);
    terms.mask_stride_key = options.mask.strides[3];
  }
  if (options.bias.present) {
    terms.bias_stride_key = options.bias.strides[3];
    const int64_t at = row(options.bias);
    const DType dtype = options.bias.dtype;
    if (dtype == DType::f32) terms.bias_f32 = options.bias.as<const float>() + at;
    if (dtype == DType::f16) terms.bias_f16 = options.bias.as<const f16>() + at;
    if (dtype == DType::bf16) terms.bias_bf16 = options.bias.as<const bf16>() + at;
  }
  if (options.alibi_slopes.present) {
    terms.slope = kLog2E * options.alibi_slopes.as<const float>()[head * options.alibi_slopes.strides[0]];
    terms.position = rules.start + t;
  }
  return terms;
}

// n values from `from + key · stride`, stride 0 or 1.
template <typename E>
[[gnu::always_inline]] inline F32 load_along_keys(const E* from, int64_t stride, int64_t key, int64_t n) {
  if (stride == 0) {
    E lane[1] = {*from};
    return splat(reduce_add(load_partial(lane, 1)));
  }
  return n >= kLanes ? load(from + key) : load_partial(from + key, n);
}

// The scores of keys [key, key + n), n <= kLanes, from their scaled products in bits. Hidden keys get kHidden.
template <typename S>
[[gnu::always_inline]] inline F32 apply_terms(const ScoreTerms<S>& terms, F32 x, int64_t key, int64_t n) {
  if (terms.cap > 0) x = mul(splat(terms.cap), tanh(mul(x, splat(1.0f / terms.cap))));
  if (terms.slope != 0) {
    const F32 distance = add(splat(static_cast<float>(key - terms.position)), iota());
    x = fma(splat(terms.slope), distance, x);
  }
  if (terms.has_bias()) {
    const F32 bias = terms.with_bias([&](const auto* from) __attribute__((always_inline)) {
      return load_along_keys(from, terms.bias_stride_key, key, n);
    });
    x = select(equal(bias, splat(kHidden)), bias, fma(bias, splat(kLog2E), x));
  }
  if (terms.mask != nullptr) {
    const int8_t* flags = reinterpret_cast<const int8_t*>(terms.mask);
    const F32 visible = load_along_keys(flags, terms.mask_stride_key, key, n);
    x = select(equal(visible, zero()), splat(kHidden), x);
  }
  return x;
}

template <typename S>
inline float bias_of(const ScoreTerms<S>& terms, int64_t j) {
  return terms.with_bias([&](const auto* bias) { return to_float(bias[j * terms.bias_stride_key]); });
}

// Whether bias or mask hides key j from the row.
template <typename S>
inline bool is_hidden(const ScoreTerms<S>& terms, int64_t j) {
  if (terms.mask != nullptr && terms.mask[j * terms.mask_stride_key] == 0) return true;
  return terms.has_bias() && bias_of(terms, j) == kHidden;
}
