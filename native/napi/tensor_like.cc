// Everything that is accepted where a tensor is expected.
#include <cstring>

#include "attn/attn.h"
#include "attn/convert.h"
#include "napi/tensor.h"
#include "napi/typed_array.h"

namespace attn::js {
namespace {

struct DTypeName {
  const char* name;
  DType dtype;
};
// Names that other libraries and formats use: onnxruntime and numpy, safetensors.
constexpr DTypeName kForeignNames[] = {
    {"float32", DType::f32},
    {"float16", DType::f16},
    {"bfloat16", DType::bf16},
    {"int32", DType::i32},
    {"int8", DType::i8},
    {"boolean", DType::bool_},
    {"float8e4m3fn", DType::f8e4m3},
    {"float8_e4m3fn", DType::f8e4m3},
    {"F32", DType::f32},
    {"F16", DType::f16},
    {"BF16", DType::bf16},
    {"I32", DType::i32},
    {"I8", DType::i8},
    {"F8_E4M3", DType::f8e4m3},
    {"BOOL", DType::bool_},
};

constexpr int64_t kMaxElements = int64_t{1} << 53;

std::string dtype_names() {
  std::string text;
  for (int i = 0; i < kDTypeCount; ++i) text += std::string(i > 0 ? ", " : "") + dtype_name(static_cast<DType>(i));
  return text;
}

[[noreturn]] void not_a_tensor(napi_env env, napi_value value, const Where& where) {
  std::string got = describe(env, value);
  if (got == "an array") got += "; wrap its numbers in a Float32Array";
  fail(ErrorCode::arg_type, where.text() + " must be a Tensor or an object with data, dims and type, got " + got);
}

bool is_absent(napi_env env, napi_value value) {
  const napi_valuetype type = type_of(env, value);
  return type == napi_undefined || type == napi_null;
}

// What is wrong with a value that should be an integer in some range.
ErrorCode range_code(napi_env env, napi_value value) {
  return type_of(env, value) == napi_number ? ErrorCode::value : ErrorCode::arg_type;
}

// The layout of an n-dimensional array, in elements, over its data; false when the object names none. `strides` and
// `offset` as @stdlib/ndarray has them, `stride` as ndarray does.
bool read_layout(napi_env env, napi_value object, const Where& where, TensorView* view, int64_t* offset) {
  napi_value strides = get(env, object, "strides");
  if (is_absent(env, strides)) strides = get(env, object, "stride");
  napi_value start = get(env, object, "offset");
  if (is_absent(env, strides) && is_absent(env, start)) return false;
  *offset = 0;
  if (!is_absent(env, start) && (!to_integer(env, start, offset) || *offset < 0)) {
    fail(range_code(env, start), where.text() + ": offset must be an integer ≥ 0, got " + value_text(env, start));
  }
  set_contiguous(*view);
  if (is_absent(env, strides)) return true;
  bool array = false;
  uint32_t count = 0;
  check(env, napi_is_array(env, strides, &array));
  if (array) check(env, napi_get_array_length(env, strides, &count));
  if (!array || count != static_cast<uint32_t>(view->rank)) {
    fail(array ? ErrorCode::shape : ErrorCode::arg_type,
         where.text() + ": strides must be an array with one for each of the " + std::to_string(view->rank) +
             " axes, got " + (array ? std::to_string(count) + " of them" : describe(env, strides)));
  }
  for (uint32_t axis = 0; axis < count; ++axis) {
    napi_value item;
    check(env, napi_get_element(env, strides, axis, &item));
    if (to_integer(env, item, &view->strides[axis]) && view->strides[axis] >= 0) continue;
    fail(range_code(env, item), where.text() + ": the stride of axis " + std::to_string(axis) +
                                    " must be an integer ≥ 0, got " + value_text(env, item) + "; copy the array first");
  }
  return true;
}

// Whether every element of the view, which starts at `offset`, is one of `length`.
bool lies_within(const TensorView& view, int64_t offset, int64_t length) {
  if (view.elements() == 0) return true;
  for (int axis = 0; axis < view.rank; ++axis) {
    int64_t reach;
    if (__builtin_mul_overflow(view.shape[axis] - 1, view.strides[axis], &reach) ||
        __builtin_add_overflow(offset, reach, &offset)) {
      return false;
    }
  }
  return offset < length;
}

TensorParts read_foreign(Environment& environment, napi_value object, const Where& where) {
  const napi_env env = environment.env();
  napi_value location = get(env, object, "location");
  if (type_of(env, location) == napi_string) {
    const Text<32> place(env, location);
    if (std::strncmp(place.chars, "cpu", 3) != 0) {
      fail(ErrorCode::arg_type,
           where.text() + " is a tensor with location '" + place.chars + "', expected one in memory of the CPU");
    }
  }
  napi_value dims = get(env, object, "dims");
  if (is_undefined(env, dims)) dims = get(env, object, "shape");
  napi_value type = get(env, object, "type");
  if (type_of(env, type) != napi_string) type = get(env, object, "dtype");
  napi_value data = get(env, object, "data");
  if (type_of(env, dims) != napi_object || type_of(env, data) != napi_object) not_a_tensor(env, object, where);
  if (!is_typed_array(env, data)) {
    napi_value unwrapped = unwrap_float16_polyfill(env, data);
    if (unwrapped == nullptr) {
      fail(ErrorCode::arg_type, where.text() + ".data must be a typed array, got " + describe(env, data));
    }
    data = unwrapped;
  }
  TensorView view;
  int64_t offset;
  read_shape(env, dims, where, &view);
  const int dtype = is_undefined(env, type) ? -1 : static_cast<int>(read_dtype(env, type, where));
  if (!read_layout(env, object, where, &view, &offset)) {
    return wrap_typed_array(environment, data, &view, dtype, where);
  }
  TensorParts parts = wrap_typed_array(environment, data, nullptr, dtype, where);
  if (!lies_within(view, offset, parts.view.shape[0])) {
    fail(ErrorCode::shape, where.text() + " of shape " + shape_text(view) + " reaches beyond its data, which holds " +
                               std::to_string(parts.view.shape[0]) + " elements; strides and offset count elements");
  }
  view.dtype = parts.view.dtype;
  view.present = true;
  parts.view = view;
  parts.byte_offset = view.elements() > 0 ? offset * dtype_bytes(view.dtype) : 0;
  return parts;
}

}  // namespace

void read_shape(napi_env env, napi_value value, const Where& where, TensorView* view) {
  bool array = false;
  check(env, napi_is_array(env, value, &array));
  if (!array) fail(ErrorCode::arg_type, where.text() + " must be an array of integers, got " + describe(env, value));
  uint32_t rank;
  check(env, napi_get_array_length(env, value, &rank));
  if (rank > kMaxRank) {
    fail(ErrorCode::shape,
         where.text() + " has " + std::to_string(rank) + " axes, expected at most " + std::to_string(kMaxRank));
  }
  view->rank = static_cast<int8_t>(rank);
  int64_t elements = 1;
  for (uint32_t axis = 0; axis < rank; ++axis) {
    napi_value item;
    check(env, napi_get_element(env, value, axis, &item));
    const auto axis_text = [&] { return where.text() + " axis " + std::to_string(axis); };
    if (type_of(env, item) != napi_number) {
      fail(ErrorCode::arg_type, axis_text() + " must be an integer, got " + describe(env, item));
    }
    if (!to_integer(env, item, &view->shape[axis]) || view->shape[axis] < 0) {
      fail(ErrorCode::shape, axis_text() + " must be an integer ≥ 0, got " + value_text(env, item));
    }
    const int64_t extent = view->shape[axis] > 0 ? view->shape[axis] : 1;
    if (__builtin_mul_overflow(elements, extent, &elements) || elements > kMaxElements) {
      fail(ErrorCode::shape, where.text() + " has too many elements");
    }
  }
}

DType read_dtype(napi_env env, napi_value value, const Where& where) {
  if (type_of(env, value) != napi_string) {
    fail(ErrorCode::arg_type, where.text() + ": the dtype must be a string, got " + describe(env, value));
  }
  const Text<32> name(env, value);
  for (int i = 0; i < kDTypeCount; ++i) {
    if (std::strcmp(dtype_name(static_cast<DType>(i)), name.chars) == 0) return static_cast<DType>(i);
  }
  for (const DTypeName& row : kForeignNames) {
    if (std::strcmp(row.name, name.chars) == 0) return row.dtype;
  }
  fail(ErrorCode::dtype, where.text() + " has dtype '" + name.chars + "', expected one of " + dtype_names());
}

napi_value shape_array(napi_env env, const int64_t* extents, int rank) {
  napi_value array;
  check(env, napi_create_array_with_length(env, static_cast<size_t>(rank), &array));
  for (int axis = 0; axis < rank; ++axis) {
    check(env,
          napi_set_element(env, array, static_cast<uint32_t>(axis), number(env, static_cast<double>(extents[axis]))));
  }
  return array;
}

TensorParts wrap_typed_array(Environment& environment, napi_value value, const TensorView* shape, int dtype,
                             const Where& where) {
  const napi_env env = environment.env();
  const TypedArray array = read_typed_array(env, value);
  if (dtype < 0) dtype = dtype_of(array.type);
  if (dtype < 0) {
    const bool holds_some = array.type == napi_uint16_array || array.type == napi_uint8_array;
    fail(ErrorCode::dtype, where.text() + " is a " + type_name(array.type) +
                               (holds_some ? ", which does not tell its dtype; name it"
                                           : ", which is no dtype of tensors here; expected " + dtype_names()));
  }
  TensorView view;
  view.dtype = static_cast<DType>(dtype);
  if (!may_hold(array.type, view.dtype)) {
    fail(ErrorCode::dtype, where.text() + ": a " + type_name(array.type) + " does not hold " + dtype_name(view.dtype));
  }
  const int64_t item = dtype_bytes(view.dtype);
  if (shape != nullptr) {
    view.rank = shape->rank;
    std::memcpy(view.shape, shape->shape, sizeof view.shape);
  } else {
    view.rank = 1;
    view.shape[0] = array.bytes / item;
  }
  if (view.elements() * item != array.bytes) {
    if (array.data == nullptr && array.length == 0) {
      fail(ErrorCode::detached, where.text() + ": the ArrayBuffer of the " + type_name(array.type) + " is detached");
    }
    fail(ErrorCode::shape, where.text() + " has shape " + shape_text(view) + " of " + std::to_string(view.elements()) +
                               " elements, but the " + type_name(array.type) + " holds " +
                               std::to_string(array.bytes / item));
  }
  if (reinterpret_cast<uintptr_t>(array.data) % static_cast<uintptr_t>(item) != 0) {
    fail(ErrorCode::value, where.text() + ": byteOffset " + std::to_string(array.byte_offset) +
                               " is not a multiple of " + std::to_string(item) + "; copy the bytes first");
  }
  set_contiguous(view);
  view.present = true;
  bool plain = false;
  check(env, napi_is_arraybuffer(env, array.buffer, &plain));
  const auto kind = plain ? Storage::Kind::plain : Storage::Kind::shared;
  TensorParts parts;
  parts.storage = StorageHold(Storage::wrap(environment, value, kind, array.bytes));
  parts.view = view;
  return parts;
}

TensorParts read_tensor(Environment& environment, napi_value value, const Where& where) {
  if (const Tensor* tensor = unwrap<Tensor>(environment, value)) return tensor->share(where);
  const napi_env env = environment.env();
  if (type_of(env, value) != napi_object) not_a_tensor(env, value, where);
  if (is_typed_array(env, value)) return wrap_typed_array(environment, value, nullptr, -1, where);
  bool array = false;
  check(env, napi_is_array(env, value, &array));
  if (array) not_a_tensor(env, value, where);
  if (napi_value unwrapped = unwrap_float16_polyfill(env, value)) {
    return wrap_typed_array(environment, unwrapped, nullptr, static_cast<int>(DType::f16), where);
  }
  return read_foreign(environment, value, where);
}

}  // namespace attn::js
