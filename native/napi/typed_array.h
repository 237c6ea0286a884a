// Typed arrays as memory: over ArrayBuffers and SharedArrayBuffers, Float16Array included.
#pragma once

#include <cstddef>
#include <cstdint>

#include "generated/dtypes.h"
#include "napi/js.h"

namespace attn::js {

// napi_float16_array of newer headers.
inline constexpr auto kFloat16Array = static_cast<napi_typedarray_type>(11);

struct TypedArray {
  napi_typedarray_type type;
  std::byte* data;  // null when detached
  int64_t length;
  int64_t bytes;
  int64_t byte_offset;  // in its buffer
  napi_value buffer;    // handle to whatever is behind it; only to be asked whether it is an ArrayBuffer
};

bool is_typed_array(napi_env env, napi_value value);
TypedArray read_typed_array(napi_env env, napi_value value);
int64_t element_bytes(napi_typedarray_type type);
const char* type_name(napi_typedarray_type type);  // "Float32Array"

// The one dtype that the array's type stands for; -1 when there is none or it must be named.
int dtype_of(napi_typedarray_type type);
// Whether elements of the dtype may lie in an array of that type: f16 in Uint16Array and Float16Array, any in bytes.
bool may_hold(napi_typedarray_type type, DType dtype);

// A new typed array of the dtype over the buffer: Uint16Array for f16 and bf16, Uint8Array for bool and f8e4m3.
napi_value make_typed_array(napi_env env, DType dtype, napi_value buffer, int64_t byte_offset, int64_t length);

// A Float16Array of the @petamoriken/float16 polyfill, which is a proxy over a Uint16Array and no typed array to
// Node-API, as a Uint16Array over the same memory. Null when it is something else.
napi_value unwrap_float16_polyfill(napi_env env, napi_value value);

}  // namespace attn::js
