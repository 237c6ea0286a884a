// TensorView: memory somebody else owns, as the kernels see it. Strides count elements, not bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "generated/dtypes.h"

namespace attn {

inline constexpr int kMaxRank = 6;

struct TensorView {
  void* data = nullptr;
  DType dtype = DType::f32;
  bool present = false;  // absent optional tensors stay false; a present one may hold zero elements
  int8_t rank = 0;
  int64_t shape[kMaxRank] = {};
  int64_t strides[kMaxRank] = {};  // elements; 0 on a broadcast axis

  explicit operator bool() const { return present; }

  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }

  int64_t elements() const {
    int64_t n = 1;
    for (int axis = 0; axis < rank; ++axis) n *= shape[axis];
    return n;
  }
};

}  // namespace attn
