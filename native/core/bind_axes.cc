// Shapes: which form a tensor has, what that says of the axes, and the view that kernels see.
#include <algorithm>

#include "core/validate.h"

namespace attn {
namespace {

constexpr int64_t kMaxExtent = INT32_MAX;  // positions and lengths are i32 all through

// A form as this call sees it: without the batch axis where the call is packed.
struct Form {
  AxisRef axes[kMaxRank];
  int rank = 0;
};

bool is_batch(const AxisRef& ref) { return ref.axis == kBatchAxis && ref.plus == 0; }

Form seen_form(const Binding& binding, const TensorSpec& spec, const AxisForm& form) {
  Form seen;
  for (int i = 0; i < form.rank; ++i) {
    if (binding.packed && spec.packed && is_batch(form.axes[i])) continue;
    seen.axes[seen.rank++] = form.axes[i];
  }
  return seen;
}

std::string axis_text(const Binding& binding, const AxisRef& ref) {
  if (ref.axis < 0) return std::to_string(ref.plus);
  std::string text = binding.op.axes[ref.axis].name;
  if (ref.plus != 0) text += (ref.plus > 0 ? "+" : "") + std::to_string(ref.plus);
  return text;
}

std::string form_text(const Binding& binding, const Form& form) {
  std::string text = "[";
  for (int i = 0; i < form.rank; ++i) text += (i > 0 ? ", " : "") + axis_text(binding, form.axes[i]);
  return text + "]";
}

// The extent a known axis has; −1 while it is unknown.
int64_t extent(const Binding& binding, const AxisRef& ref) {
  if (ref.axis < 0) return ref.plus;
  return binding.known(ref.axis) ? binding.axis(ref.axis) + ref.plus : -1;
}

int first_misfit(const Binding& binding, const TensorSpec& spec, const Form& form, const TensorView& view) {
  const int missing = form.rank - view.rank;
  for (int i = 0; i < view.rank; ++i) {
    const AxisRef& ref = form.axes[i + missing];
    const int64_t wanted = extent(binding, ref);
    if (wanted < 0 ? view.shape[i] < ref.plus : view.shape[i] != wanted && !(spec.broadcast && view.shape[i] == 1)) {
      return i;
    }
  }
  return -1;
}

Status rank_error(const Binding& binding, const TensorName& name, const TensorSpec& spec, const TensorView& view) {
  std::string wanted;
  const AxisForm* forms = spec.form_count > 0 ? spec.forms : &spec.full;
  for (int i = 0; i < std::max<int>(spec.form_count, 1); ++i) {
    wanted += (i > 0 ? " or " : "") + form_text(binding, seen_form(binding, spec, forms[i]));
  }
  if (spec.broadcast) wanted = "a shape that broadcasts to " + wanted;
  // The first tensor says whether the others have a batch axis.
  if (binding.op.unbatched_offset != 0 && !binding.packed && !binding.known(kBatchAxis)) {
    Form unbatched = seen_form(binding, spec, spec.full);
    std::copy(unbatched.axes + 1, unbatched.axes + unbatched.rank, unbatched.axes);
    --unbatched.rank;
    wanted += " or " + form_text(binding, unbatched);
  }
  const std::string packed = binding.packed && spec.packed ? " in a packed call" : "";
  return binding.fail(ErrorCode::shape,
                      name.text() + " has shape " + shape_text(view) + ", expected " + wanted + packed);
}

std::string bound_text(const Binding& binding, int axis) {
  const AxisDesc& desc = binding.op.axes[axis];
  if (desc.max_count == 0) return binding.bound_by[axis].text();
  std::string text = "the larger of ";
  for (int i = 0; i < desc.max_count; ++i) {
    text += (i > 0 ? " and " : "") + std::string(binding.op.axes[desc.max_of[i]].name);
  }
  return text;
}

Status misfit_error(const Binding& binding, const TensorName& name, const TensorSpec& spec, const Form& form,
                    const TensorView& view, int at) {
  const std::string path = name.text();
  const AxisRef& ref = form.axes[at + form.rank - view.rank];
  const std::string where = path + " axis " + std::to_string(at) +
                            (ref.axis >= 0 ? std::string(" (") + binding.op.axes[ref.axis].doc + ")" : "");
  const int64_t wanted = extent(binding, ref);
  std::string text = where + " is " + std::to_string(view.shape[at]) + ", expected ";
  if (wanted < 0) {
    text += "at least " + std::to_string(ref.plus);
  } else {
    text += (spec.broadcast ? "1 or " : "") + std::to_string(wanted);
    if (ref.axis >= 0) text += " (" + axis_text(binding, ref) + ", from " + bound_text(binding, ref.axis) + ")";
  }
  return binding.fail(ErrorCode::shape,
                      text + "; " + path + " has shape " + shape_text(view) + ", expected " + form_text(binding, form));
}

void bind(Binding& binding, const TensorName& name, const TensorSpec& spec, const Form& form, const TensorView& view) {
  const int missing = form.rank - view.rank;
  for (int i = 0; i < view.rank; ++i) {
    const AxisRef& ref = form.axes[i + missing];
    if (ref.axis < 0 || binding.known(ref.axis)) continue;
    if (spec.broadcast && view.shape[i] == 1) continue;  // says nothing of the extent
    binding.axis(ref.axis) = view.shape[i] - ref.plus;
    binding.bound_by[ref.axis] = name;
  }
}

bool same(const AxisRef& a, const AxisRef& b) { return a.axis == b.axis && a.plus == b.plus; }

// The view over the spec's full axes: those that the form lacks, and those of extent 1, are broadcast by stride 0. An axis
// that no tensor has given an extent yet has 1 there.
TensorView expanded(const Binding& binding, const TensorSpec& spec, const Form& form, const TensorView& view) {
  TensorView out = view;
  out.rank = spec.full.rank;
  int next = form.rank - view.rank;  // forms that broadcast may be longer than the tensor's shape
  int from = 0;
  int seen = 0;  // full axes passed that the form could have had
  for (int i = 0; i < spec.full.rank; ++i) {
    const AxisRef& ref = spec.full.axes[i];
    const bool dropped = binding.packed && spec.packed && is_batch(ref);
    const int64_t wanted = extent(binding, ref);
    out.shape[i] = dropped || wanted < 0 ? 1 : wanted;
    out.strides[i] = 0;
    if (dropped) continue;
    const int position = seen++;
    if (position < next && spec.broadcast) continue;
    const int at = spec.broadcast ? position : next;
    if (at >= form.rank) continue;
    const bool unit = form.axes[at].axis < 0 && form.axes[at].plus == 1 && form.rank - at == spec.full.rank - i;
    if (!same(form.axes[at], ref) && !unit) continue;
    if (!spec.broadcast) ++next;
    if (view.shape[from] == wanted) out.strides[i] = view.strides[from];
    ++from;
  }
  return out;
}

Status check_dtype(const Binding& binding, const TensorName& name, const TensorSpec& spec, const TensorView& view) {
  const DType first = first_input(binding.op, binding.call).dtype;
  uint32_t accepted = spec.dtypes;
  if (spec.same_dtype) accepted |= 1u << static_cast<int>(first);
  if ((accepted >> static_cast<int>(view.dtype) & 1u) != 0) return {};
  std::string wanted;
  for (int i = 0; i < kDTypeCount; ++i) {
    if ((accepted >> i & 1u) == 0) continue;
    wanted += (wanted.empty() ? "" : " or ") + std::string(dtype_name(static_cast<DType>(i)));
  }
  if (spec.same_dtype) wanted += std::string(" (") + binding.op.inputs[0].name + " is " + dtype_name(first) + ")";
  return binding.fail(ErrorCode::dtype, name.text() + " has dtype " + dtype_name(view.dtype) + ", expected " + wanted);
}

}  // namespace

Status bind_tensor(Binding& binding, const TensorName& name, const TensorSpec& spec, TensorView& view) {
  if (Status status = check_dtype(binding, name, spec, view); !status.is_ok()) return status;
  for (int i = 0; i < view.rank; ++i) {
    if (view.shape[i] <= kMaxExtent) continue;
    return binding.fail(ErrorCode::shape, name.text() + " axis " + std::to_string(i) + " is " +
                                              std::to_string(view.shape[i]) + ", expected at most " +
                                              std::to_string(kMaxExtent));
  }
  const AxisForm* forms = spec.form_count > 0 ? spec.forms : &spec.full;
  Form chosen, close;
  int misfit = -1;
  for (int i = 0; i < std::max<int>(spec.form_count, 1); ++i) {
    const Form form = seen_form(binding, spec, forms[i]);
    if (spec.broadcast ? view.rank > form.rank : view.rank != form.rank) continue;
    misfit = first_misfit(binding, spec, form, view);
    if (misfit < 0) {
      chosen = form;
      break;
    }
    if (close.rank == 0) close = form;
  }
  if (chosen.rank == 0) {
    if (close.rank == 0) return rank_error(binding, name, spec, view);
    misfit = first_misfit(binding, spec, close, view);
    return misfit_error(binding, name, spec, close, view, misfit);
  }
  if (!spec.strided && view.rank > 0 && view.shape[view.rank - 1] > 1 && view.strides[view.rank - 1] != 1) {
    return binding.fail(ErrorCode::shape, name.text() + ": the last axis has stride " +
                                              std::to_string(view.strides[view.rank - 1]) +
                                              ", expected 1 (contiguous)");
  }
  bind(binding, name, spec, chosen, view);
  view = expanded(binding, spec, chosen, view);
  return {};
}

Status bind_derived_axes(Binding& binding) {
  for (int i = 0; i < binding.op.axis_count; ++i) {
    const AxisDesc& axis = binding.op.axes[i];
    if (axis.max_count == 0) continue;
    int64_t largest = 0;
    for (int j = 0; j < axis.max_count; ++j) largest = std::max(largest, binding.axis(axis.max_of[j]));
    binding.axis(i) = largest;
    binding.bound_by[i] = {axis.name};
  }
  return {};
}

}  // namespace attn
