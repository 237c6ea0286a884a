// The values of i32 tensors: lengths, starts, offsets and indices that kernels follow without checking again.
#include <algorithm>

#include "core/validate.h"

namespace attn {
namespace {

// Calls visit(value, index) for each element in order of the axes; stops at the first failure.
template <typename Visit>
Status for_each_element(const TensorView& view, Visit visit) {
  int64_t index[kMaxRank] = {};
  const int64_t count = view.elements();
  const auto* data = view.as<const int32_t>();
  for (int64_t n = 0; n < count; ++n) {
    int64_t offset = 0;
    for (int axis = 0; axis < view.rank; ++axis) offset += index[axis] * view.strides[axis];
    if (Status status = visit(data[offset], index); !status.is_ok()) return status;
    for (int axis = view.rank - 1; axis >= 0 && ++index[axis] == view.shape[axis]; --axis) index[axis] = 0;
  }
  return {};
}

struct Limits {
  int64_t min;
  int64_t max;
  int axis = -1;  // that the largest value follows from
};

Limits limits(const Binding& binding, const TensorSpec& spec) {
  const int axis = spec.max_axis.axis;
  if (axis < 0) return {spec.min_value, spec.max_value};
  if (!binding.known(axis)) return {INT32_MIN, INT32_MAX};  // nothing is there to be indexed
  return {spec.min_value, binding.axis(axis) + spec.max_axis.plus, axis};
}

std::string largest_text(const Binding& binding, const Limits& range) {
  const std::string text = std::to_string(range.max);
  if (range.axis < 0) return text;
  return text + " (" + binding.op.axes[range.axis].doc + ": " + std::to_string(binding.axis(range.axis)) + ")";
}

// The usual case, without a branch per element: whatever lies between the first and the last element in memory is in
// range. False means nothing where there is more between them than the view has elements.
bool all_within(const TensorView& view, const Limits& range) {
  const ByteRange bytes = byte_range(view);
  const int64_t item = dtype_bytes(view.dtype);
  const int64_t count = (bytes.last - bytes.first) / item;
  if (count > view.elements()) return false;
  const int32_t* first = view.as<const int32_t>() + bytes.first / item;
  int32_t least = INT32_MAX;
  int32_t largest = INT32_MIN;
  for (int64_t i = 0; i < count; ++i) {
    least = std::min(least, first[i]);
    largest = std::max(largest, first[i]);
  }
  return count == 0 || (least >= range.min && largest <= range.max);
}

Status check_range(const Binding& binding, const std::string& what, int64_t value, const Limits& range) {
  if (value >= range.min && value <= range.max) return {};
  const std::string expected =
      value < range.min ? "at least " + std::to_string(range.min) : "at most " + largest_text(binding, range);
  return binding.fail(ErrorCode::value, what + " is " + std::to_string(value) + ", expected " + expected);
}

Status check_offsets(const Binding& binding, const TensorName& name, const TensorSpec& spec, const TensorView& view) {
  const Limits range = limits(binding, spec);
  int64_t last = 0;
  Status status = for_each_element(view, [&](int64_t value, const int64_t* index) -> Status {
    const bool first = index[0] == 0;
    if (first ? value == 0 : value >= last) {
      last = value;
      return {};
    }
    const std::string expected = first ? "0" : "at least " + std::to_string(last) + ", the value before it";
    return binding.fail(ErrorCode::value,
                        element_text(name, view, index) + " is " + std::to_string(value) + ", expected " + expected);
  });
  if (!status.is_ok() || last == range.max) return status;
  return binding.fail(ErrorCode::value, name.text() + " ends with " + std::to_string(last) + ", expected " +
                                            largest_text(binding, range));
}

}  // namespace

std::string element_text(const TensorName& name, const TensorView& view, const int64_t* index) {
  std::string text = name.text() + "[";
  for (int axis = 0; axis < view.rank; ++axis) text += (axis > 0 ? ", " : "") + std::to_string(index[axis]);
  return text + "]";
}

Status check_elements(const Binding& binding, const TensorName& name, const TensorSpec& spec, const TensorView& view) {
  if (view.dtype != DType::i32) return {};
  if (spec.offsets) return check_offsets(binding, name, spec, view);
  const Limits range = limits(binding, spec);
  if (all_within(view, range)) return {};
  return for_each_element(view, [&](int64_t value, const int64_t* index) {
    if (value >= range.min && value <= range.max) return Status();
    return check_range(binding, element_text(name, view, index), value, range);
  });
}

Status check_scalar(const Binding& binding, const FieldDesc& field, int64_t value) {
  if (field.tensor->max_axis.axis < 0) return {};
  return check_range(binding, field.path, value, limits(binding, *field.tensor));
}

}  // namespace attn
