// validate(): one pass over an op's tables, in the order in which a reader of the error message would check.
#include "core/validate.h"

namespace attn {
namespace {

// Fields of enumerations and flags are left out: nothing but the rules asks for them.
Status list_given(Binding& binding, const FieldDesc* fields, int count) {
  for (int i = 0; i < count; ++i) {
    const FieldDesc& field = fields[i];
    if (field.kind == FieldKind::boolean || field.kind == FieldKind::enumeration || !is_given(binding, field)) continue;
    if (field.kind == FieldKind::group) {
      if (Status status = list_given(binding, field.fields, field.field_count); !status.is_ok()) return status;
      continue;
    }
    if (binding.given_count == kMaxFields) {
      return binding.fail(ErrorCode::internal, "the op has more fields than a binding holds");
    }
    binding.given[binding.given_count++] = &field;
  }
  return {};
}

Status check_missing(const Binding& binding) {
  const TensorList* first_list = nullptr;
  for (int i = 0; i < binding.op.input_count; ++i) {
    const FieldDesc& input = binding.op.inputs[i];
    const std::string path = input.path;
    if (input.kind == FieldKind::tensor) {
      if (binding.at<TensorView>(input.offset).present) continue;
      return binding.fail(ErrorCode::arg_type, path + " is missing, expected a tensor");
    }
    if (input.kind == FieldKind::cache) {
      if (binding.at<CacheView>(input.offset).present) continue;
      return binding.fail(ErrorCode::arg_type, path + " is missing, expected an array of sequences");
    }
    const auto& list = binding.at<TensorList>(input.offset);
    if (!list.present || list.count == 0) {
      return binding.fail(ErrorCode::arg_type, path + " is empty, expected at least one tensor");
    }
    if (first_list == nullptr) first_list = &list;
    if (list.count == first_list->count) continue;
    return binding.fail(ErrorCode::shape, path + " has " + std::to_string(list.count) + " tensors, expected " +
                                              std::to_string(first_list->count));
  }
  return {};
}

// Whether the first input lacks the batch axis, where it may: then all tensors do.
void note_unbatched(Binding& binding) {
  if (binding.op.unbatched_offset == 0) return;
  const FieldDesc& first = binding.op.inputs[0];
  binding.packed = first_input(binding.op, binding.call).rank == first.tensor->full.rank - 1;
  binding.at<bool>(binding.op.unbatched_offset) = binding.packed;
}

// The offsets fix the number of sequences, before tensors that lack the batch axis are looked at.
Status bind_packing(Binding& binding) {
  if (binding.op.packing == nullptr) {
    binding.axis(kBatchAxis) = 1;
    binding.bound_by[kBatchAxis] = {binding.op.inputs[0].path};
    return {};
  }
  const FieldDesc& packing = *binding.op.packing;
  const FieldDesc* fields = packing.kind == FieldKind::group ? packing.fields : &packing;
  const int count = packing.kind == FieldKind::group ? packing.field_count : 1;
  for (int i = 0; i < count; ++i) {
    auto& view = binding.at<TensorView>(fields[i].offset);
    if (Status status = bind_tensor(binding, {fields[i].path}, *fields[i].tensor, view); !status.is_ok()) return status;
  }
  return {};
}

bool is_input(const Binding& binding, const FieldDesc& field) {
  return &field >= binding.op.inputs && &field < binding.op.inputs + binding.op.input_count;
}

bool is_packing(const Binding& binding, const FieldDesc& field) {
  const FieldDesc* packing = binding.op.packing;
  if (packing == nullptr) return false;
  if (packing->kind != FieldKind::group) return &field == packing;
  return &field >= packing->fields && &field < packing->fields + packing->field_count;
}

// The sizes of a cache bind axes as a tensor's do.
Status bind_cache(Binding& binding, const FieldDesc& input) {
  const auto& cache = binding.at<CacheView>(input.offset);
  const int64_t sizes[] = {cache.count, cache.kv_heads, cache.key_dim, cache.value_dim};
  const AxisForm& form = input.tensor->full;
  for (int i = 0; i < form.rank; ++i) {
    const int axis = form.axes[i].axis;
    if (!binding.known(axis)) {
      binding.axis(axis) = sizes[i];
      binding.bound_by[axis] = {input.path};
    }
    if (binding.axis(axis) == sizes[i]) continue;
    return binding.fail(ErrorCode::shape, std::string(input.path) + ": " + binding.op.axes[axis].doc + " (" +
                                              binding.op.axes[axis].name + ") " + std::to_string(sizes[i]) +
                                              ", expected " + std::to_string(binding.axis(axis)) + ", from " +
                                              binding.bound_by[axis].text());
  }
  return {};
}

Status bind_input(Binding& binding, const FieldDesc& input) {
  if (input.kind == FieldKind::cache) return bind_cache(binding, input);
  if (input.kind == FieldKind::tensor) {
    return bind_tensor(binding, {input.path}, *input.tensor, binding.at<TensorView>(input.offset));
  }
  auto& list = binding.at<TensorList>(input.offset);
  for (int64_t i = 0; i < list.count; ++i) {
    const TensorName name{input.path, i};
    if (Status status = bind_tensor(binding, name, *input.tensor, list.views[i]); !status.is_ok()) return status;
    if (list.views[i].dtype == list.views[0].dtype) continue;  // the kernel is chosen by the first
    return binding.fail(ErrorCode::dtype, name.text() + " has dtype " + dtype_name(list.views[i].dtype) +
                                              ", expected " + dtype_name(list.views[0].dtype) + ", as " + input.path +
                                              "[0]");
  }
  return {};
}

Status bind_inputs(Binding& binding) {
  for (int i = 0; i < binding.op.input_count; ++i) {
    if (Status status = bind_input(binding, binding.op.inputs[i]); !status.is_ok()) return status;
  }
  return bind_derived_axes(binding);
}

Status bind_options(Binding& binding) {
  return for_each_tensor(binding, [&](const FieldDesc& field, const TensorName& name, TensorView& view) -> Status {
    if (is_input(binding, field) || is_packing(binding, field)) return {};
    return bind_tensor(binding, name, *field.tensor, view);
  });
}

// Lists among the options hold one tensor per sequence.
Status check_list_counts(const Binding& binding) {
  for (int i = 0; i < binding.given_count; ++i) {
    const FieldDesc& field = *binding.given[i];
    if (field.kind != FieldKind::tensor_list || is_input(binding, field)) continue;
    const auto& list = binding.at<TensorList>(field.offset);
    if (list.count == binding.axis(kBatchAxis)) continue;
    return binding.fail(ErrorCode::shape,
                        std::string(field.path) + " has " + std::to_string(list.count) +
                            " tensors, expected one per sequence: " + std::to_string(binding.axis(kBatchAxis)));
  }
  return {};
}

Status check_all_elements(const Binding& binding) {
  for (int i = 0; i < binding.given_count; ++i) {
    const FieldDesc& field = *binding.given[i];
    if (field.kind != FieldKind::integer_or_tensor) continue;
    const auto& scalar = binding.at<IntegerOrTensor>(field.offset).scalar;
    if (!scalar.present) continue;
    if (Status status = check_scalar(binding, field, scalar.value); !status.is_ok()) return status;
  }
  return for_each_tensor(binding, [&](const FieldDesc& field, const TensorName& name, const TensorView& view) {
    return check_elements(binding, name, *field.tensor, view);
  });
}

}  // namespace

Status validate(const OpDesc& op, void* call) {
  Binding binding{op, call, is_packed(op, call)};
  if (op.axis_count > kMaxAxes) return binding.fail(ErrorCode::internal, "the op has more axes than a binding holds");
  if (Status status = check_missing(binding); !status.is_ok()) return status;
  note_unbatched(binding);
  if (Status status = list_given(binding, op.inputs, op.input_count); !status.is_ok()) return status;
  if (Status status = list_given(binding, op.options, op.option_count); !status.is_ok()) return status;
  if (Status status = check_numbers(binding); !status.is_ok()) return status;
  if (Status status = check_option_rules(binding); !status.is_ok()) return status;
  if (binding.packed) {
    if (Status status = bind_packing(binding); !status.is_ok()) return status;
  }
  if (Status status = bind_inputs(binding); !status.is_ok()) return status;
  if (Status status = bind_options(binding); !status.is_ok()) return status;
  if (Status status = check_list_counts(binding); !status.is_ok()) return status;
  if (Status status = check_axis_rules(binding); !status.is_ok()) return status;
  if (Status status = check_all_elements(binding); !status.is_ok()) return status;
  return check_given_outputs(binding);
}

}  // namespace attn
