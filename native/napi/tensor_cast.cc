// Tensor.cast: conversion between dtypes, on the pool or at once.
#include "attn/convert.h"
#include "napi/jobs.h"
#include "napi/tensor.h"

namespace attn::js {
namespace {

class CastJob final : public Job {
 public:
  CastJob(Environment& environment, TensorParts from, TensorView target)
      : environment_(environment),
        from_(std::move(from)),
        view_(from_.view),
        to_(allocate_tensor(environment, target, false, {"Tensor.cast", "the result"})) {
    if (from_.storage->kind() == Storage::Kind::plain) copy_ = copy_packed(view_, {"Tensor.cast", "the tensor"});
  }
  ~CastJob() override { CastJob::release(); }

  Status run(ThreadPool&, const std::atomic<bool>&) override {
    convert_elements(view_, to_.view);
    return {};
  }
  napi_value result() override { return Tensor::create(environment_, std::move(to_)); }
  void release() override {
    from_.storage = StorageHold();
    to_.storage = StorageHold();
  }

 private:
  Environment& environment_;
  TensorParts from_;
  TensorView view_;
  Memory copy_;
  TensorParts to_;
};

// The target's layout, packed; data is null.
TensorView layout(const TensorView& from, DType dtype) {
  TensorView view = from;
  view.data = nullptr;
  view.dtype = dtype;
  set_contiguous(view);
  return view;
}

struct CastArguments {
  TensorParts from;
  DType dtype;
};
CastArguments read(napi_env env, napi_callback_info info, const char* operation) {
  Arguments<1> arguments(env, info);
  CastArguments result{receiver<Tensor>(env, arguments.receiver).share({operation, "the tensor"}),
                       read_dtype(env, arguments[0], {operation, "dtype"})};
  result.from.resolve({operation, "the tensor"});
  return result;
}

}  // namespace

napi_value tensor_cast_sync(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Environment& environment = Environment::of(env);
    CastArguments cast = read(env, info, "Tensor.castSync");
    if (cast.dtype == cast.from.view.dtype) return Tensor::create(environment, std::move(cast.from));
    const TensorView target = layout(cast.from.view, cast.dtype);
    TensorParts to = allocate_tensor(environment, target, false, {"Tensor.castSync", "the result"});
    convert_elements(cast.from.view, to.view);
    return Tensor::create(environment, std::move(to));
  });
}

napi_value tensor_cast(napi_env env, napi_callback_info info) {
  return promised(env, [&](Environment& environment) -> napi_value {
    CastArguments cast = read(env, info, "Tensor.cast");
    if (cast.dtype == cast.from.view.dtype) {
      return resolved(env, Tensor::create(environment, std::move(cast.from)));
    }
    const TensorView target = layout(cast.from.view, cast.dtype);
    return environment.start(std::make_unique<CastJob>(environment, std::move(cast.from), target), nullptr);
  });
}

}  // namespace attn::js
