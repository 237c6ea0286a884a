#include "core/cache_call.h"

#include <algorithm>

#include "generated/cached_attention.h"

namespace attn {
namespace {

// A query sees the pool's window at most, however tokens are cut into calls.
void apply_window(int64_t window, CachedAttentionOptions& options) {
  if (window == 0) return;
  options.window.left = {true, std::min(options.window.left.value_or(window - 1), window - 1)};
  options.window.present = true;
}

// The first key that the rules let the query at this position see.
int64_t first_seen(const CachedAttentionOptions& options, int64_t position) {
  int64_t first = 0;
  if (options.window.left.present) first = std::max(first, position - options.window.left.value);
  if (options.chunk.present) first = std::max(first, position / options.chunk.value * options.chunk.value);
  return first;
}

int64_t queries_of(const CachedAttentionCall& call, int64_t sequence) {
  const TensorView& offsets = call.options.cu_seqlens;
  if (!offsets) return call.axes.T;
  const int32_t* at = offsets.as<const int32_t>() + sequence * offsets.strides[0];
  return at[offsets.strides[0]] - at[0];
}

// Appended tokens bring values where the pool keeps values of their own.
Status check_values(const CachedAttentionCall& call) {
  if (!call.options.append.present) return {};
  const bool given = call.options.append.value.present;
  if (given != call.sequences.values_from_keys) return {};
  return {ErrorCode::option_conflict, given ? "append.value has no place in a pool with valuesFromKeys"
                                            : "append needs append.value: the pool keeps values besides the keys"};
}

// Queries that stand before the latest token may reach back to what the window has dropped.
Status check_kept(const CachedAttentionCall& call, int64_t index, const CacheSequence& sequence, int64_t length) {
  const int64_t queries = queries_of(call, index);
  const int64_t position = length - queries;
  const int64_t first = first_seen(call.options, position);
  if (queries == 0 || first >= sequence.first()) return {};
  return {ErrorCode::value, "sequences[" + std::to_string(index) + "]: the query at position " +
                                std::to_string(position) + " sees tokens from " + std::to_string(first) +
                                " on, but those before " + std::to_string(sequence.first()) + " are gone"};
}

}  // namespace

Status reserve_cache(const OpDesc& op, void* call, CacheCall& cache) {
  if (op.id != OpId::cached_attention) return {ErrorCode::internal, std::string(op.js_name) + " takes no sequences"};
  auto& cached = *static_cast<CachedAttentionCall*>(call);
  if (Status status = check_values(cached); !status.is_ok()) return status;
  apply_window(cache.sequence(0).pool().config().window, cached.options);
  std::vector<int64_t> appended(static_cast<size_t>(cached.axes.B), 0);
  for (size_t i = 0; i < appended.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    const CacheSequence& sequence = cache.sequence(i);
    if (cached.options.append.present) appended[i] = queries_of(cached, index);
    Status status = check_kept(cached, index, sequence, sequence.length() + appended[i]);
    if (!status.is_ok()) return status;
  }
  return cache.reserve(appended, &cached.sequences);
}

}  // namespace attn
