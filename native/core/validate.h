// The steps of validate(), and what dispatch does with outputs that the caller supplied in their own rank.
#pragma once

#include <cstdint>
#include <string>

#include "attn/attn.h"
#include "attn/cache_view.h"
#include "attn/option.h"

namespace attn {

// One call under validation: the op's tables, the call struct and what is known of each axis so far.
struct Binding {
  const OpDesc& op;
  void* call;
  bool packed = false;
  std::string bound_by[16] = {};  // path of the tensor that fixed each axis; empty while it is unknown

  template <typename T>
  T& at(uint32_t offset) const {
    return *reinterpret_cast<T*>(static_cast<char*>(call) + offset);
  }
  int64_t& axis(int index) const { return (&at<int64_t>(op.axes_offset))[index]; }
  bool known(int index) const { return !bound_by[index].empty(); }
  Status fail(ErrorCode code, const std::string& what) const { return {code, std::string(op.js_name) + ": " + what}; }
};

// The batch axis of every op that takes packed batches.
inline constexpr int kBatchAxis = 0;

// rules.cc: which options are there, their numbers, and the rules between them.
bool is_given(const Binding& binding, const FieldDesc& field);
Status check_numbers(const Binding& binding);
Status check_option_rules(const Binding& binding);
Status check_axis_rules(const Binding& binding);

// bind_axes.cc: dtypes and shapes against the axes, and the rewriting of views to full rank.
Status check_dtype(const Binding& binding, const std::string& path, const TensorSpec& spec, const TensorView& view);
Status bind_tensor(Binding& binding, const std::string& path, const TensorSpec& spec, TensorView& view);
Status bind_derived_axes(Binding& binding);

// elements.cc: the values of i32 tensors.
Status check_elements(const Binding& binding, const std::string& path, const TensorSpec& spec, const TensorView& view);
Status check_scalar(const Binding& binding, const FieldDesc& field, int64_t value);

// outputs.cc: outputs given by the caller, and memory shared between tensors.
Status check_given_outputs(const Binding& binding);
bool is_packed(const OpDesc& op, const void* call);
// Before a kernel runs: gives the outputs of a packed call the batch axis (extent 1) that they lack.
void expand_packed_outputs(const OpDesc& op, void* call);

// Calls visit(path, spec, view) for each tensor that is there, inputs first.
template <typename Visit>
Status for_each_tensor(const Binding& binding, Visit visit) {
  auto one = [&](const FieldDesc& field) -> Status {
    if (field.kind == FieldKind::tensor) {
      auto& view = binding.at<TensorView>(field.offset);
      if (view.present) return visit(field, view);
    } else if (field.kind == FieldKind::tensor_list) {
      auto& list = binding.at<TensorList>(field.offset);
      for (int64_t i = 0; i < list.count; ++i) {
        if (Status status = visit(field, list.views[i]); !status.is_ok()) return status;
      }
    } else if (field.kind == FieldKind::integer_or_tensor) {
      auto& view = binding.at<TensorView>(field.offset + static_cast<uint32_t>(offsetof(IntegerOrTensor, tensor)));
      if (view.present) return visit(field, view);
    }
    return {};
  };
  auto all = [&](const FieldDesc* fields, int count) -> Status {
    for (int i = 0; i < count; ++i) {
      if (Status status = one(fields[i]); !status.is_ok()) return status;
      if (fields[i].kind != FieldKind::group || !binding.at<bool>(fields[i].present_offset)) continue;
      for (int j = 0; j < fields[i].field_count; ++j) {
        if (Status status = one(fields[i].fields[j]); !status.is_ok()) return status;
      }
    }
    return {};
  };
  if (Status status = all(binding.op.inputs, binding.op.input_count); !status.is_ok()) return status;
  return all(binding.op.options, binding.op.option_count);
}

}  // namespace attn
