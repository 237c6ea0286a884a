// The class Tensor: a strided view over a storage, as an object of JavaScript.
#pragma once

#include <cstdint>
#include <string>

#include "attn/attn.h"
#include "attn/tensor_view.h"
#include "napi/environment.h"
#include "napi/storage.h"
#include "napi/wrapped.h"

namespace attn::js {

// A tensor without its JavaScript object. `view.data` is set by resolve.
struct TensorParts {
  StorageHold storage;
  TensorView view;
  int64_t byte_offset = 0;

  // Where the elements are now. To be called after everything that can run JavaScript, which may detach buffers.
  void resolve(const Where& where);
};

class Tensor final : public Wrapped {
 public:
  static constexpr char kKind = 0;
  static constexpr const char* kName = "Tensor";
  static constexpr const char* kMade = "Tensor.from, Tensor.empty or Tensor.zeros";

  static void define(Environment& environment, napi_value exports);
  static napi_value create(Environment& environment, TensorParts parts);

  ~Tensor() override { let_go(false); }
  const void* kind() const override { return &kKind; }
  void dispose() { let_go(true); }
  // As if it was collected: arrays over its memory that the program still has stay.
  void drop() { let_go(false); }

  bool disposed() const { return !parts_.storage; }
  const TensorParts& parts() const { return parts_; }
  // A further use of the same memory; fails when disposed.
  TensorParts share(const Where& where) const;

 private:
  Tensor(Environment& environment, TensorParts parts);
  void let_go(bool disposed);

  TensorParts parts_;
};

// Native memory of the view's shape and dtype, row-major unless the strides are already set.
TensorParts allocate_tensor(Environment& environment, TensorView view, bool zeroed, const Where& where);

// Reading what callers give; tensor_like.cc.
void read_shape(napi_env env, napi_value value, const Where& where, TensorView* view);
DType read_dtype(napi_env env, napi_value value, const Where& where);
napi_value shape_array(napi_env env, const int64_t* extents, int rank);
// A Tensor, a typed array (one axis), or any object with data, dims or shape, and type or dtype.
TensorParts read_tensor(Environment& environment, napi_value value, const Where& where);
// A typed array with a shape (null: one axis) and a dtype (−1: the one that its type stands for).
TensorParts wrap_typed_array(Environment& environment, napi_value array, const TensorView* shape, int dtype,
                             const Where& where);

// A packed copy of the elements that the view reaches, for work that must not depend on memory of JavaScript. Axes
// with stride 0 keep it. The view is moved onto the copy.
Memory copy_packed(TensorView& view, const Where& where);
// The same as a tensor.
TensorParts copied(Environment& environment, const TensorView& view, const Where& where);

// Functions for the library; tensor_copy.cc. Both take what is accepted as a tensor and, for messages, the names of a
// function and of its argument. This one copies it to native memory.
Napi::Value copy_tensor(const Napi::CallbackInfo& call);
// A tensor that stays when the caller's goes; for asynchronous work, which the last argument says, none in JavaScript's
// memory.
Napi::Value own_tensor(const Napi::CallbackInfo& call);
// Writes the elements of a tensor of the same shape and dtype, or zeros where there is none, over those of the first, which
// is contiguous then.
void write_tensor(const Napi::CallbackInfo& call);
// Lets go of a tensor that one of these gave.
void drop_tensor(const Napi::CallbackInfo& call);
// Whether a value is a tensor in an ArrayBuffer of JavaScript, which may be transferred while a call writes to it.
Napi::Value may_vanish(const Napi::CallbackInfo& call);

// Methods, by file: tensor_views.cc and tensor_cast.cc.
napi_value tensor_view(napi_env env, napi_callback_info info);
napi_value tensor_permute(napi_env env, napi_callback_info info);
napi_value tensor_slice(napi_env env, napi_callback_info info);
napi_value tensor_contiguous(napi_env env, napi_callback_info info);
napi_value tensor_data(napi_env env, napi_callback_info info);
napi_value tensor_cast(napi_env env, napi_callback_info info);
napi_value tensor_cast_sync(napi_env env, napi_callback_info info);

}  // namespace attn::js
