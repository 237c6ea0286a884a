// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include <cstdint>

namespace attn {

enum class ErrorCode : uint8_t {
  ok,
  arg_type,  // An argument has the wrong type, is missing, or is an option the operation does not know.
  dtype,  // A tensor's dtype is not one that the argument accepts.
  shape,  // A tensor's rank, an axis or a stride does not fit the other tensors.
  value,  // A number is outside its range, or is NaN.
  option_conflict,  // Options that exclude each other were given together, or one that needs another was given alone.
  overlap,  // An output shares memory with an input or another output.
  detached,  // The ArrayBuffer behind a tensor was transferred or detached, or shrank.
  disposed,  // The tensor, state or pool was disposed.
  busy,  // Another call is using this state or sequence.
  unsupported,  // No kernel takes this call, and the message lists each one's reason; or the runtime lacks what was asked for.
  out_of_memory,  // Native memory could not be allocated.
  pool_full,  // A cache or state pool has no free pages or slots; nothing was changed.
  data,  // Serialised bytes are damaged, of another kind, or from a newer version.
  aborted,  // The call was stopped by its signal; the promise rejects with signal.reason instead.
  binding,  // The native addon could not be loaded; the message lists every path tried.
  internal,  // A bug in this package.
};

enum class ErrorClass : uint8_t { error, type_error, range_error };

constexpr const char* error_code_string(ErrorCode code) {
  constexpr const char* codes[] = {"", "ERR_ATTN_ARG_TYPE", "ERR_ATTN_DTYPE", "ERR_ATTN_SHAPE", "ERR_ATTN_VALUE", "ERR_ATTN_OPTION_CONFLICT", "ERR_ATTN_OVERLAP", "ERR_ATTN_DETACHED", "ERR_ATTN_DISPOSED", "ERR_ATTN_BUSY", "ERR_ATTN_UNSUPPORTED", "ERR_ATTN_OUT_OF_MEMORY", "ERR_ATTN_POOL_FULL", "ERR_ATTN_DATA", "ERR_ATTN_ABORTED", "ERR_ATTN_BINDING", "ERR_ATTN_INTERNAL"};
  return codes[static_cast<int>(code)];
}

constexpr ErrorClass error_class(ErrorCode code) {
  constexpr ErrorClass classes[] = {
      ErrorClass::error,
      ErrorClass::type_error,
      ErrorClass::type_error,
      ErrorClass::range_error,
      ErrorClass::range_error,
      ErrorClass::type_error,
      ErrorClass::range_error,
      ErrorClass::type_error,
      ErrorClass::error,
      ErrorClass::error,
      ErrorClass::error,
      ErrorClass::error,
      ErrorClass::error,
      ErrorClass::error,
      ErrorClass::error,
      ErrorClass::error,
      ErrorClass::error,
  };
  return classes[static_cast<int>(code)];
}

}  // namespace attn
