#include "core/cache_call.h"

#include "generated/cached_attention.h"

namespace attn {

Status reserve_cache(const OpDesc& op, void* call, CacheCall& cache) {
  if (op.id != OpId::cached_attention) return {ErrorCode::internal, std::string(op.js_name) + " takes no sequences"};
  auto& cached = *static_cast<CachedAttentionCall*>(call);
  const TensorView& offsets = cached.options.cu_seqlens;
  std::vector<int64_t> appended(static_cast<size_t>(cached.axes.B), 0);
  for (int64_t b = 0; b < cached.axes.B && cached.options.append.present; ++b) {
    const int32_t* at = offsets ? offsets.as<const int32_t>() + b * offsets.strides[0] : nullptr;
    appended[static_cast<size_t>(b)] = offsets ? at[offsets.strides[0]] - at[0] : cached.axes.T;
  }
  return cache.reserve(appended, &cached.sequences);
}

}  // namespace attn
