// Generated from native/schema by npm run generate; do not edit.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>

#include "attn/op_desc.h"
#include "generated/attention.h"
#include "generated/linear_attention.h"
#include "generated/merge_attention.h"

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
constexpr FieldDesc fields_9[] = {{"left", "window.left", FieldKind::integer, offsetof(AttentionCall, options.window.left), 0, nullptr, 0, nullptr, 0, nullptr, 0, 2147483647, false}, {"right", "window.right", FieldKind::integer, offsetof(AttentionCall, options.window.right), 0, nullptr, 0, nullptr, 0, nullptr, 0, 2147483647, false}};
constexpr AxisRef axes_11[] = {{3, 0}};
constexpr TensorSpec spec_10 = {1u << 0, true, false, false, false, false, {axes_11, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_13[] = {{0, 0}, {3, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_12 = {1u << 0, true, true, false, false, false, {axes_13, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_15[] = {{0, 0}, {3, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_14 = {1u << 6, false, true, false, false, false, {axes_15, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_17[] = {{3, 0}};
constexpr TensorSpec spec_16 = {1u << 0, false, false, false, false, false, {axes_17, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_19[] = {{0, 0}};
constexpr TensorSpec spec_18 = {1u << 3, false, false, false, false, false, {axes_19, 1}, nullptr, 0, 0, INT32_MAX, {2, 0}};
constexpr AxisRef axes_21[] = {{0, 0}};
constexpr TensorSpec spec_20 = {1u << 3, false, false, false, false, false, {axes_21, 1}, nullptr, 0, 0, INT32_MAX, {2, 0}};
constexpr AxisRef axes_23[] = {{0, 1}};
constexpr TensorSpec spec_22 = {1u << 3, false, false, false, false, true, {axes_23, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {1, 0}};
constexpr AxisRef axes_25[] = {{0, 1}};
constexpr TensorSpec spec_24 = {1u << 3, false, false, false, false, true, {axes_25, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {2, 0}};
constexpr FieldDesc fields_26[] = {{"q", "cuSeqlens.q", FieldKind::tensor, offsetof(AttentionCall, options.cu_seqlens.q), 0, nullptr, 0, nullptr, 0, &spec_22, -kUnbounded, kUnbounded, false}, {"k", "cuSeqlens.k", FieldKind::tensor, offsetof(AttentionCall, options.cu_seqlens.k), 0, nullptr, 0, nullptr, 0, &spec_24, -kUnbounded, kUnbounded, false}};
constexpr AxisRef axes_27[] = {{0, 0}, {1, 0}, {7, 0}};
constexpr AxisRef axes_28[] = {{0, 0}, {1, 0}, {4, 0}, {7, 0}};
constexpr AxisRef axes_30[] = {{0, 0}, {1, 0}, {4, 0}, {7, 0}};
constexpr AxisForm forms_31[] = {{axes_27, 3}, {axes_28, 4}};
constexpr TensorSpec spec_29 = {1u << 3, false, false, false, false, false, {axes_30, 4}, forms_31, 2, -1, INT32_MAX, {2, -1}};
constexpr AxisRef axes_33[] = {{0, 0}, {1, 0}};
constexpr TensorSpec spec_32 = {1u << 0, false, false, false, true, false, {axes_33, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_35[] = {{0, 0}, {1, 0}, {3, 0}, {6, 0}};
constexpr TensorSpec spec_34 = {1u << 0, true, false, false, true, false, {axes_35, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr const char* values_36[] = {"raw", "capped", "biased", "weights"};
constexpr FieldDesc options_attention[] = {
    {"scale", "scale", FieldKind::number, offsetof(AttentionCall, options.scale), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"causal", "causal", FieldKind::boolean, offsetof(AttentionCall, options.causal), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"queryStart", "queryStart", FieldKind::integer_or_tensor, offsetof(AttentionCall, options.query_start), 0, nullptr, 0, nullptr, 0, &spec_7, -2147483648, 2147483647, false},
    {"window", "window", FieldKind::group, offsetof(AttentionCall, options.window), offsetof(AttentionCall, options.window.present), nullptr, 0, fields_9, 2, nullptr, -kUnbounded, kUnbounded, false},
    {"chunk", "chunk", FieldKind::integer, offsetof(AttentionCall, options.chunk), 0, nullptr, 0, nullptr, 0, nullptr, 1, 2147483647, false},
    {"block", "block", FieldKind::integer, offsetof(AttentionCall, options.block), 0, nullptr, 0, nullptr, 0, nullptr, 1, 2147483647, false},
    {"softcap", "softcap", FieldKind::number, offsetof(AttentionCall, options.softcap), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true},
    {"sinks", "sinks", FieldKind::tensor, offsetof(AttentionCall, options.sinks), 0, nullptr, 0, nullptr, 0, &spec_10, -kUnbounded, kUnbounded, false},
    {"bias", "bias", FieldKind::tensor, offsetof(AttentionCall, options.bias), 0, nullptr, 0, nullptr, 0, &spec_12, -kUnbounded, kUnbounded, false},
    {"mask", "mask", FieldKind::tensor, offsetof(AttentionCall, options.mask), 0, nullptr, 0, nullptr, 0, &spec_14, -kUnbounded, kUnbounded, false},
    {"alibiSlopes", "alibiSlopes", FieldKind::tensor, offsetof(AttentionCall, options.alibi_slopes), 0, nullptr, 0, nullptr, 0, &spec_16, -kUnbounded, kUnbounded, false},
    {"kvLengths", "kvLengths", FieldKind::integer_or_tensor, offsetof(AttentionCall, options.kv_lengths), 0, nullptr, 0, nullptr, 0, &spec_18, 0, kUnbounded, false},
    {"kvStart", "kvStart", FieldKind::integer_or_tensor, offsetof(AttentionCall, options.kv_start), 0, nullptr, 0, nullptr, 0, &spec_20, 0, kUnbounded, false},
    {"cuSeqlens", "cuSeqlens", FieldKind::group, offsetof(AttentionCall, options.cu_seqlens), offsetof(AttentionCall, options.cu_seqlens.present), nullptr, 0, fields_26, 2, nullptr, -kUnbounded, kUnbounded, false},
    {"keyIndices", "keyIndices", FieldKind::tensor, offsetof(AttentionCall, options.key_indices), 0, nullptr, 0, nullptr, 0, &spec_29, -kUnbounded, kUnbounded, false},
    {"queryScale", "queryScale", FieldKind::tensor, offsetof(AttentionCall, options.query_scale), 0, nullptr, 0, nullptr, 0, &spec_32, -kUnbounded, kUnbounded, false},
    {"gate", "gate", FieldKind::tensor, offsetof(AttentionCall, options.gate), 0, nullptr, 0, nullptr, 0, &spec_34, -kUnbounded, kUnbounded, false},
    {"returnLse", "returnLse", FieldKind::boolean, offsetof(AttentionCall, options.return_lse), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"scores", "scores", FieldKind::enumeration, offsetof(AttentionCall, options.scores), 0, values_36, 4, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
};
constexpr AxisRef axes_38[] = {{0, 0}, {1, 0}, {3, 0}, {6, 0}};
constexpr TensorSpec spec_37 = {0, true, false, false, true, false, {axes_38, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_39[] = {{0, 0}, {1, 0}, {3, 0}, {6, 0}};
constexpr AxisRef axes_41[] = {{0, 0}, {3, 0}, {1, 0}};
constexpr TensorSpec spec_40 = {1u << 0, false, false, false, true, false, {axes_41, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_42[] = {{0, 0}, {3, 0}, {1, 0}};
constexpr uint32_t when_43[] = {offsetof(AttentionCall, options.return_lse)};
constexpr bool when_enum_44[] = {false};
constexpr AxisRef axes_46[] = {{0, 0}, {3, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_45 = {1u << 0, false, false, false, false, false, {axes_46, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_47[] = {{0, 0}, {3, 0}, {1, 0}, {2, 0}};
constexpr uint32_t when_48[] = {offsetof(AttentionCall, options.scores)};
constexpr bool when_enum_49[] = {true};
constexpr OutputDesc outputs_attention[] = {
    {"out", "out", offsetof(AttentionCall, out), &spec_37, {axes_39, 4}, -1, 0, nullptr, nullptr, 0},
    {"lse", nullptr, offsetof(AttentionCall, lse), &spec_40, {axes_42, 3}, 0, 0, when_43, when_enum_44, 1},
    {"scores", nullptr, offsetof(AttentionCall, scores), &spec_45, {axes_47, 4}, 0, 0, when_48, when_enum_49, 1},
};
constexpr AxisDesc axes_attention[] = {
    {"B", "batch", nullptr, 0},
    {"T", "query tokens", nullptr, 0},
    {"S", "key tokens", nullptr, 0},
    {"Hq", "query heads", nullptr, 0},
    {"Hkv", "key and value heads", nullptr, 0},
    {"K", "key dim", nullptr, 0},
    {"V", "value dim", nullptr, 0},
    {"I", "gathered keys per query", nullptr, 0},
};
constexpr RuleDesc rules_attention[] = {
    {RuleKind::positive, 5, 5, {}, {}, ""},
    {RuleKind::divides, 4, 3, {}, {}, ""},
    {RuleKind::excludes, -1, -1, {&options_attention[1], false, 0}, {&options_attention[5], false, 0}, "block is causal between blocks and open inside them"},
    {RuleKind::excludes, -1, -1, {&options_attention[4], false, 0}, {&options_attention[5], false, 0}, "both cut the keys into blocks"},
    {RuleKind::excludes, -1, -1, {&options_attention[13], false, 0}, {&options_attention[11], false, 0}, "the offsets already give each sequence's keys"},
    {RuleKind::excludes, -1, -1, {&options_attention[13], false, 0}, {&options_attention[12], false, 0}, "the offsets already give each sequence's keys"},
    {RuleKind::excludes, -1, -1, {&options_attention[13], false, 0}, {&options_attention[8], false, 0}, "sequences of different lengths share no [T, S] matrix"},
    {RuleKind::excludes, -1, -1, {&options_attention[13], false, 0}, {&options_attention[9], false, 0}, "sequences of different lengths share no [T, S] matrix"},
    {RuleKind::excludes, -1, -1, {&options_attention[13], false, 0}, {&options_attention[18], false, 0}, "sequences of different lengths share no [T, S] matrix"},
    {RuleKind::excludes, -1, -1, {&options_attention[13], false, 0}, {&options_attention[14], false, 0}, "indices count from the start of one sequence"},
    {RuleKind::excludes, -1, -1, {&options_attention[14], false, 0}, {&options_attention[18], false, 0}, "gathered keys have no [T, S] matrix"},
    {RuleKind::excludes, -1, -1, {&options_attention[14], false, 0}, {&options_attention[8], false, 0}, "gathered keys have no [T, S] matrix"},
    {RuleKind::excludes, -1, -1, {&options_attention[14], false, 0}, {&options_attention[9], false, 0}, "gathered keys have no [T, S] matrix"},
};
}  // namespace attention_tables

// linear_attention
namespace linear_attention_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {7, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, true, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{0, 0}, {1, 0}, {3, 0}, {7, 0}};
constexpr TensorSpec spec_3 = {0, true, false, false, true, false, {axes_4, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_6[] = {{0, 0}, {1, 0}, {4, 0}, {8, 0}};
constexpr TensorSpec spec_5 = {0, true, false, false, true, false, {axes_6, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_linear_attention[] = {
    {"q", "q", FieldKind::tensor, offsetof(LinearAttentionCall, q), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false},
    {"k", "k", FieldKind::tensor, offsetof(LinearAttentionCall, k), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false},
    {"v", "v", FieldKind::tensor, offsetof(LinearAttentionCall, v), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false},
};
constexpr const char* values_7[] = {"linear", "gated", "delta", "gated_delta", "generalized_delta"};
constexpr AxisRef axes_8[] = {{5, 0}};
constexpr AxisRef axes_9[] = {{0, 0}, {1, 0}, {5, 0}};
constexpr AxisRef axes_10[] = {{0, 0}, {1, 0}, {5, 0}, {7, 0}};
constexpr AxisRef axes_12[] = {{0, 0}, {1, 0}, {5, 0}, {7, 0}};
constexpr AxisForm forms_13[] = {{axes_8, 1}, {axes_9, 3}, {axes_10, 4}};
constexpr TensorSpec spec_11 = {1u << 0, true, false, false, true, false, {axes_12, 4}, forms_13, 3, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_14[] = {{0, 0}, {1, 0}, {5, 0}};
constexpr AxisRef axes_15[] = {{0, 0}, {1, 0}, {-1, 1}};
constexpr AxisRef axes_17[] = {{0, 0}, {1, 0}, {5, 0}};
constexpr AxisForm forms_18[] = {{axes_14, 3}, {axes_15, 3}};
constexpr TensorSpec spec_16 = {1u << 0, true, false, false, true, false, {axes_17, 3}, forms_18, 2, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_20[] = {{0, 0}, {1, 0}, {5, 0}, {7, 0}};
constexpr TensorSpec spec_19 = {1u << 0, true, false, false, true, false, {axes_20, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_22[] = {{0, 0}, {1, 0}, {5, 0}, {7, 0}};
constexpr TensorSpec spec_21 = {1u << 0, true, false, false, true, false, {axes_22, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr const char* values_23[] = {"identity", "elu1", "relu", "softmax"};
constexpr AxisRef axes_25[] = {{0, 0}, {5, 0}, {7, 0}, {8, 0}};
constexpr TensorSpec spec_24 = {1u << 0, false, false, true, false, false, {axes_25, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_27[] = {{0, 0}, {5, 0}, {7, 0}};
constexpr TensorSpec spec_26 = {1u << 0, false, false, true, false, false, {axes_27, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_29[] = {{6, 0}};
constexpr TensorSpec spec_28 = {1u << 0, true, false, false, false, false, {axes_29, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_31[] = {{0, 1}};
constexpr TensorSpec spec_30 = {1u << 3, false, false, false, false, true, {axes_31, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {1, 0}};
constexpr FieldDesc options_linear_attention[] = {
    {"updateRule", "updateRule", FieldKind::enumeration, offsetof(LinearAttentionCall, options.update_rule), 0, values_7, 5, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"decay", "decay", FieldKind::tensor, offsetof(LinearAttentionCall, options.decay), 0, nullptr, 0, nullptr, 0, &spec_11, -kUnbounded, kUnbounded, false},
    {"beta", "beta", FieldKind::tensor, offsetof(LinearAttentionCall, options.beta), 0, nullptr, 0, nullptr, 0, &spec_16, -kUnbounded, kUnbounded, false},
    {"a", "a", FieldKind::tensor, offsetof(LinearAttentionCall, options.a), 0, nullptr, 0, nullptr, 0, &spec_19, -kUnbounded, kUnbounded, false},
    {"b", "b", FieldKind::tensor, offsetof(LinearAttentionCall, options.b), 0, nullptr, 0, nullptr, 0, &spec_21, -kUnbounded, kUnbounded, false},
    {"scale", "scale", FieldKind::number, offsetof(LinearAttentionCall, options.scale), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"causal", "causal", FieldKind::boolean, offsetof(LinearAttentionCall, options.causal), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"featureMap", "featureMap", FieldKind::enumeration, offsetof(LinearAttentionCall, options.feature_map), 0, values_23, 4, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"normalize", "normalize", FieldKind::boolean, offsetof(LinearAttentionCall, options.normalize), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"state", "state", FieldKind::tensor, offsetof(LinearAttentionCall, options.state), 0, nullptr, 0, nullptr, 0, &spec_24, -kUnbounded, kUnbounded, false},
    {"normalizer", "normalizer", FieldKind::tensor, offsetof(LinearAttentionCall, options.normalizer), 0, nullptr, 0, nullptr, 0, &spec_26, -kUnbounded, kUnbounded, false},
    {"qkL2Norm", "qkL2Norm", FieldKind::boolean, offsetof(LinearAttentionCall, options.qk_l2_norm), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
    {"skip", "skip", FieldKind::tensor, offsetof(LinearAttentionCall, options.skip), 0, nullptr, 0, nullptr, 0, &spec_28, -kUnbounded, kUnbounded, false},
    {"cuSeqlens", "cuSeqlens", FieldKind::tensor, offsetof(LinearAttentionCall, options.cu_seqlens), 0, nullptr, 0, nullptr, 0, &spec_30, -kUnbounded, kUnbounded, false},
    {"returnState", "returnState", FieldKind::boolean, offsetof(LinearAttentionCall, options.return_state), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false},
};
constexpr AxisRef axes_33[] = {{0, 0}, {1, 0}, {6, 0}, {8, 0}};
constexpr TensorSpec spec_32 = {0, true, false, false, true, false, {axes_33, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_34[] = {{0, 0}, {1, 0}, {6, 0}, {8, 0}};
constexpr AxisRef axes_36[] = {{0, 0}, {5, 0}, {7, 0}, {8, 0}};
constexpr TensorSpec spec_35 = {1u << 0, false, false, false, false, false, {axes_36, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_37[] = {{0, 0}, {5, 0}, {8, 0}, {7, 0}};
constexpr uint32_t when_38[] = {offsetof(LinearAttentionCall, options.return_state)};
constexpr bool when_enum_39[] = {false};
constexpr AxisRef axes_41[] = {{0, 0}, {5, 0}, {7, 0}};
constexpr TensorSpec spec_40 = {1u << 0, false, false, false, false, false, {axes_41, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_42[] = {{0, 0}, {5, 0}, {7, 0}};
constexpr uint32_t when_43[] = {offsetof(LinearAttentionCall, options.return_state), offsetof(LinearAttentionCall, options.normalize)};
constexpr bool when_enum_44[] = {false, false};
constexpr OutputDesc outputs_linear_attention[] = {
    {"out", "out", offsetof(LinearAttentionCall, out), &spec_32, {axes_34, 4}, -1, 0, nullptr, nullptr, 0},
    {"state", nullptr, offsetof(LinearAttentionCall, state), &spec_35, {axes_37, 4}, 0, 0, when_38, when_enum_39, 1},
    {"normalizer", nullptr, offsetof(LinearAttentionCall, normalizer), &spec_40, {axes_42, 3}, 0, 0, when_43, when_enum_44, 2},
};
constexpr int8_t max_of_45[] = {3, 4};
constexpr int8_t max_of_46[] = {2, 5};
constexpr AxisDesc axes_linear_attention[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"Hq", "query heads", nullptr, 0},
    {"Hk", "key heads", nullptr, 0},
    {"Hv", "value heads", nullptr, 0},
    {"Hs", "state heads", max_of_45, 2},
    {"H", "output heads", max_of_46, 2},
    {"K", "key dim", nullptr, 0},
    {"V", "value dim", nullptr, 0},
};
constexpr RuleDesc rules_linear_attention[] = {
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 0}, {&options_linear_attention[1], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 0}, {&options_linear_attention[2], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 0}, {&options_linear_attention[3], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 0}, {&options_linear_attention[4], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 1}, {&options_linear_attention[1], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 1}, {&options_linear_attention[3], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 1}, {&options_linear_attention[4], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 1}, {&options_linear_attention[8], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 1}, {&options_linear_attention[10], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[2], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[1], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[3], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[4], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[8], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 2}, {&options_linear_attention[10], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[1], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[2], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[3], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[4], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[8], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 3}, {&options_linear_attention[10], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 4}, {&options_linear_attention[1], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 4}, {&options_linear_attention[3], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[0], true, 4}, {&options_linear_attention[4], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 4}, {&options_linear_attention[2], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 4}, {&options_linear_attention[8], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[0], true, 4}, {&options_linear_attention[10], false, 0}, ""},
    {RuleKind::positive, 7, 7, {}, {}, ""},
    {RuleKind::divides, 2, 6, {}, {}, ""},
    {RuleKind::divides, 3, 5, {}, {}, ""},
    {RuleKind::divides, 4, 5, {}, {}, ""},
    {RuleKind::divides, 5, 6, {}, {}, ""},
    {RuleKind::needs, -1, -1, {&options_linear_attention[10], false, 0}, {&options_linear_attention[8], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[6], true, 0}, {&options_linear_attention[9], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[6], true, 0}, {&options_linear_attention[10], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[6], true, 0}, {&options_linear_attention[14], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[6], true, 0}, {&options_linear_attention[0], true, 0}, "decay and the delta rule depend on the order of tokens"},
};
}  // namespace linear_attention_tables

// merge_attention
namespace merge_attention_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, false, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{0, 0}, {2, 0}, {1, 0}};
constexpr TensorSpec spec_3 = {1u << 0, false, false, false, false, false, {axes_4, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_merge_attention[] = {
    {"outs", "outs", FieldKind::tensor_list, offsetof(MergeAttentionCall, outs), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false},
    {"lses", "lses", FieldKind::tensor_list, offsetof(MergeAttentionCall, lses), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false},
};
constexpr AxisRef axes_6[] = {{2, 0}};
constexpr TensorSpec spec_5 = {1u << 0, true, false, false, false, false, {axes_6, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc options_merge_attention[] = {
    {"sinks", "sinks", FieldKind::tensor, offsetof(MergeAttentionCall, options.sinks), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false},
};
constexpr AxisRef axes_8[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_7 = {0, true, false, false, false, false, {axes_8, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_9[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr AxisRef axes_11[] = {{0, 0}, {2, 0}, {1, 0}};
constexpr TensorSpec spec_10 = {1u << 0, false, false, false, false, false, {axes_11, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_12[] = {{0, 0}, {2, 0}, {1, 0}};
constexpr OutputDesc outputs_merge_attention[] = {
    {"out", "out", offsetof(MergeAttentionCall, out), &spec_7, {axes_9, 4}, -1, 0, nullptr, nullptr, 0},
    {"lse", nullptr, offsetof(MergeAttentionCall, lse), &spec_10, {axes_12, 3}, 0, 0, nullptr, nullptr, 0},
};
constexpr AxisDesc axes_merge_attention[] = {
    {"B", "batch", nullptr, 0},
    {"T", "query tokens", nullptr, 0},
    {"H", "query heads", nullptr, 0},
    {"V", "value dim", nullptr, 0},
};
}  // namespace merge_attention_tables

}  // namespace

OpTable op_table() {
  using namespace attention_tables;
  using namespace linear_attention_tables;
  using namespace merge_attention_tables;
  static constexpr OpDesc rows[] = {
      {OpId::attention, "attention", "attention", sizeof(AttentionCall), construct<AttentionCall>, inputs_attention, 3, options_attention, 19, outputs_attention, 3, axes_attention, 8, offsetof(AttentionCall, axes), &options_attention[13], rules_attention, 13},
      {OpId::linear_attention, "linear_attention", "linearAttention", sizeof(LinearAttentionCall), construct<LinearAttentionCall>, inputs_linear_attention, 3, options_linear_attention, 15, outputs_linear_attention, 3, axes_linear_attention, 9, offsetof(LinearAttentionCall, axes), &options_linear_attention[13], rules_linear_attention, 37},
      {OpId::merge_attention, "merge_attention", "mergeAttention", sizeof(MergeAttentionCall), construct<MergeAttentionCall>, inputs_merge_attention, 2, options_merge_attention, 1, outputs_merge_attention, 2, axes_merge_attention, 4, offsetof(MergeAttentionCall, axes), nullptr, nullptr, 0},
  };
  return {rows, 3};
}

const OpDesc& op_desc(OpId id) { return op_table().rows[static_cast<int>(id)]; }

}  // namespace attn
