// Tensor methods that look at the same memory in another way, and those that hand it out.
#include <algorithm>

#include "attn/attn.h"
#include "attn/convert.h"
#include "napi/tensor.h"
#include "napi/typed_array.h"

namespace attn::js {
namespace {

// Reads an optional integer that counts from the end when negative.
int64_t read_position(napi_env env, napi_value value, const Where& where, int64_t extent, int64_t fallback) {
  if (is_undefined(env, value)) return fallback;
  if (type_of(env, value) != napi_number) {
    fail(ErrorCode::arg_type, where.text() + " must be an integer, got " + describe(env, value));
  }
  int64_t position;
  if (!to_integer(env, value, &position)) fail(ErrorCode::value, where.text() + " must be an integer");
  const int64_t from_start = position < 0 ? position + extent : position;
  if (from_start < 0 || from_start > extent) {
    fail(ErrorCode::value, where.text() + " is " + std::to_string(position) + ", expected " + std::to_string(-extent) +
                               " to " + std::to_string(extent));
  }
  return from_start;
}

int read_axis(napi_env env, napi_value value, const Where& where, int rank) {
  if (type_of(env, value) != napi_number) {
    fail(ErrorCode::arg_type, where.text() + " must be an integer, got " + describe(env, value));
  }
  int64_t axis;
  if (!to_integer(env, value, &axis) || axis < -rank || axis >= rank) {
    fail(ErrorCode::value, where.text() + " must be an axis of the tensor, which has " + std::to_string(rank));
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::string strides_text(const TensorView& view) {
  TensorView strides = view;
  std::copy(view.strides, view.strides + view.rank, strides.shape);
  return shape_text(strides);
}

// Strides that show the elements in another shape of as many, in the same order; false when one axis of it would have to
// step unevenly. Neighbouring axes that continue each other in memory make one run, which the new shape cuts anew.
bool follow(const TensorView& from, TensorView& to) {
  if (is_contiguous(from)) {
    set_contiguous(to);
    return true;
  }
  int axis = to.rank - 1;
  int64_t run = 1;
  int64_t cut = 1;
  int64_t stride = from.strides[from.rank - 1];
  for (int i = from.rank - 1; i >= 0; --i) {
    run *= from.shape[i];
    if (i > 0 && (from.shape[i - 1] == 1 || from.strides[i - 1] == run * stride)) continue;
    for (; axis >= 0 && (cut < run || to.shape[axis] == 1); --axis) {
      to.strides[axis] = cut * stride;
      cut *= to.shape[axis];
    }
    if (cut != run) return false;
    if (i > 0) stride = from.strides[i - 1];
    run = cut = 1;
  }
  return axis < 0;
}

// Runs a method's body with the tensor's parts; the result becomes a new tensor over the same or new memory.
template <size_t count, typename Body>
napi_value with_parts(napi_env env, napi_callback_info info, const char* operation, Body body) {
  return on_receiver<Tensor, count>(env, info, [&](Tensor& tensor, const Arguments<count>& arguments) {
    return body(arguments, tensor.share({operation, "the tensor"}));
  });
}

}  // namespace

napi_value tensor_view(napi_env env, napi_callback_info info) {
  return with_parts<1>(env, info, "Tensor.view", [&](const Arguments<1>& arguments, TensorParts parts) {
    TensorView view = parts.view;
    read_shape(env, arguments[0], {"Tensor.view", "shape"}, &view);
    if (view.elements() != parts.view.elements()) {
      fail(ErrorCode::shape, "Tensor.view: shape " + shape_text(view) + " has " + std::to_string(view.elements()) +
                                 " elements, the tensor of shape " + shape_text(parts.view) + " has " +
                                 std::to_string(parts.view.elements()));
    }
    if (!follow(parts.view, view)) {
      fail(ErrorCode::shape, "Tensor.view: the tensor of shape " + shape_text(parts.view) + " and strides " +
                                 strides_text(parts.view) + " does not lie in memory as " + shape_text(view) +
                                 " would; call .contiguous() first");
    }
    parts.view = view;
    return Tensor::create(Environment::of(env), std::move(parts));
  });
}

napi_value tensor_permute(napi_env env, napi_callback_info info) {
  return with_parts<1>(env, info, "Tensor.permute", [&](const Arguments<1>& arguments, TensorParts parts) {
    const int rank = parts.view.rank;
    bool array = false;
    check(env, napi_is_array(env, arguments[0], &array));
    uint32_t count = 0;
    if (array) check(env, napi_get_array_length(env, arguments[0], &count));
    if (!array || count != static_cast<uint32_t>(rank)) {
      fail(array ? ErrorCode::value : ErrorCode::arg_type,
           "Tensor.permute: axes must be an array naming each of the " + std::to_string(rank) + " axes once, got " +
               (array ? std::to_string(count) + " of them" : describe(env, arguments[0])));
    }
    TensorView view = parts.view;
    bool seen[kMaxRank] = {};
    for (uint32_t i = 0; i < count; ++i) {
      napi_value item;
      check(env, napi_get_element(env, arguments[0], i, &item));
      const int axis = read_axis(env, item, {"Tensor.permute", "each of axes"}, rank);
      if (seen[axis]) fail(ErrorCode::value, "Tensor.permute: axes names axis " + std::to_string(axis) + " twice");
      seen[axis] = true;
      view.shape[i] = parts.view.shape[axis];
      view.strides[i] = parts.view.strides[axis];
    }
    parts.view = view;
    return Tensor::create(Environment::of(env), std::move(parts));
  });
}

napi_value tensor_slice(napi_env env, napi_callback_info info) {
  return with_parts<3>(env, info, "Tensor.slice", [&](const Arguments<3>& arguments, TensorParts parts) {
    TensorView& view = parts.view;
    const int axis = read_axis(env, arguments[0], {"Tensor.slice", "axis"}, view.rank);
    const int64_t extent = view.shape[axis];
    const int64_t start = read_position(env, arguments[1], {"Tensor.slice", "start"}, extent, 0);
    const int64_t end = read_position(env, arguments[2], {"Tensor.slice", "end"}, extent, extent);
    if (end < start) {
      fail(ErrorCode::value, "Tensor.slice: end " + std::to_string(end) + " is before start " + std::to_string(start));
    }
    view.shape[axis] = end - start;
    if (end > start) parts.byte_offset += start * view.strides[axis] * dtype_bytes(view.dtype);
    return Tensor::create(Environment::of(env), std::move(parts));
  });
}

napi_value tensor_contiguous(napi_env env, napi_callback_info info) {
  return with_parts<1>(env, info, "Tensor.contiguous", [&](const Arguments<1>&, TensorParts parts) {
    Environment& environment = Environment::of(env);
    if (is_contiguous(parts.view)) return Tensor::create(environment, std::move(parts));
    TensorView view = parts.view;
    set_contiguous(view);
    TensorParts copy = allocate_tensor(environment, view, false, {"Tensor.contiguous", "the result"});
    parts.resolve({"Tensor.contiguous", "the tensor"});
    copy_elements(parts.view, copy.view);
    return Tensor::create(environment, std::move(copy));
  });
}

napi_value tensor_data(napi_env env, napi_callback_info info) {
  return with_parts<1>(env, info, "Tensor.data", [&](const Arguments<1>&, TensorParts parts) {
    if (!is_contiguous(parts.view)) {
      fail(ErrorCode::shape, "Tensor.data: the tensor of shape " + shape_text(parts.view) +
                                 " is not contiguous; call .contiguous() first, or permute it back");
    }
    parts.resolve({"Tensor.data", "the tensor"});
    const DType dtype = parts.view.dtype;
    const int64_t length = parts.view.elements();
    if (napi_value source = parts.storage->source()) {
      const TypedArray array = read_typed_array(env, source);
      const bool whole = parts.byte_offset == 0 && array.length == length && dtype_of(array.type) >= 0;
      if (whole && array.type != kFloat16Array) return source;
    }
    int64_t begin = 0;
    napi_value buffer = parts.storage->array_buffer(&begin, {"Tensor.data", "the tensor"});
    return make_typed_array(env, dtype, buffer, begin + parts.byte_offset, length);
  });
}

}  // namespace attn::js
