#include "core/cache_call.h"

#include <algorithm>

#include "core/validate.h"
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

// Queries that stand before the latest token may reach back to what the window has dropped; those that name their keys do
// without it.
Status check_kept(const CachedAttentionCall& call, int64_t index, const CacheSequence& sequence, int64_t length) {
  if (call.options.key_indices) return {};
  const int64_t queries = queries_of(call, index);
  const int64_t position = length - queries;
  const int64_t first = first_seen(call.options, position);
  if (queries == 0 || first >= sequence.first()) return {};
  return {ErrorCode::value, "sequences[" + std::to_string(index) + "]: the query at position " +
                                std::to_string(position) + " sees tokens from " + std::to_string(first) +
                                " on, but those before " + std::to_string(sequence.first()) + " are gone"};
}

std::string length_text(const CachedAttentionCall& call, int64_t index, int64_t length) {
  const std::string text = "sequences[" + std::to_string(index) + "] has " + std::to_string(length) + " tokens";
  return text + (call.options.append.present ? " with those of append" : "");
}

// The keys that a sequence's queries name are among its tokens.
Status check_named(const CachedAttentionCall& call, int64_t index, int64_t length) {
  const TensorView& named = call.options.key_indices;
  if (!named) return {};
  const TensorView& offsets = call.options.cu_seqlens;
  const int64_t first = offsets ? offsets.as<const int32_t>()[index * offsets.strides[0]] : 0;
  const int64_t heads = named.strides[2] == 0 ? std::min<int64_t>(call.axes.Hkv, 1) : call.axes.Hkv;
  const int64_t count = call.axes.I;
  int64_t at[] = {offsets ? 0 : index, first, 0, 0};
  for (; at[1] < first + queries_of(call, index); ++at[1]) {
    for (at[2] = 0; at[2] < heads; ++at[2]) {
      const int32_t* list =
          named.as<const int32_t>() + at[0] * named.strides[0] + at[1] * named.strides[1] + at[2] * named.strides[2];
      int32_t largest = -1;  // without a branch per element, as all are in range usually
      for (int64_t i = 0; i < count; ++i) largest = std::max(largest, list[i]);
      if (largest < length) continue;
      at[3] = std::find(list, list + count, largest) - list;
      return {ErrorCode::value, element_text({"keyIndices"}, named, at) + " is " + std::to_string(largest) +
                                    ", expected at most " + std::to_string(length - 1) + ": " +
                                    length_text(call, index, length)};
    }
  }
  return {};
}

// A matrix has a column for each token of the longest sequence, or one for all of them.
Status check_columns(const CachedAttentionCall& call, const char* name, TensorView& matrix, int64_t index,
                     int64_t length) {
  if (!matrix) return {};
  int64_t& columns = matrix.shape[3];
  if (columns == 1 && matrix.strides[3] == 0) columns = std::max<int64_t>(length, 1);
  if (columns >= length) return {};
  return {ErrorCode::shape, std::string(name) + " has " + std::to_string(columns) + " columns (S), expected at least " +
                                std::to_string(length) + ", or 1: " + length_text(call, index, length)};
}

}  // namespace

Status reserve_cache(const OpDesc& op, void* call, CacheCall& cache) {
  if (op.id != OpId::cached_attention) return {ErrorCode::internal, std::string(op.js_name) + " takes no sequences"};
  auto& cached = *static_cast<CachedAttentionCall*>(call);
  if (Status status = check_values(cached); !status.is_ok()) return status;
  apply_window(cache.sequence(0).pool().config().window, cached.options);
  std::vector<int64_t> appended(static_cast<size_t>(cached.axes.B), 0);
  size_t longest = 0;
  int64_t most = 0;  // tokens, of that sequence
  for (size_t i = 0; i < appended.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    const CacheSequence& sequence = cache.sequence(i);
    if (cached.options.append.present) appended[i] = queries_of(cached, index);
    const int64_t length = sequence.length() + appended[i];
    Status status = check_kept(cached, index, sequence, length);
    if (status.is_ok()) status = check_named(cached, index, length);
    if (!status.is_ok()) return status;
    if (length > most) longest = i;
    most = std::max(most, length);
  }
  const auto which = static_cast<int64_t>(longest);
  if (Status status = check_columns(cached, "mask", cached.options.mask, which, most); !status.is_ok()) return status;
  if (Status status = check_columns(cached, "bias", cached.options.bias, which, most); !status.is_ok()) return status;
  return cache.reserve(appended, &cached.sequences);
}

}  // namespace attn
