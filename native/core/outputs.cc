// Outputs: which ones a call has, their layout, those that the caller gives, and memory shared between tensors.
#include <algorithm>
#include <cstdlib>

#include "core/validate.h"

namespace attn {
namespace {

bool drops_batch(const TensorSpec& spec, const AxisRef& ref, bool packed) {
  return packed && spec.packed && ref.axis == kBatchAxis && ref.plus == 0;
}

int64_t axis_extent(const OpDesc& op, const void* call, const AxisRef& ref) {
  if (ref.axis < 0) return ref.plus;
  const auto* axes = reinterpret_cast<const int64_t*>(static_cast<const char*>(call) + op.axes_offset);
  return axes[ref.axis] + ref.plus;
}

DType output_dtype(const OpDesc& op, const void* call, const OutputDesc& output) {
  const auto* bytes = static_cast<const char*>(call);
  if (output.dtype >= 0) return static_cast<DType>(output.dtype);
  const int32_t chosen =
      output.dtype == -2 ? *reinterpret_cast<const int32_t*>(bytes + output.dtype_option_offset) : -1;
  return chosen >= 0 ? static_cast<DType>(chosen) : first_input(op, call).dtype;
}

// Whether two index tuples can reach the same element. Sorted by stride, each axis has to step over all faster ones.
bool overlaps_itself(const TensorView& view) {
  int order[kMaxRank];
  int count = 0;
  for (int axis = 0; axis < view.rank; ++axis) {
    if (view.shape[axis] == 0) return false;
    if (view.shape[axis] == 1) continue;
    int at = count++;
    for (; at > 0 && std::abs(view.strides[order[at - 1]]) > std::abs(view.strides[axis]); --at)
      order[at] = order[at - 1];
    order[at] = axis;
  }
  int64_t reach = 0;
  for (int i = 0; i < count; ++i) {
    const int64_t stride = std::abs(view.strides[order[i]]);
    if (stride <= reach) return true;
    reach += stride * (view.shape[order[i]] - 1);
  }
  return false;
}

bool share_memory(const TensorView& a, const TensorView& b) {
  const ByteRange ra = byte_range(a);
  const ByteRange rb = byte_range(b);
  if (ra.first == ra.last || rb.first == rb.last) return false;
  const auto* pa = static_cast<const char*>(a.data);
  const auto* pb = static_cast<const char*>(b.data);
  return pa + ra.first < pb + rb.last && pb + rb.first < pa + ra.last;
}

Status check_layout(const Binding& binding, const OutputDesc& output, const TensorView& given) {
  const std::string name = output.option != nullptr ? output.option : output.name;
  const TensorView wanted = output_layout(binding.op, binding.call, static_cast<int>(&output - binding.op.outputs));
  if (given.dtype != wanted.dtype) {
    return binding.fail(ErrorCode::dtype,
                        name + " has dtype " + dtype_name(given.dtype) + ", expected " + dtype_name(wanted.dtype));
  }
  if (given.rank != wanted.rank || !std::equal(given.shape, given.shape + given.rank, wanted.shape)) {
    return binding.fail(ErrorCode::shape,
                        name + " has shape " + shape_text(given) + ", expected " + shape_text(wanted));
  }
  const int last = given.rank - 1;
  if (last >= 0 && given.shape[last] > 1 && given.strides[last] != 1) {
    return binding.fail(ErrorCode::shape, name + ": the last axis has stride " + std::to_string(given.strides[last]) +
                                              ", expected 1 (contiguous)");
  }
  if (overlaps_itself(given)) {
    return binding.fail(ErrorCode::overlap, name + ": two of its elements share memory, expected one place for each");
  }
  return {};
}

}  // namespace

std::string shape_text(const TensorView& view) {
  std::string text = "[";
  for (int i = 0; i < view.rank; ++i) text += (i > 0 ? ", " : "") + std::to_string(view.shape[i]);
  return text + "]";
}

const TensorView& first_input(const OpDesc& op, const void* call) {
  const char* first = static_cast<const char*>(call) + op.inputs[0].offset;
  if (op.inputs[0].kind == FieldKind::tensor_list) return reinterpret_cast<const TensorList*>(first)->views[0];
  return *reinterpret_cast<const TensorView*>(first);
}

bool is_packed(const OpDesc& op, const void* call) {
  const auto* bytes = static_cast<const char*>(call);
  if (op.unbatched_offset != 0) return *reinterpret_cast<const bool*>(bytes + op.unbatched_offset);
  if (op.packing == nullptr) return false;
  if (op.packing->kind == FieldKind::group) return *reinterpret_cast<const bool*>(bytes + op.packing->present_offset);
  return reinterpret_cast<const TensorView*>(bytes + op.packing->offset)->present;
}

bool wants_output(const OpDesc& op, const void* call, int output) {
  const OutputDesc& desc = op.outputs[output];
  const auto* bytes = static_cast<const char*>(call);
  for (int i = 0; i < desc.when_count; ++i) {
    const char* flag = bytes + desc.when[i];
    if (desc.when_is_enum[i] ? *reinterpret_cast<const int32_t*>(flag) < 0 : !*reinterpret_cast<const bool*>(flag)) {
      return false;
    }
  }
  return true;
}

TensorView output_layout(const OpDesc& op, const void* call, int output) {
  const OutputDesc& desc = op.outputs[output];
  const bool packed = is_packed(op, call);
  TensorView view;
  view.present = true;
  view.dtype = output_dtype(op, call, desc);
  int place[kMaxRank];  // of each full axis in the view; −1 for the batch axis of a packed call
  for (int i = 0; i < desc.tensor->full.rank; ++i) {
    const AxisRef& ref = desc.tensor->full.axes[i];
    place[i] = drops_batch(*desc.tensor, ref, packed) ? -1 : view.rank;
    if (place[i] < 0) continue;
    view.shape[view.rank++] = axis_extent(op, call, ref);
  }
  int64_t stride = 1;
  for (int i = desc.order.rank - 1; i >= 0; --i) {
    const AxisRef& ref = desc.order.axes[i];
    for (int axis = 0; axis < desc.tensor->full.rank; ++axis) {
      const AxisRef& full = desc.tensor->full.axes[axis];
      if (place[axis] < 0 || full.axis != ref.axis || full.plus != ref.plus) continue;
      view.strides[place[axis]] = stride;
      stride *= std::max<int64_t>(view.shape[place[axis]], 1);
      break;
    }
  }
  return view;
}

void expand_packed_outputs(const OpDesc& op, void* call) {
  if (!is_packed(op, call)) return;
  for (int i = 0; i < op.output_count; ++i) {
    auto& view = *reinterpret_cast<TensorView*>(static_cast<char*>(call) + op.outputs[i].offset);
    const AxisForm& full = op.outputs[i].tensor->full;
    if (!view.present || view.rank == full.rank) continue;
    TensorView out = view;
    out.rank = full.rank;
    for (int axis = 0, from = 0; axis < full.rank; ++axis) {
      const bool dropped = drops_batch(*op.outputs[i].tensor, full.axes[axis], true);
      out.shape[axis] = dropped ? 1 : view.shape[from];
      out.strides[axis] = dropped ? 0 : view.strides[from];
      if (!dropped) ++from;
    }
    view = out;
  }
}

ByteRange byte_range(const TensorView& view) {
  int64_t first = 0;
  int64_t last = 0;
  for (int axis = 0; axis < view.rank; ++axis) {
    if (view.shape[axis] == 0) return {0, 0};
    const int64_t reach = (view.shape[axis] - 1) * view.strides[axis];
    (reach < 0 ? first : last) += reach;
  }
  const int64_t bytes = dtype_bytes(view.dtype);
  return {first * bytes, (last + 1) * bytes};
}

Status check_given_outputs(const Binding& binding) {
  const OpDesc& op = binding.op;
  for (int i = 0; i < op.output_count; ++i) {
    const auto& given = binding.at<TensorView>(op.outputs[i].offset);
    if (!wants_output(op, binding.call, i)) continue;
    const TensorView wanted = output_layout(op, binding.call, i);
    int64_t bytes = dtype_bytes(wanted.dtype);
    for (int axis = 0; axis < wanted.rank; ++axis) {
      if (!__builtin_mul_overflow(bytes, std::max<int64_t>(wanted.shape[axis], 1), &bytes)) continue;
      return binding.fail(ErrorCode::shape, std::string(op.outputs[i].name) + " of shape " + shape_text(wanted) +
                                                " would not fit into any memory");
    }
    if (!given.present) continue;
    if (Status status = check_layout(binding, op.outputs[i], given); !status.is_ok()) return status;
    const std::string name = op.outputs[i].option != nullptr ? op.outputs[i].option : op.outputs[i].name;
    Status status = for_each_tensor(binding, [&](const FieldDesc& field, const TensorName&, const TensorView& view) {
      if (!share_memory(given, view)) return Status();
      return binding.fail(ErrorCode::overlap, name + " shares memory with " + field.path);
    });
    if (!status.is_ok()) return status;
    for (int j = 0; j < i; ++j) {
      const auto& other = binding.at<TensorView>(op.outputs[j].offset);
      if (!other.present || !share_memory(given, other)) continue;
      return binding.fail(ErrorCode::overlap, name + " shares memory with the output " + op.outputs[j].name);
    }
  }
  return {};
}

}  // namespace attn
