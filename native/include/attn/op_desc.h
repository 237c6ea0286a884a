// OpDesc: an operation as data. Generated from native/schema; napi fills calls and validate checks them by these tables.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attn/tensor_view.h"
#include "generated/op_ids.h"

namespace attn {

enum class FieldKind : uint8_t {
  number,
  integer,
  boolean,
  enumeration,
  tensor,
  tensor_list,
  cache,
  integer_or_tensor,
  group
};

// One axis of a tensor as the schema names it: an index into OpDesc::axes plus a constant, or the constant alone.
struct AxisRef {
  int8_t axis;  // -1: none, the extent is `plus`
  int8_t plus;  // "B+1" is {B, 1}; "1" is {-1, 1}
};

struct AxisForm {
  const AxisRef* axes;
  int8_t rank;
};

struct TensorSpec {
  uint32_t dtypes;        // bit i: DType i is accepted
  bool same_dtype;        // the first input's dtype is accepted (for inputs: required)
  bool broadcast;         // shapes align at the last axis; missing and 1 broadcast (ONNX rules)
  bool strided;           // the last axis may have any stride
  bool packed;            // in a packed call the batch axis is missing: tokens of all sequences follow each other
  bool offsets;           // elements rise from 0 to the extent of max_axis (cumulative sequence lengths)
  AxisForm full;          // what the kernel sees
  const AxisForm* forms;  // accepted shapes, when not only `full`; their axes are a subsequence of full's or 1
  int8_t form_count;
  int64_t min_value;  // of the elements of an i32 tensor, checked by validate
  int64_t max_value;
  AxisRef
      max_axis;  // when axis >= 0 the largest value is that extent plus max_axis.plus; no limits while it is unknown
};

struct FieldDesc {
  const char* name;  // in JavaScript, within its group
  const char* path;  // "window.left": how messages name it
  FieldKind kind;
  uint32_t offset;  // of the value in the call struct; of the IntegerOrTensor, TensorView, bool, int32 enum, …
  uint32_t present_offset;    // group only: bool
  const char* const* values;  // enumeration only
  int16_t value_count;
  const FieldDesc* fields;  // group only
  int16_t field_count;
  const TensorSpec* tensor;  // tensor, tensor_list (of each), cache (its sizes alone), integer_or_tensor
  double min, max;           // number, integer
  bool min_exclusive;
  bool internal;  // the library fills it, so messages do not offer it
};

struct OutputDesc {
  const char* name;
  const char* option;  // JavaScript option that supplies the tensor ("out"), or null
  uint32_t offset;     // of the TensorView
  const TensorSpec* tensor;
  AxisForm order;                // axes from slowest to fastest in memory
  int8_t dtype;                  // DType, or -1: the first input's, or -2: what an option says
  uint32_t dtype_option_offset;  // of its int32 enum of DTypes; absent is the first input's
  const uint32_t* when;          // offsets of flags (bool, or int32 enum >= 0) that must all be set
  const bool* when_is_enum;
  int8_t when_count;
};

enum class RuleKind : uint8_t { divides, positive, excludes, needs, ordered, when_forbid, when_require };

// A field's state a rule tests for: given at all, or given with this value.
struct Condition {
  const FieldDesc* field;
  bool has_value;
  int32_t value;  // of a boolean or an enumeration
};

struct RuleDesc {
  RuleKind kind;
  int8_t axis_a, axis_b;  // divides: a divides b; positive: a is at least 1
  Condition when;         // the rest: while this holds …
  Condition then;  // … this must hold (needs, when_require), must not (excludes, when_forbid), or must be a number
                   // no less than the other (ordered, where both are given)
  const char* reason;
};

// An option of another operation that the same function makes, and why this one does not take it.
struct RefusedOption {
  const char* name;
  const char* reason;
};

struct AxisDesc {
  const char* name;      // "Hkv"
  const char* doc;       // "key and value heads"
  const int8_t* max_of;  // derived axes: the largest of these; null otherwise
  int8_t max_count;
};

struct OpDesc {
  OpId id;
  const char* name;     // "linear_attention"
  const char* js_name;  // "linearAttention": the function that makes its calls, as messages name it
  const char* key;      // "linearAttention": the operation among those of the addon
  uint32_t call_size;
  void (*construct)(void* call);
  const FieldDesc* inputs;
  int16_t input_count;
  const FieldDesc* options;
  int16_t option_count;
  const OutputDesc* outputs;
  int16_t output_count;
  const AxisDesc* axes;
  int8_t axis_count;
  uint32_t axes_offset;       // int64_t per axis, in the order of `axes`
  const FieldDesc* packing;   // the option whose presence makes the call packed, or null
  uint32_t unbatched_offset;  // of the bool that validate sets where the first input lacks the batch axis, which makes
                              // the call packed; 0: none
  const RuleDesc* rules;
  int16_t rule_count;
  const RefusedOption* refused;
  int16_t refused_count;
};

struct OpTable {
  const OpDesc* rows;
  size_t count;
};
OpTable op_table();
const OpDesc& op_desc(OpId id);

}  // namespace attn
