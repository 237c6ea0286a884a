#include "napi/typed_array.h"

#include <cstring>

namespace attn::js {

bool is_typed_array(napi_env env, napi_value value) {
  bool result = false;
  check(env, napi_is_typedarray(env, value, &result));
  return result;
}

int64_t element_bytes(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return type == kFloat16Array ? 2 : 1;
  }
}

const char* type_name(napi_typedarray_type type) {
  static constexpr const char* names[] = {"Int8Array",    "Uint8Array",    "Uint8ClampedArray", "Int16Array",
                                          "Uint16Array",  "Int32Array",    "Uint32Array",       "Float32Array",
                                          "Float64Array", "BigInt64Array", "BigUint64Array",    "Float16Array"};
  const auto index = static_cast<size_t>(type);
  return index < sizeof names / sizeof names[0] ? names[index] : "typed array";
}

TypedArray read_typed_array(napi_env env, napi_value value) {
  TypedArray array{};
  void* data = nullptr;
  size_t length = 0;
  size_t offset = 0;
  check(env, napi_get_typedarray_info(env, value, &array.type, &length, &data, &array.buffer, &offset));
  array.data = static_cast<std::byte*>(data);
  array.length = static_cast<int64_t>(length);
  array.bytes = array.length * element_bytes(array.type);
  array.byte_offset = static_cast<int64_t>(offset);
  return array;
}

int dtype_of(napi_typedarray_type type) {
  switch (type) {
    case napi_float32_array:
      return static_cast<int>(DType::f32);
    case napi_int32_array:
      return static_cast<int>(DType::i32);
    case napi_int8_array:
      return static_cast<int>(DType::i8);
    default:
      return type == kFloat16Array ? static_cast<int>(DType::f16) : -1;
  }
}

bool may_hold(napi_typedarray_type type, DType dtype) {
  if (type == napi_uint8_array) return true;
  if (type == napi_uint16_array) return dtype == DType::f16 || dtype == DType::bf16;
  return dtype_of(type) == static_cast<int>(dtype);
}

namespace {

napi_typedarray_type array_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return napi_float32_array;
    case DType::f16:
    case DType::bf16:
      return napi_uint16_array;
    case DType::i32:
      return napi_int32_array;
    case DType::i8:
      return napi_int8_array;
    default:
      return napi_uint8_array;
  }
}

}  // namespace

napi_value make_typed_array(napi_env env, DType dtype, napi_value buffer, int64_t byte_offset, int64_t length) {
  const napi_typedarray_type type = array_type(dtype);
  napi_value array;
  bool plain = false;
  check(env, napi_is_arraybuffer(env, buffer, &plain));
  if (plain) {
    check(env, napi_create_typedarray(env, type, static_cast<size_t>(length), buffer, static_cast<size_t>(byte_offset),
                                      &array));
    return array;
  }
  // Node-API makes no typed arrays over SharedArrayBuffers; the constructor does.
  napi_value global;
  check(env, napi_get_global(env, &global));
  napi_value arguments[] = {buffer, number(env, static_cast<double>(byte_offset)),
                            number(env, static_cast<double>(length))};
  check(env, napi_new_instance(env, get(env, global, type_name(type)), 3, arguments, &array));
  return array;
}

napi_value unwrap_float16_polyfill(napi_env env, napi_value value) {
  napi_value constructor = get(env, value, "constructor");
  if (type_of(env, constructor) != napi_function) return nullptr;
  napi_value name = get(env, constructor, "name");
  if (type_of(env, name) != napi_string || std::strcmp(Text<32>(env, name).chars, "Float16Array") != 0) return nullptr;
  napi_value buffer = get(env, value, "buffer");
  int64_t byte_offset;
  int64_t length;
  if (type_of(env, buffer) != napi_object || !to_integer(env, get(env, value, "byteOffset"), &byte_offset) ||
      !to_integer(env, get(env, value, "length"), &length)) {
    return nullptr;
  }
  return make_typed_array(env, DType::f16, buffer, byte_offset, length);
}

}  // namespace attn::js
