// Copies of tensors, and tensors apart from those of the caller.
#include <algorithm>
#include <cstring>

#include "attn/convert.h"
#include "napi/tensor.h"

namespace attn::js {
namespace {

bool repeats(const TensorView& view, int axis) { return view.strides[axis] == 0 && view.shape[axis] > 1; }

// Each element that is repeated by a stride of 0 once.
TensorView distinct(const TensorView& view) {
  TensorView once = view;
  for (int axis = 0; axis < view.rank; ++axis) {
    if (repeats(view, axis)) once.shape[axis] = 1;
  }
  return once;
}

TensorView packed(const TensorView& view) {
  TensorView result = view;
  result.data = nullptr;
  set_contiguous(result);
  return result;
}

// Moves the view onto a copy of its distinct elements.
void move_onto(TensorView& view, const TensorView& copy) {
  for (int axis = 0; axis < view.rank; ++axis) {
    if (!repeats(view, axis)) view.strides[axis] = copy.strides[axis];
  }
  view.data = copy.data;
}

}  // namespace

Memory copy_packed(TensorView& view, const Where& where) {
  const TensorView once = distinct(view);
  TensorView copy = packed(once);
  Memory memory = allocate_memory(copy.elements() * dtype_bytes(copy.dtype), where);
  copy.data = memory.get();
  copy_elements(once, copy);
  move_onto(view, copy);
  return memory;
}

TensorParts copied(Environment& environment, const TensorView& view, const Where& where) {
  const TensorView once = distinct(view);
  TensorParts parts = allocate_tensor(environment, packed(once), false, where);
  copy_elements(once, parts.view);
  TensorView moved = view;
  move_onto(moved, parts.view);
  parts.view = moved;
  return parts;
}

// What is accepted as a tensor, under the names of the operation and the argument, as a tensor apart from it: over the same
// memory or over a copy, as `copies` says of the kind of memory.
template <typename Copies>
Napi::Value apart(const Napi::CallbackInfo& call, Copies copies) {
  const napi_env env = call.Env();
  Environment& environment = Environment::of(env);
  const Text<64> operation(env, call[1]);
  const Text<64> argument(env, call[2]);
  const Where where{operation.chars, argument.chars};
  TensorParts parts = read_tensor(environment, call[0], where);
  parts.resolve(where);
  if (copies(parts.storage->kind())) parts = copied(environment, parts.view, where);
  return {env, Tensor::create(environment, std::move(parts))};
}

Napi::Value copy_tensor(const Napi::CallbackInfo& call) {
  return apart(call, [](Storage::Kind) { return true; });
}

Napi::Value own_tensor(const Napi::CallbackInfo& call) {
  bool asynchronous = false;
  check(call.Env(), napi_get_value_bool(call.Env(), call[3], &asynchronous));
  return apart(call, [&](Storage::Kind kind) { return asynchronous && kind == Storage::Kind::plain; });
}

void write_tensor(const Napi::CallbackInfo& call) {
  const napi_env env = call.Env();
  Environment& environment = Environment::of(env);
  const Where where{"Tensor", "what is written"};
  const bool zeros = is_undefined(env, call[1]);
  TensorParts to = read_tensor(environment, call[0], where);
  TensorParts from = read_tensor(environment, call[zeros ? 0 : 1], where);
  to.resolve(where);
  from.resolve(where);
  const TensorView& target = to.view;
  if (from.view.dtype != target.dtype || from.view.rank != target.rank ||
      !std::equal(target.shape, target.shape + target.rank, from.view.shape)) {
    fail(ErrorCode::shape, where.text() + " has shape " + shape_text(from.view) + ", expected " + shape_text(target));
  }
  if (!zeros) return copy_elements(from.view, target);
  if (!is_contiguous(target)) fail(ErrorCode::shape, where.text() + " is not contiguous");
  std::memset(target.data, 0, static_cast<size_t>(target.elements() * dtype_bytes(target.dtype)));
}

void drop_tensor(const Napi::CallbackInfo& call) {
  if (auto* tensor = unwrap<Tensor>(Environment::of(call.Env()), call[0])) tensor->drop();
}

Napi::Value may_vanish(const Napi::CallbackInfo& call) {
  const auto* tensor = unwrap<Tensor>(Environment::of(call.Env()), call[0]);
  const bool there = tensor != nullptr && !tensor->disposed();
  return Napi::Boolean::New(call.Env(), there && tensor->parts().storage->kind() == Storage::Kind::plain);
}

}  // namespace attn::js
