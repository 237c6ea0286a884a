// Plain types of option fields. No constructors with effects: napi fills them through byte offsets from the op tables.
#pragma once

#include <cstdint>

#include "attn/tensor_view.h"

namespace attn {

struct OptionalNumber {
  bool present = false;
  double value = 0;
  double value_or(double fallback) const { return present ? value : fallback; }
};

struct OptionalInteger {
  bool present = false;
  int64_t value = 0;
  int64_t value_or(int64_t fallback) const { return present ? value : fallback; }
};

// Several tensors of one spec. The views belong to the caller of validate and are rewritten by it like any other.
struct TensorList {
  bool present = false;
  TensorView* views = nullptr;
  int64_t count = 0;
};

// An integer for the whole call, or an i32 tensor with one per sequence.
struct IntegerOrTensor {
  OptionalInteger scalar;
  TensorView tensor;
  bool present() const { return scalar.present || tensor.present; }
  int64_t at(int64_t sequence, int64_t fallback) const {
    if (tensor.present) return tensor.as<const int32_t>()[sequence * tensor.strides[0]];
    return scalar.value_or(fallback);
  }
};

}  // namespace attn
