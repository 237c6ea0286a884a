// Softmax attention over the pages of cached sequences, which first take in the keys and values of the call.
//
// Equation: as attention, over the tokens of each sequence; the last query stands at the last position
// Shapes:   q [B, T, Hq, K]; append.key [B, T, Hkv, K], append.value [B, T, Hkv, V] or none; pages: attn/cache_view.h
// Units:    i8: element = scale · stored with scale = max |x| / 127 over a token's head; f8e4m3: stored as is, ±448 at most
// Types:    queries f32, f16, bf16; pages of f32, f16, bf16, i8, f8e4m3; sums f32
// Edge:     a row that holds NaN or infinity gets such a scale in i8, so that it is NaN when read
// Cost:     sequences with at most 16 queries, and queries that name their keys, as decode, the others as prefill; writing
//   reads and writes each appended row once
// Oracle:   test/oracle/attention over the tokens in order

template <typename C>
struct CacheWriter {
  const CachedAttentionCall& call;

  // Row [dim] of `from` at element `at` into `to`.
  void row(const TensorView& from, int64_t at, int64_t dim, C* to, float* scale) const {
    with_type(from.dtype, [&](auto* type) {
      const auto* source = static_cast<decltype(type)>(from.data) + at;
      if constexpr (std::is_same_v<C, int8_t>) {
        float largest = 0;
        for (int64_t d = 0; d < dim; ++d) {
          const float size = __builtin_fabsf(to_float(source[d]));
          if (!(size <= largest)) largest = size;
          if (size != size) break;
        }
        *scale = largest / 127.0f;
        const float factor = largest > 0 ? 127.0f / largest : 0.0f;
        for (int64_t d = 0; d < dim; ++d) to[d] = from_float<int8_t>(to_float(source[d]) * factor);
      } else if constexpr (std::is_same_v<C, f8e4m3>) {
        for (int64_t d = 0; d < dim; ++d) to[d] = from_float<f8e4m3>(to_float(source[d]));
      } else {
        for (int64_t d = 0; d < dim; d += kLanes) {
          const int64_t n = dim - d < kLanes ? dim - d : kLanes;
          store_partial(to + d, load_partial(source + d, n), n);
        }
      }
    });
  }

  // One appended token of one sequence; `token` counts on the token axis of the tensors, `back` from the sequence's end.
  void token(int64_t sequence, int64_t token, int64_t back) const {
    const CacheView& cache = call.sequences;
    const CachedKeys& cached = cache.sequences[sequence];
    const int64_t position = cached.length - back;
    std::byte* page = cached.pages[position / cache.page_tokens - cached.first_page];
    const int64_t first_row = position % cache.page_tokens * cache.kv_heads;
    const TensorView& key = call.options.append.key;
    const TensorView& value = call.options.append.value;
    for (int64_t h = 0; h < cache.kv_heads; ++h) {
      const int64_t row = first_row + h;
      auto* scales = reinterpret_cast<float*>(page + cache.key_scale_offset) + row;
      this->row(key, sequence * key.strides[0] + token * key.strides[1] + h * key.strides[2], cache.key_dim,
                reinterpret_cast<C*>(page) + row * cache.key_dim, scales);
      if (cache.values_from_keys) continue;
      scales = reinterpret_cast<float*>(page + cache.value_scale_offset) + row;
      this->row(value, sequence * value.strides[0] + token * value.strides[1] + h * value.strides[2], cache.value_dim,
                reinterpret_cast<C*>(page + cache.value_offset) + row * cache.value_row, scales);
    }
  }
};

