// Copies between views of the same shape: as they are, or converted to another dtype.
#pragma once

#include "attn/tensor_view.h"

namespace attn {

// Row-major strides for the view's shape.
void set_contiguous(TensorView& view);
bool is_contiguous(const TensorView& view);

// Same shape and dtype; any strides in `from`, no two places of `to` the same.
void copy_elements(const TensorView& from, const TensorView& to);

// Same shape, any two dtypes. Rounds to nearest even; i8 and i32 saturate and take NaN as 0; f8e4m3 saturates; bool is
// x ≠ 0. Through f32, exact for every source but i32 beyond 2^24.
void convert_elements(const TensorView& from, const TensorView& to);

}  // namespace attn
