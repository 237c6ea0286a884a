// Generated from native/schema by npm run generate; do not edit.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>

#include "attn/op_desc.h"
#include "generated/attention.h"
#include "generated/linear_attention.h"

namespace attn {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

template <typename Call>
void construct(void* call) {
  new (call) Call();
}

// attention
namespace attention_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {3, 0}, {5, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, true, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{0, 0}, {2, 0}, {4, 0}, {5, 0}};
constexpr TensorSpec spec_3 = {0, true, false, false, true, false, {axes_4, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_6[] = {{0, 0}, {2, 0}, {4, 0}, {6, 0}};
constexpr TensorSpec spec_5 = {0, true, false, false, true, false, {axes_6, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_attention[] = {
    {"q", "q", FieldKind::tensor, offsetof(AttentionCall, q), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false},
    {"k", "k", FieldKind::tensor, offsetof(AttentionCall, k), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false},
    {"v", "v", FieldKind::tensor, offsetof(AttentionCall, v), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false},
};
constexpr AxisRef axes_8[] = {{0, 0}};
constexpr TensorSpec spec_7 = {1u << 3, false, false, false, false, false, {axes_8, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr const char* values_9[] = {"weights"};
constexpr FieldDesc options_attention[] = {
    {"scale", "scale", FieldKind::number, offsetof(AttentionCall, options.scale), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"causal", "causal", FieldKind::boolean, offsetof(AttentionCall, options.causal), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"queryStart", "queryStart", FieldKind::integer_or_tensor, offsetof(AttentionCall, options.query_start), 0, nullptr, 0, nullptr, 0, &spec_7, -2147483648, 2147483647, false},
    {"returnLse", "returnLse", FieldKind::boolean, offsetof(AttentionCall, options.return_lse), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"scores", "scores", FieldKind::enumeration, offsetof(AttentionCall, options.scores), 0, values_9, 1, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
};
constexpr AxisRef axes_11[] = {{0, 0}, {1, 0}, {3, 0}, {6, 0}};
constexpr TensorSpec spec_10 = {0, true, false, false, true, false, {axes_11, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_12[] = {{0, 0}, {1, 0}, {3, 0}, {6, 0}};
constexpr AxisRef axes_14[] = {{0, 0}, {3, 0}, {1, 0}};
constexpr TensorSpec spec_13 = {1u << 0, false, false, false, false, false, {axes_14, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_15[] = {{0, 0}, {3, 0}, {1, 0}};
constexpr uint32_t when_16[] = {offsetof(AttentionCall, options.return_lse)};
constexpr bool when_enum_17[] = {false};
constexpr AxisRef axes_19[] = {{0, 0}, {3, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_18 = {1u << 0, false, false, false, false, false, {axes_19, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_20[] = {{0, 0}, {3, 0}, {1, 0}, {2, 0}};
constexpr uint32_t when_21[] = {offsetof(AttentionCall, options.scores)};
constexpr bool when_enum_22[] = {true};
constexpr OutputDesc outputs_attention[] = {
    {"out", "out", offsetof(AttentionCall, out), &spec_10, {axes_12, 4}, -1, 0, nullptr, nullptr, 0},
    {"lse", nullptr, offsetof(AttentionCall, lse), &spec_13, {axes_15, 3}, 0, 0, when_16, when_enum_17, 1},
    {"scores", nullptr, offsetof(AttentionCall, scores), &spec_18, {axes_20, 4}, 0, 0, when_21, when_enum_22, 1},
};
constexpr AxisDesc axes_attention[] = {
    {"B", "batch", nullptr, 0},
    {"T", "query tokens", nullptr, 0},
    {"S", "key tokens", nullptr, 0},
    {"Hq", "query heads", nullptr, 0},
    {"Hkv", "key and value heads", nullptr, 0},
    {"K", "key dim", nullptr, 0},
    {"V", "value dim", nullptr, 0},
};
constexpr RuleDesc rules_attention[] = {
    {RuleKind::divides, 4, 3, {}, {}, ""},
};
}  // namespace attention_tables

// linear_attention
namespace linear_attention_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {7, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, false, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{0, 0}, {1, 0}, {3, 0}, {7, 0}};
constexpr TensorSpec spec_3 = {0, true, false, false, false, false, {axes_4, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_6[] = {{0, 0}, {1, 0}, {4, 0}, {8, 0}};
constexpr TensorSpec spec_5 = {0, true, false, false, false, false, {axes_6, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_linear_attention[] = {
    {"q", "q", FieldKind::tensor, offsetof(LinearAttentionCall, q), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false},
    {"k", "k", FieldKind::tensor, offsetof(LinearAttentionCall, k), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false},
    {"v", "v", FieldKind::tensor, offsetof(LinearAttentionCall, v), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false},
};
constexpr const char* values_7[] = {"linear", "gated", "delta", "gated_delta"};
constexpr AxisRef axes_8[] = {{0, 0}, {1, 0}, {5, 0}};
constexpr AxisRef axes_9[] = {{0, 0}, {1, 0}, {5, 0}, {7, 0}};
constexpr AxisRef axes_11[] = {{0, 0}, {1, 0}, {5, 0}, {7, 0}};
constexpr AxisForm forms_12[] = {{axes_8, 3}, {axes_9, 4}};
constexpr TensorSpec spec_10 = {1u << 0, true, false, false, false, false, {axes_11, 4}, forms_12, 2, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_13[] = {{0, 0}, {1, 0}, {5, 0}};
constexpr AxisRef axes_15[] = {{0, 0}, {1, 0}, {5, 0}};
constexpr AxisForm forms_16[] = {{axes_13, 3}};
constexpr TensorSpec spec_14 = {1u << 0, true, false, false, false, false, {axes_15, 3}, forms_16, 1, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr const char* values_17[] = {"identity", "elu1"};
constexpr AxisRef axes_19[] = {{0, 0}, {5, 0}, {7, 0}, {8, 0}};
constexpr TensorSpec spec_18 = {1u << 0, false, false, true, false, false, {axes_19, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_21[] = {{0, 0}, {5, 0}, {7, 0}};
constexpr TensorSpec spec_20 = {1u << 0, false, false, true, false, false, {axes_21, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc options_linear_attention[] = {
    {"updateRule", "updateRule", FieldKind::enumeration, offsetof(LinearAttentionCall, options.update_rule), 0, values_7, 4, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"decay", "decay", FieldKind::tensor, offsetof(LinearAttentionCall, options.decay), 0, nullptr, 0, nullptr, 0, &spec_10, -kUnbounded, kUnbounded, false},
    {"beta", "beta", FieldKind::tensor, offsetof(LinearAttentionCall, options.beta), 0, nullptr, 0, nullptr, 0, &spec_14, -kUnbounded, kUnbounded, false},
    {"scale", "scale", FieldKind::number, offsetof(LinearAttentionCall, options.scale), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"causal", "causal", FieldKind::boolean, offsetof(LinearAttentionCall, options.causal), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"featureMap", "featureMap", FieldKind::enumeration, offsetof(LinearAttentionCall, options.feature_map), 0, values_17, 2, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"normalize", "normalize", FieldKind::boolean, offsetof(LinearAttentionCall, options.normalize), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"state", "state", FieldKind::tensor, offsetof(LinearAttentionCall, options.state), 0, nullptr, 0, nullptr, 0, &spec_18, -kUnbounded, kUnbounded, false},
    {"normalizer", "normalizer", FieldKind::tensor, offsetof(LinearAttentionCall, options.normalizer), 0, nullptr, 0, nullptr, 0, &spec_20, -kUnbounded, kUnbounded, false},
    {"returnState", "returnState", FieldKind::boolean, offsetof(LinearAttentionCall, options.return_state), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
};
constexpr AxisRef axes_23[] = {{0, 0}, {1, 0}, {6, 0}, {8, 0}};
constexpr TensorSpec spec_22 = {0, true, false, false, false, false, {axes_23, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_24[] = {{0, 0}, {1, 0}, {6, 0}, {8, 0}};
constexpr AxisRef axes_26[] = {{0, 0}, {5, 0}, {7, 0}, {8, 0}};
constexpr TensorSpec spec_25 = {1u << 0, false, false, false, false, false, {axes_26, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_27[] = {{0, 0}, {5, 0}, {8, 0}, {7, 0}};
constexpr uint32_t when_28[] = {offsetof(LinearAttentionCall, options.return_state)};
constexpr bool when_enum_29[] = {false};
constexpr AxisRef axes_31[] = {{0, 0}, {5, 0}, {7, 0}};
constexpr TensorSpec spec_30 = {1u << 0, false, false, false, false, false, {axes_31, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_32[] = {{0, 0}, {5, 0}, {7, 0}};
constexpr uint32_t when_33[] = {offsetof(LinearAttentionCall, options.return_state), offsetof(LinearAttentionCall, options.normalize)};
constexpr bool when_enum_34[] = {false, false};
constexpr OutputDesc outputs_linear_attention[] = {
    {"out", "out", offsetof(LinearAttentionCall, out), &spec_22, {axes_24, 4}, -1, 0, nullptr, nullptr, 0},
    {"state", nullptr, offsetof(LinearAttentionCall, state), &spec_25, {axes_27, 4}, 0, 0, when_28, when_enum_29, 1},
    {"normalizer", nullptr, offsetof(LinearAttentionCall, normalizer), &spec_30, {axes_32, 3}, 0, 0, when_33, when_enum_34, 2},
};
constexpr int8_t max_of_35[] = {3, 4};
constexpr int8_t max_of_36[] = {2, 5};
constexpr AxisDesc axes_linear_attention[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"Hq", "query heads", nullptr, 0},
    {"Hk", "key heads", nullptr, 0},
    {"Hv", "value heads", nullptr, 0},
    {"Hs", "state heads", max_of_35, 2},
    {"H", "output heads", max_of_36, 2},
    {"K", "key dim", nullptr, 0},
    {"V", "value dim", nullptr, 0},
};
constexpr RuleDesc rules_linear_attention[] = {
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 0}, {&options_linear_attention[1], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 0}, {&options_linear_attention[2], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 1}, {&options_linear_attention[1], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 1}, {&options_linear_attention[6], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 1}, {&options_linear_attention[8], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[2], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[1], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[6], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[8], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[1], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[2], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[6], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[8], false, 0}, ""},
    {RuleKind::divides, 2, 6, {}, {}, ""},
    {RuleKind::divides, 3, 5, {}, {}, ""},
    {RuleKind::divides, 4, 5, {}, {}, ""},
    {RuleKind::divides, 5, 6, {}, {}, ""},
    {RuleKind::needs, -1, -1, {&options_linear_attention[8], false, 0}, {&options_linear_attention[6], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[4], true, 0}, {&options_linear_attention[7], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[4], true, 0}, {&options_linear_attention[8], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[4], true, 0}, {&options_linear_attention[9], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[4], true, 0}, {&options_linear_attention[0], true, 0}, "decay and the delta rule depend on the order of tokens"},
};
}  // namespace linear_attention_tables

}  // namespace

OpTable op_table() {
  using namespace attention_tables;
  using namespace linear_attention_tables;
  static constexpr OpDesc rows[] = {
      {OpId::attention, "attention", "attention", sizeof(AttentionCall), construct<AttentionCall>, inputs_attention, 3, options_attention, 5, outputs_attention, 3, axes_attention, 7, offsetof(AttentionCall, axes), nullptr, rules_attention, 1},
      {OpId::linear_attention, "linear_attention", "linearAttention", sizeof(LinearAttentionCall), construct<LinearAttentionCall>, inputs_linear_attention, 3, options_linear_attention, 10, outputs_linear_attention, 3, axes_linear_attention, 9, offsetof(LinearAttentionCall, axes), nullptr, rules_linear_attention, 22},
  };
  return {rows, 2};
}

const OpDesc& op_desc(OpId id) { return op_table().rows[static_cast<int>(id)]; }

}  // namespace attn
