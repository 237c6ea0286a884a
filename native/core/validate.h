// The steps of validate(), and what dispatch does with outputs that the caller supplied in their own rank.
#pragma once

#include <cstdint>
#include <string>

#include "attn/attn.h"
#include "attn/cache_view.h"
#include "attn/option.h"

namespace attn {

// How messages name a tensor: by its field, and as an item of that when it is a list. Made into text only for them.
struct TensorName {
  const char* path = nullptr;
  int64_t item = -1;
  std::string text() const { return item < 0 ? path : std::string(path) + "[" + std::to_string(item) + "]"; }
};

inline constexpr int kMaxAxes = 16;
inline constexpr int kMaxFields = 64;

// One call under validation: the op's tables, the call struct and what is known of each axis so far.
struct Binding {
  const OpDesc& op;
  void* call;
  bool packed = false;
  TensorName bound_by[kMaxAxes] = {};  // what fixed each axis; without a path while it is unknown
  const FieldDesc* given[kMaxFields] =
      {};  // fields with tensors and numbers that are there, groups opened, inputs first
  int given_count = 0;

  template <typename T>
  T& at(uint32_t offset) const {
    return *reinterpret_cast<T*>(static_cast<char*>(call) + offset);
  }
  int64_t& axis(int index) const { return (&at<int64_t>(op.axes_offset))[index]; }
  bool known(int index) const { return bound_by[index].path != nullptr; }
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
Status bind_tensor(Binding& binding, const TensorName& name, const TensorSpec& spec, TensorView& view);
Status bind_derived_axes(Binding& binding);

// elements.cc: the values of i32 tensors.
Status check_elements(const Binding& binding, const TensorName& name, const TensorSpec& spec, const TensorView& view);
Status check_scalar(const Binding& binding, const FieldDesc& field, int64_t value);
std::string element_text(const TensorName& name, const TensorView& view, const int64_t* index);

// outputs.cc: outputs given by the caller, and memory shared between tensors.
Status check_given_outputs(const Binding& binding);
bool is_packed(const OpDesc& op, const void* call);
// Before a kernel runs: gives the outputs of a packed call the batch axis (extent 1) that they lack.
void expand_packed_outputs(const OpDesc& op, void* call);

// Calls visit(field, name, view) for each tensor that is there, inputs first.
template <typename Visit>
Status for_each_tensor(const Binding& binding, Visit visit) {
  for (int i = 0; i < binding.given_count; ++i) {
    const FieldDesc& field = *binding.given[i];
    if (field.kind == FieldKind::tensor_list) {
      auto& list = binding.at<TensorList>(field.offset);
      for (int64_t item = 0; item < list.count; ++item) {
        Status status = visit(field, TensorName{field.path, item}, list.views[item]);
        if (!status.is_ok()) return status;
      }
      continue;
    }
    const bool either = field.kind == FieldKind::integer_or_tensor;
    if (!either && field.kind != FieldKind::tensor) continue;
    auto& view = either ? binding.at<IntegerOrTensor>(field.offset).tensor : binding.at<TensorView>(field.offset);
    if (!view.present) continue;
    if (Status status = visit(field, TensorName{field.path}, view); !status.is_ok()) return status;
  }
  return {};
}

}  // namespace attn