inline AttentionCall plain_call(const CachedAttentionCall& cached) {
  AttentionCall call;
  call.q = cached.q;
  call.out = cached.out;
  call.lse = cached.lse;
  call.axes.B = cached.axes.B;
  call.axes.T = cached.axes.T;
  call.axes.Hq = cached.axes.Hq;
  call.axes.Hkv = cached.axes.Hkv;
  call.axes.K = cached.axes.K;
  call.axes.V = cached.axes.V;
  call.axes.S = cached.axes.S;
  call.axes.I = cached.axes.I;
  const CachedAttentionOptions& from = cached.options;
  AttentionOptions& to = call.options;
  to.scale = from.scale;
  to.causal = from.causal;
  to.window.present = from.window.present;
  to.window.left = from.window.left;
  to.window.right = from.window.right;
  to.chunk = from.chunk;
  to.block = from.block;
  to.softcap = from.softcap;
  to.sinks = from.sinks;
  to.bias = from.bias;
  to.mask = from.mask;
  to.alibi_slopes = from.alibi_slopes;
  to.cu_seqlens.present = from.cu_seqlens.present;
  to.cu_seqlens.q = from.cu_seqlens;
  to.key_indices = from.key_indices;
  to.query_scale = from.query_scale;
  to.gate = from.gate;
  return call;
}

template <typename C>
inline void append_tokens(const CachedAttentionCall& call, const AttentionSource& source, ExecContext& exec) {
  if (!call.options.append.present) return;
  constexpr int64_t kTaskTokens = 16;
  const CacheWriter<C> writer{call};
  const int64_t width = call.axes.Hkv * (call.axes.K + (call.sequences.values_from_keys ? 0 : call.axes.V));
  int64_t tokens = 0, longest = 0;
  for (int64_t b = 0; b < call.axes.B; ++b) {
    const int64_t appended = call.sequences.sequences[b].appended;
    tokens += appended;
    longest = appended > longest ? appended : longest;
  }
  const int64_t tasks = (longest + kTaskTokens - 1) / kTaskTokens;  // of one sequence
  exec.parallel_for(
      call.axes.B * tasks,
      [&](int64_t task, std::byte*) {
        const int64_t b = task / tasks, first = task % tasks * kTaskTokens;
        const int64_t begin = source.rules(b).query_begin;
        const int64_t appended = call.sequences.sequences[b].appended;
        for (int64_t t = first; t < first + kTaskTokens && t < appended; ++t) writer.token(b, begin + t, appended - t);
      },
      tokens * width);
}

// Decode has queries and pages of one 16-bit type meet as they are; all other queries become floats there.
template <typename S, typename C>
inline Status attend_pages(const CachedAttentionCall& cached, ExecContext& exec) {
  const AttentionCall call = plain_call(cached);
  const AttentionSource source{call, &cached.sequences};
  DecodePlan<std::conditional_t<std::is_same_v<S, C>, S, float>, C> few(call, true, &cached.sequences);
  return attend_sequences<S, C, PageRows<C>>(source, few, true, exec, [&] { append_tokens<C>(cached, source, exec); });
}

template <typename S>
Status cached_attention_run(const CachedAttentionCall& call, ExecContext& exec) {
  switch (call.sequences.dtype) {
    case DType::f32:
      return attend_pages<S, float>(call, exec);
    case DType::f16:
      return attend_pages<S, f16>(call, exec);
    case DType::bf16:
      return attend_pages<S, bf16>(call, exec);
    case DType::i8:
      return attend_pages<S, int8_t>(call, exec);
    default:
      return attend_pages<S, f8e4m3>(call, exec);
  }
}

inline const char* cached_attention_supports(const CachedAttentionCall& call) {
  const DType dtype = call.sequences.dtype;
  return dtype == DType::i32 || dtype == DType::bool_ ? "pages of no number type" : nullptr;
}

inline constexpr KernelInfo kCachedAttention[] = {
    {"cpu." ATTN_ISA "/cached_attention.paged.f32", OpId::cached_attention, kIsa, "paged", "f32",
     supports_as<CachedAttentionCall, cached_attention_supports>,
     run_as<CachedAttentionCall, cached_attention_run<float>>},
    {"cpu." ATTN_ISA "/cached_attention.paged.f16", OpId::cached_attention, kIsa, "paged", "f16",
     supports_as<CachedAttentionCall, cached_attention_supports>,
     run_as<CachedAttentionCall, cached_attention_run<f16>>},
    {"cpu." ATTN_ISA "/cached_attention.paged.bf16", OpId::cached_attention, kIsa, "paged", "bf16",
     supports_as<CachedAttentionCall, cached_attention_supports>,
     run_as<CachedAttentionCall, cached_attention_run<bf16>>},
};
