#include "napi/tensor.h"

#include <algorithm>
#include <cstring>

#include "attn/attn.h"
#include "attn/convert.h"
#include "napi/options.h"
#include "napi/typed_array.h"

namespace attn::js {

void TensorParts::resolve(const Where& where) {
  const ByteRange range = byte_range(view);
  std::byte* base = storage->resolve(byte_offset + range.last);
  if (base == nullptr) {
    fail(ErrorCode::detached, where.text() + ": the ArrayBuffer behind it was transferred, detached or shrunk");
  }
  view.data = base + byte_offset;
}

Tensor::Tensor(Environment& environment, TensorParts parts) : Wrapped(environment), parts_(std::move(parts)) {
  parts_.storage->add_tensor();
}

TensorParts Tensor::share(const Where& where) const {
  if (disposed()) fail(ErrorCode::disposed, where.text() + " was disposed");
  TensorParts parts;
  parts.storage = StorageHold::share(parts_.storage.get());
  parts.view = parts_.view;
  parts.byte_offset = parts_.byte_offset;
  return parts;
}

void Tensor::let_go(bool disposed) {
  if (!parts_.storage) return;
  parts_.storage->remove_tensor(disposed);
  parts_.storage = StorageHold();
}

napi_value Tensor::create(Environment& environment, TensorParts parts) {
  return create_object(environment, std::unique_ptr<Wrapped>(new Tensor(environment, std::move(parts))));
}

TensorParts allocate_tensor(Environment& environment, TensorView view, bool zeroed, const Where& where) {
  if (std::all_of(view.strides, view.strides + view.rank, [](int64_t stride) { return stride == 0; })) {
    set_contiguous(view);
  }
  TensorParts parts;
  const int64_t bytes = view.elements() * dtype_bytes(view.dtype);
  parts.storage = StorageHold(Storage::allocate(environment, bytes, zeroed, where));
  parts.view = view;
  parts.view.present = true;
  parts.view.data = parts.storage->resolve(0);
  return parts;
}

namespace {

template <typename Read>
napi_value getter(napi_env env, napi_callback_info info, Read read) {
  return on_receiver<Tensor>(env, info, [&](Tensor& tensor, const Arguments<1>&) { return read(tensor); });
}

napi_value get_dtype(napi_env env, napi_callback_info info) {
  return getter(env, info, [&](Tensor& tensor) { return string(env, dtype_name(tensor.parts().view.dtype)); });
}
napi_value get_shape(napi_env env, napi_callback_info info) {
  return getter(env, info, [&](Tensor& tensor) {
    const TensorView& view = tensor.parts().view;
    return shape_array(env, view.shape, view.rank);
  });
}
napi_value get_strides(napi_env env, napi_callback_info info) {
  return getter(env, info, [&](Tensor& tensor) {
    const TensorView& view = tensor.parts().view;
    return shape_array(env, view.strides, view.rank);
  });
}
napi_value get_size(napi_env env, napi_callback_info info) {
  return getter(env, info,
                [&](Tensor& tensor) { return number(env, static_cast<double>(tensor.parts().view.elements())); });
}
napi_value get_device(napi_env env, napi_callback_info info) {
  return getter(env, info, [&](Tensor&) { return string(env, "cpu"); });
}
napi_value get_disposed(napi_env env, napi_callback_info info) {
  return getter(env, info, [&](Tensor& tensor) {
    napi_value value;
    check(env, napi_get_boolean(env, tensor.disposed(), &value));
    return value;
  });
}

napi_value dispose_tensor(napi_env env, napi_callback_info info) {
  return getter(env, info, [&](Tensor& tensor) {
    tensor.dispose();
    return undefined(env);
  });
}

void check_device(napi_env env, napi_value value, const Where& where) {
  if (type_of(env, value) != napi_string) {
    fail(ErrorCode::arg_type, where.text() + " must be a string, got " + describe(env, value));
  }
  const Text<32> name(env, value);
  if (std::strcmp(name.chars, "cpu") == 0) return;
  fail(ErrorCode::unsupported, where.text() + " '" + name.chars + "' is not available; this build has the CPU only");
}

napi_value allocate(napi_env env, napi_callback_info info, const char* operation, bool zeroed) {
  return guarded(env, [&] {
    Arguments<2> arguments(env, info);
    TensorView view;
    read_shape(env, arguments[0], {operation, "shape"}, &view);
    if (!is_undefined(env, arguments[1])) {
      static constexpr const char* names[] = {"dtype", "device"};
      const auto name = [](int index) { return names[index]; };
      check_object(env, arguments[1], Where{operation, "options"}.text());
      read_options(env, arguments[1], {operation, nullptr, 2, name}, [&](int index, napi_value value) {
        const Where where{operation, names[index]};
        if (index == 1) return check_device(env, value, where);
        view.dtype = read_dtype(env, value, where);
      });
    }
    Environment& environment = Environment::of(env);
    return Tensor::create(environment, allocate_tensor(environment, view, zeroed, {operation, "the tensor"}));
  });
}
napi_value empty(napi_env env, napi_callback_info info) { return allocate(env, info, "Tensor.empty", false); }
napi_value zeros(napi_env env, napi_callback_info info) { return allocate(env, info, "Tensor.zeros", true); }

napi_value from(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<3> arguments(env, info);
    Environment& environment = Environment::of(env);
    const Where where{"Tensor.from", "data"};
    napi_value data = arguments[0];
    const bool has_shape = !is_undefined(env, arguments[1]);
    const bool has_dtype = !is_undefined(env, arguments[2]);
    if (type_of(env, data) == napi_object && !is_typed_array(env, data)) {
      napi_value unwrapped = unwrap_float16_polyfill(env, data);
      if (unwrapped == nullptr) {
        if (has_shape || has_dtype) {
          fail(ErrorCode::arg_type,
               "Tensor.from: data must be a typed array where a shape or dtype is given, got " + describe(env, data));
        }
        return Tensor::create(environment, read_tensor(environment, data, where));
      }
      TensorView shape;
      if (has_shape) read_shape(env, arguments[1], {"Tensor.from", "shape"}, &shape);
      const DType dtype = has_dtype ? read_dtype(env, arguments[2], {"Tensor.from", "dtype"}) : DType::f16;
      return Tensor::create(environment, wrap_typed_array(environment, unwrapped, has_shape ? &shape : nullptr,
                                                          static_cast<int>(dtype), where));
    }
    if (type_of(env, data) != napi_object) {
      fail(ErrorCode::arg_type, "Tensor.from: data must be a typed array or a tensor, got " + describe(env, data));
    }
    TensorView shape;
    if (has_shape) read_shape(env, arguments[1], {"Tensor.from", "shape"}, &shape);
    const int dtype = has_dtype ? static_cast<int>(read_dtype(env, arguments[2], {"Tensor.from", "dtype"})) : -1;
    return Tensor::create(environment, wrap_typed_array(environment, data, has_shape ? &shape : nullptr, dtype, where));
  });
}

}  // namespace

void Tensor::define(Environment& environment, napi_value exports) {
  define_class(environment, exports, kName, &kKind, construct_only_natively<Tensor>,
               {
                   static_method("from", from),
                   static_method("empty", empty),
                   static_method("zeros", zeros),
                   accessor("dtype", get_dtype),
                   accessor("shape", get_shape),
                   accessor("strides", get_strides),
                   accessor("size", get_size),
                   accessor("device", get_device),
                   accessor("disposed", get_disposed),
                   accessor("data", tensor_data),
                   method("view", tensor_view),
                   method("permute", tensor_permute),
                   method("slice", tensor_slice),
                   method("contiguous", tensor_contiguous),
                   method("cast", tensor_cast),
                   method("castSync", tensor_cast_sync),
                   method("dispose", dispose_tensor),
               });
}

}  // namespace attn::js
