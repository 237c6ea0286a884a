// Generated from native/schema by npm run generate; do not edit.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>

#include "attn/op_desc.h"
#include "generated/activation.h"
#include "generated/attention.h"
#include "generated/cached_attention.h"
#include "generated/causal_conv1d.h"
#include "generated/decay_gate.h"
#include "generated/l2_norm.h"
#include "generated/layer_norm.h"
#include "generated/linear_attention.h"
#include "generated/merge_attention.h"
#include "generated/rms_norm.h"
#include "generated/rotary_embedding.h"
#include "generated/token_shift.h"

namespace attn {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

template <typename Call>
void construct(void* call) {
  new (call) Call();
}

// activation
namespace activation_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, false, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_activation[] = {
    {"x", "x", FieldKind::tensor, offsetof(ActivationCall, x), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
};
constexpr const char* values_3[] = {"identity", "silu", "sigmoid", "softplus", "relu", "tanh", "exp"};
constexpr AxisRef axes_5[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_4 = {1u << 0, true, true, false, false, false, {axes_5, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_7[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_6 = {1u << 0, true, true, false, false, false, {axes_7, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr const char* values_8[] = {"f32"};
constexpr FieldDesc options_activation[] = {
    {"function", "function", FieldKind::enumeration, offsetof(ActivationCall, options.function), 0, values_3, 7, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"scale", "scale", FieldKind::number, offsetof(ActivationCall, options.scale), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"multiply", "multiply", FieldKind::tensor, offsetof(ActivationCall, options.multiply), 0, nullptr, 0, nullptr, 0, &spec_4, -kUnbounded, kUnbounded, false, false},
    {"add", "add", FieldKind::tensor, offsetof(ActivationCall, options.add), 0, nullptr, 0, nullptr, 0, &spec_6, -kUnbounded, kUnbounded, false, false},
    {"outDtype", "outDtype", FieldKind::enumeration, offsetof(ActivationCall, options.out_dtype), 0, values_8, 1, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_10[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_9 = {1u << 0, true, false, false, false, false, {axes_10, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_11[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr OutputDesc outputs_activation[] = {
    {"out", "out", offsetof(ActivationCall, out), &spec_9, {axes_11, 4}, -2, offsetof(ActivationCall, options.out_dtype), nullptr, nullptr, 0},
};
constexpr AxisDesc axes_activation[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"H", "heads", nullptr, 0},
    {"D", "dim", nullptr, 0},
};
}  // namespace activation_tables

// attention
namespace attention_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {3, 0}, {5, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, true, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{0, 0}, {2, 0}, {4, 0}, {5, 0}};
constexpr TensorSpec spec_3 = {0, true, false, false, true, false, {axes_4, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_6[] = {{0, 0}, {2, 0}, {4, 0}, {6, 0}};
constexpr TensorSpec spec_5 = {0, true, false, false, true, false, {axes_6, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_attention[] = {
    {"q", "q", FieldKind::tensor, offsetof(AttentionCall, q), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
    {"k", "k", FieldKind::tensor, offsetof(AttentionCall, k), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false, false},
    {"v", "v", FieldKind::tensor, offsetof(AttentionCall, v), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_8[] = {{0, 0}};
constexpr TensorSpec spec_7 = {1u << 3, false, false, false, false, false, {axes_8, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc fields_9[] = {{"left", "window.left", FieldKind::integer, offsetof(AttentionCall, options.window.left), 0, nullptr, 0, nullptr, 0, nullptr, 0, 2147483647, false, false}, {"right", "window.right", FieldKind::integer, offsetof(AttentionCall, options.window.right), 0, nullptr, 0, nullptr, 0, nullptr, 0, 2147483647, false, false}};
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
constexpr FieldDesc fields_26[] = {{"q", "cuSeqlens.q", FieldKind::tensor, offsetof(AttentionCall, options.cu_seqlens.q), 0, nullptr, 0, nullptr, 0, &spec_22, -kUnbounded, kUnbounded, false, false}, {"k", "cuSeqlens.k", FieldKind::tensor, offsetof(AttentionCall, options.cu_seqlens.k), 0, nullptr, 0, nullptr, 0, &spec_24, -kUnbounded, kUnbounded, false, false}};
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
    {"scale", "scale", FieldKind::number, offsetof(AttentionCall, options.scale), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"causal", "causal", FieldKind::boolean, offsetof(AttentionCall, options.causal), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"queryStart", "queryStart", FieldKind::integer_or_tensor, offsetof(AttentionCall, options.query_start), 0, nullptr, 0, nullptr, 0, &spec_7, -2147483648, 2147483647, false, false},
    {"window", "window", FieldKind::group, offsetof(AttentionCall, options.window), offsetof(AttentionCall, options.window.present), nullptr, 0, fields_9, 2, nullptr, -kUnbounded, kUnbounded, false, false},
    {"chunk", "chunk", FieldKind::integer, offsetof(AttentionCall, options.chunk), 0, nullptr, 0, nullptr, 0, nullptr, 1, 2147483647, false, false},
    {"block", "block", FieldKind::integer, offsetof(AttentionCall, options.block), 0, nullptr, 0, nullptr, 0, nullptr, 1, 2147483647, false, false},
    {"softcap", "softcap", FieldKind::number, offsetof(AttentionCall, options.softcap), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true, false},
    {"sinks", "sinks", FieldKind::tensor, offsetof(AttentionCall, options.sinks), 0, nullptr, 0, nullptr, 0, &spec_10, -kUnbounded, kUnbounded, false, false},
    {"bias", "bias", FieldKind::tensor, offsetof(AttentionCall, options.bias), 0, nullptr, 0, nullptr, 0, &spec_12, -kUnbounded, kUnbounded, false, false},
    {"mask", "mask", FieldKind::tensor, offsetof(AttentionCall, options.mask), 0, nullptr, 0, nullptr, 0, &spec_14, -kUnbounded, kUnbounded, false, false},
    {"alibiSlopes", "alibiSlopes", FieldKind::tensor, offsetof(AttentionCall, options.alibi_slopes), 0, nullptr, 0, nullptr, 0, &spec_16, -kUnbounded, kUnbounded, false, false},
    {"kvLengths", "kvLengths", FieldKind::integer_or_tensor, offsetof(AttentionCall, options.kv_lengths), 0, nullptr, 0, nullptr, 0, &spec_18, 0, kUnbounded, false, false},
    {"kvStart", "kvStart", FieldKind::integer_or_tensor, offsetof(AttentionCall, options.kv_start), 0, nullptr, 0, nullptr, 0, &spec_20, 0, kUnbounded, false, false},
    {"cuSeqlens", "cuSeqlens", FieldKind::group, offsetof(AttentionCall, options.cu_seqlens), offsetof(AttentionCall, options.cu_seqlens.present), nullptr, 0, fields_26, 2, nullptr, -kUnbounded, kUnbounded, false, false},
    {"keyIndices", "keyIndices", FieldKind::tensor, offsetof(AttentionCall, options.key_indices), 0, nullptr, 0, nullptr, 0, &spec_29, -kUnbounded, kUnbounded, false, false},
    {"queryScale", "queryScale", FieldKind::tensor, offsetof(AttentionCall, options.query_scale), 0, nullptr, 0, nullptr, 0, &spec_32, -kUnbounded, kUnbounded, false, false},
    {"gate", "gate", FieldKind::tensor, offsetof(AttentionCall, options.gate), 0, nullptr, 0, nullptr, 0, &spec_34, -kUnbounded, kUnbounded, false, false},
    {"returnLse", "returnLse", FieldKind::boolean, offsetof(AttentionCall, options.return_lse), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"scores", "scores", FieldKind::enumeration, offsetof(AttentionCall, options.scores), 0, values_36, 4, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
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
constexpr RefusedOption refused_attention[] = {
    {"append", "k and v hold all keys; it belongs to cached sequences, which take their place"},
};
}  // namespace attention_tables

// cached_attention
namespace cached_attention_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {4, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, true, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{0, 0}, {3, 0}, {4, 0}, {5, 0}};
constexpr TensorSpec spec_3 = {0, false, false, false, false, false, {axes_4, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_cached_attention[] = {
    {"q", "q", FieldKind::tensor, offsetof(CachedAttentionCall, q), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
    {"sequences", "sequences", FieldKind::cache, offsetof(CachedAttentionCall, sequences), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_6[] = {{0, 0}, {1, 0}, {3, 0}, {4, 0}};
constexpr TensorSpec spec_5 = {1u << 0, true, false, false, true, false, {axes_6, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_8[] = {{0, 0}, {1, 0}, {3, 0}, {5, 0}};
constexpr TensorSpec spec_7 = {1u << 0, true, false, false, true, false, {axes_8, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc fields_9[] = {{"key", "append.key", FieldKind::tensor, offsetof(CachedAttentionCall, options.append.key), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false}, {"value", "append.value", FieldKind::tensor, offsetof(CachedAttentionCall, options.append.value), 0, nullptr, 0, nullptr, 0, &spec_7, -kUnbounded, kUnbounded, false, false}};
constexpr FieldDesc fields_10[] = {{"left", "window.left", FieldKind::integer, offsetof(CachedAttentionCall, options.window.left), 0, nullptr, 0, nullptr, 0, nullptr, 0, 2147483647, false, false}, {"right", "window.right", FieldKind::integer, offsetof(CachedAttentionCall, options.window.right), 0, nullptr, 0, nullptr, 0, nullptr, 0, 2147483647, false, false}};
constexpr AxisRef axes_12[] = {{2, 0}};
constexpr TensorSpec spec_11 = {1u << 0, true, false, false, false, false, {axes_12, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_14[] = {{0, 0}, {2, 0}, {1, 0}, {6, 0}};
constexpr TensorSpec spec_13 = {1u << 0, true, true, false, false, false, {axes_14, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_16[] = {{0, 0}, {2, 0}, {1, 0}, {6, 0}};
constexpr TensorSpec spec_15 = {1u << 6, false, true, false, false, false, {axes_16, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_18[] = {{2, 0}};
constexpr TensorSpec spec_17 = {1u << 0, false, false, false, false, false, {axes_18, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_20[] = {{0, 1}};
constexpr TensorSpec spec_19 = {1u << 3, false, false, false, false, true, {axes_20, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {1, 0}};
constexpr AxisRef axes_21[] = {{0, 0}, {1, 0}, {7, 0}};
constexpr AxisRef axes_22[] = {{0, 0}, {1, 0}, {3, 0}, {7, 0}};
constexpr AxisRef axes_24[] = {{0, 0}, {1, 0}, {3, 0}, {7, 0}};
constexpr AxisForm forms_25[] = {{axes_21, 3}, {axes_22, 4}};
constexpr TensorSpec spec_23 = {1u << 3, false, false, false, true, false, {axes_24, 4}, forms_25, 2, -1, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_27[] = {{0, 0}, {1, 0}};
constexpr TensorSpec spec_26 = {1u << 0, false, false, false, true, false, {axes_27, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_29[] = {{0, 0}, {1, 0}, {2, 0}, {5, 0}};
constexpr TensorSpec spec_28 = {1u << 0, true, false, false, true, false, {axes_29, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc options_cached_attention[] = {
    {"append", "append", FieldKind::group, offsetof(CachedAttentionCall, options.append), offsetof(CachedAttentionCall, options.append.present), nullptr, 0, fields_9, 2, nullptr, -kUnbounded, kUnbounded, false, false},
    {"scale", "scale", FieldKind::number, offsetof(CachedAttentionCall, options.scale), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"causal", "causal", FieldKind::boolean, offsetof(CachedAttentionCall, options.causal), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"window", "window", FieldKind::group, offsetof(CachedAttentionCall, options.window), offsetof(CachedAttentionCall, options.window.present), nullptr, 0, fields_10, 2, nullptr, -kUnbounded, kUnbounded, false, false},
    {"chunk", "chunk", FieldKind::integer, offsetof(CachedAttentionCall, options.chunk), 0, nullptr, 0, nullptr, 0, nullptr, 1, 2147483647, false, false},
    {"block", "block", FieldKind::integer, offsetof(CachedAttentionCall, options.block), 0, nullptr, 0, nullptr, 0, nullptr, 1, 2147483647, false, false},
    {"softcap", "softcap", FieldKind::number, offsetof(CachedAttentionCall, options.softcap), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true, false},
    {"sinks", "sinks", FieldKind::tensor, offsetof(CachedAttentionCall, options.sinks), 0, nullptr, 0, nullptr, 0, &spec_11, -kUnbounded, kUnbounded, false, false},
    {"bias", "bias", FieldKind::tensor, offsetof(CachedAttentionCall, options.bias), 0, nullptr, 0, nullptr, 0, &spec_13, -kUnbounded, kUnbounded, false, false},
    {"mask", "mask", FieldKind::tensor, offsetof(CachedAttentionCall, options.mask), 0, nullptr, 0, nullptr, 0, &spec_15, -kUnbounded, kUnbounded, false, false},
    {"alibiSlopes", "alibiSlopes", FieldKind::tensor, offsetof(CachedAttentionCall, options.alibi_slopes), 0, nullptr, 0, nullptr, 0, &spec_17, -kUnbounded, kUnbounded, false, false},
    {"cuSeqlens", "cuSeqlens", FieldKind::tensor, offsetof(CachedAttentionCall, options.cu_seqlens), 0, nullptr, 0, nullptr, 0, &spec_19, -kUnbounded, kUnbounded, false, false},
    {"keyIndices", "keyIndices", FieldKind::tensor, offsetof(CachedAttentionCall, options.key_indices), 0, nullptr, 0, nullptr, 0, &spec_23, -kUnbounded, kUnbounded, false, false},
    {"queryScale", "queryScale", FieldKind::tensor, offsetof(CachedAttentionCall, options.query_scale), 0, nullptr, 0, nullptr, 0, &spec_26, -kUnbounded, kUnbounded, false, false},
    {"gate", "gate", FieldKind::tensor, offsetof(CachedAttentionCall, options.gate), 0, nullptr, 0, nullptr, 0, &spec_28, -kUnbounded, kUnbounded, false, false},
    {"returnLse", "returnLse", FieldKind::boolean, offsetof(CachedAttentionCall, options.return_lse), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_31[] = {{0, 0}, {1, 0}, {2, 0}, {5, 0}};
constexpr TensorSpec spec_30 = {0, true, false, false, true, false, {axes_31, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_32[] = {{0, 0}, {1, 0}, {2, 0}, {5, 0}};
constexpr AxisRef axes_34[] = {{0, 0}, {2, 0}, {1, 0}};
constexpr TensorSpec spec_33 = {1u << 0, false, false, false, true, false, {axes_34, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_35[] = {{0, 0}, {2, 0}, {1, 0}};
constexpr uint32_t when_36[] = {offsetof(CachedAttentionCall, options.return_lse)};
constexpr bool when_enum_37[] = {false};
constexpr OutputDesc outputs_cached_attention[] = {
    {"out", "out", offsetof(CachedAttentionCall, out), &spec_30, {axes_32, 4}, -1, 0, nullptr, nullptr, 0},
    {"lse", nullptr, offsetof(CachedAttentionCall, lse), &spec_33, {axes_35, 3}, 0, 0, when_36, when_enum_37, 1},
};
constexpr AxisDesc axes_cached_attention[] = {
    {"B", "sequences", nullptr, 0},
    {"T", "query tokens", nullptr, 0},
    {"Hq", "query heads", nullptr, 0},
    {"Hkv", "key and value heads", nullptr, 0},
    {"K", "key dim", nullptr, 0},
    {"V", "value dim", nullptr, 0},
    {"S", "columns, at least as many as the longest sequence has tokens", nullptr, 0},
    {"I", "named keys per query", nullptr, 0},
};
constexpr RuleDesc rules_cached_attention[] = {
    {RuleKind::positive, 4, 4, {}, {}, ""},
    {RuleKind::divides, 3, 2, {}, {}, ""},
    {RuleKind::needs, -1, -1, {&options_cached_attention[0], false, 0}, {&options_cached_attention[0].fields[0], false, 0}, ""},
    {RuleKind::excludes, -1, -1, {&options_cached_attention[2], false, 0}, {&options_cached_attention[5], false, 0}, "block is causal between blocks and open inside them"},
    {RuleKind::excludes, -1, -1, {&options_cached_attention[4], false, 0}, {&options_cached_attention[5], false, 0}, "both cut the keys into blocks"},
    {RuleKind::excludes, -1, -1, {&options_cached_attention[11], false, 0}, {&options_cached_attention[8], false, 0}, "sequences with different numbers of queries share no [T, S] matrix"},
    {RuleKind::excludes, -1, -1, {&options_cached_attention[11], false, 0}, {&options_cached_attention[9], false, 0}, "sequences with different numbers of queries share no [T, S] matrix"},
    {RuleKind::excludes, -1, -1, {&options_cached_attention[12], false, 0}, {&options_cached_attention[8], false, 0}, "keys that are named have no [T, S] matrix"},
    {RuleKind::excludes, -1, -1, {&options_cached_attention[12], false, 0}, {&options_cached_attention[9], false, 0}, "keys that are named have no [T, S] matrix"},
};
constexpr RefusedOption refused_cached_attention[] = {
    {"queryStart", "each sequence knows its own length, and the last query stands at its end"},
    {"kvLengths", "each sequence knows its own length, and the last query stands at its end"},
    {"kvStart", "sequences hold no padding"},
    {"scores", "sequences of different lengths share no [T, S] matrix"},
};
}  // namespace cached_attention_tables

// causal_conv1d
namespace causal_conv1d_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, true, false, {axes_2, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{2, 0}, {3, 0}};
constexpr TensorSpec spec_3 = {1u << 0, true, false, false, false, false, {axes_4, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_causal_conv1d[] = {
    {"x", "x", FieldKind::tensor, offsetof(CausalConv1dCall, x), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
    {"weight", "weight", FieldKind::tensor, offsetof(CausalConv1dCall, weight), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_6[] = {{2, 0}};
constexpr TensorSpec spec_5 = {1u << 0, true, false, false, false, false, {axes_6, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr const char* values_7[] = {"none", "silu"};
constexpr AxisRef axes_9[] = {{0, 0}, {3, -1}, {2, 0}};
constexpr TensorSpec spec_8 = {0, true, false, true, false, false, {axes_9, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_11[] = {{0, 1}};
constexpr TensorSpec spec_10 = {1u << 3, false, false, false, false, true, {axes_11, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {1, 0}};
constexpr FieldDesc options_causal_conv1d[] = {
    {"bias", "bias", FieldKind::tensor, offsetof(CausalConv1dCall, options.bias), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false},
    {"activation", "activation", FieldKind::enumeration, offsetof(CausalConv1dCall, options.activation), 0, values_7, 2, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"state", "state", FieldKind::tensor, offsetof(CausalConv1dCall, options.state), 0, nullptr, 0, nullptr, 0, &spec_8, -kUnbounded, kUnbounded, false, false},
    {"cuSeqlens", "cuSeqlens", FieldKind::tensor, offsetof(CausalConv1dCall, options.cu_seqlens), 0, nullptr, 0, nullptr, 0, &spec_10, -kUnbounded, kUnbounded, false, false},
    {"returnState", "returnState", FieldKind::boolean, offsetof(CausalConv1dCall, options.return_state), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_13[] = {{0, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_12 = {0, true, false, false, true, false, {axes_13, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_14[] = {{0, 0}, {1, 0}, {2, 0}};
constexpr AxisRef axes_16[] = {{0, 0}, {3, -1}, {2, 0}};
constexpr TensorSpec spec_15 = {0, true, false, false, false, false, {axes_16, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_17[] = {{0, 0}, {3, -1}, {2, 0}};
constexpr uint32_t when_18[] = {offsetof(CausalConv1dCall, options.return_state)};
constexpr bool when_enum_19[] = {false};
constexpr OutputDesc outputs_causal_conv1d[] = {
    {"out", "out", offsetof(CausalConv1dCall, out), &spec_12, {axes_14, 3}, -1, 0, nullptr, nullptr, 0},
    {"state", nullptr, offsetof(CausalConv1dCall, state), &spec_15, {axes_17, 3}, -1, 0, when_18, when_enum_19, 1},
};
constexpr AxisDesc axes_causal_conv1d[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"C", "channels", nullptr, 0},
    {"W", "width", nullptr, 0},
};
constexpr RuleDesc rules_causal_conv1d[] = {
    {RuleKind::positive, 3, 3, {}, {}, ""},
};
}  // namespace causal_conv1d_tables

// decay_gate
namespace decay_gate_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, false, false, {axes_2, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_decay_gate[] = {
    {"x", "x", FieldKind::tensor, offsetof(DecayGateCall, x), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_4[] = {{3, 0}};
constexpr TensorSpec spec_3 = {1u << 0, true, false, false, false, false, {axes_4, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_6[] = {{2, 0}};
constexpr TensorSpec spec_5 = {1u << 0, true, false, false, false, false, {axes_6, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc options_decay_gate[] = {
    {"logA", "logA", FieldKind::tensor, offsetof(DecayGateCall, options.log_a), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false, false},
    {"bias", "bias", FieldKind::tensor, offsetof(DecayGateCall, options.bias), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false},
    {"lowerBound", "lowerBound", FieldKind::number, offsetof(DecayGateCall, options.lower_bound), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, 0, false, false},
    {"rateMin", "rateMin", FieldKind::number, offsetof(DecayGateCall, options.rate_min), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, false, false},
    {"rateMax", "rateMax", FieldKind::number, offsetof(DecayGateCall, options.rate_max), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, false, false},
    {"returnRate", "returnRate", FieldKind::boolean, offsetof(DecayGateCall, options.return_rate), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_8[] = {{0, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_7 = {1u << 0, false, false, false, false, false, {axes_8, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_9[] = {{0, 0}, {1, 0}, {2, 0}};
constexpr AxisRef axes_11[] = {{0, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_10 = {1u << 0, false, false, false, false, false, {axes_11, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_12[] = {{0, 0}, {1, 0}, {2, 0}};
constexpr uint32_t when_13[] = {offsetof(DecayGateCall, options.return_rate)};
constexpr bool when_enum_14[] = {false};
constexpr OutputDesc outputs_decay_gate[] = {
    {"decay", "out", offsetof(DecayGateCall, decay), &spec_7, {axes_9, 3}, 0, 0, nullptr, nullptr, 0},
    {"rate", nullptr, offsetof(DecayGateCall, rate), &spec_10, {axes_12, 3}, 0, 0, when_13, when_enum_14, 1},
};
constexpr AxisDesc axes_decay_gate[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"C", "gates per token (heads, or heads · key dim)", nullptr, 0},
    {"H", "heads", nullptr, 0},
};
constexpr RuleDesc rules_decay_gate[] = {
    {RuleKind::divides, 3, 2, {}, {}, ""},
    {RuleKind::ordered, -1, -1, {&options_decay_gate[3], false, 0}, {&options_decay_gate[4], false, 0}, ""},
    {RuleKind::excludes, -1, -1, {&options_decay_gate[2], false, 0}, {&options_decay_gate[3], false, 0}, "the bounded form has no rate"},
    {RuleKind::excludes, -1, -1, {&options_decay_gate[2], false, 0}, {&options_decay_gate[4], false, 0}, "the bounded form has no rate"},
    {RuleKind::excludes, -1, -1, {&options_decay_gate[2], false, 0}, {&options_decay_gate[5], false, 0}, "the bounded form has no rate"},
};
}  // namespace decay_gate_tables

// l2_norm
namespace l2_norm_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, false, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_l2_norm[] = {
    {"x", "x", FieldKind::tensor, offsetof(L2NormCall, x), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
};
constexpr const char* values_3[] = {"add", "max"};
constexpr FieldDesc options_l2_norm[] = {
    {"epsilon", "epsilon", FieldKind::number, offsetof(L2NormCall, options.epsilon), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, false, false},
    {"epsilonRule", "epsilonRule", FieldKind::enumeration, offsetof(L2NormCall, options.epsilon_rule), 0, values_3, 2, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_5[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_4 = {0, true, false, false, false, false, {axes_5, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_6[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr OutputDesc outputs_l2_norm[] = {
    {"out", "out", offsetof(L2NormCall, out), &spec_4, {axes_6, 4}, -1, 0, nullptr, nullptr, 0},
};
constexpr AxisDesc axes_l2_norm[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"H", "heads", nullptr, 0},
    {"D", "normalised dim", nullptr, 0},
};
}  // namespace l2_norm_tables

// layer_norm
namespace layer_norm_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, false, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_layer_norm[] = {
    {"x", "x", FieldKind::tensor, offsetof(LayerNormCall, x), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_3[] = {{3, 0}};
constexpr AxisRef axes_4[] = {{2, 0}, {3, 0}};
constexpr AxisRef axes_6[] = {{2, 0}, {3, 0}};
constexpr AxisForm forms_7[] = {{axes_3, 1}, {axes_4, 2}};
constexpr TensorSpec spec_5 = {1u << 0, true, false, false, false, false, {axes_6, 2}, forms_7, 2, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_8[] = {{3, 0}};
constexpr AxisRef axes_9[] = {{2, 0}, {3, 0}};
constexpr AxisRef axes_11[] = {{2, 0}, {3, 0}};
constexpr AxisForm forms_12[] = {{axes_8, 1}, {axes_9, 2}};
constexpr TensorSpec spec_10 = {1u << 0, true, false, false, false, false, {axes_11, 2}, forms_12, 2, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc options_layer_norm[] = {
    {"weight", "weight", FieldKind::tensor, offsetof(LayerNormCall, options.weight), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false},
    {"bias", "bias", FieldKind::tensor, offsetof(LayerNormCall, options.bias), 0, nullptr, 0, nullptr, 0, &spec_10, -kUnbounded, kUnbounded, false, false},
    {"epsilon", "epsilon", FieldKind::number, offsetof(LayerNormCall, options.epsilon), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, false, false},
};
constexpr AxisRef axes_14[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_13 = {0, true, false, false, false, false, {axes_14, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_15[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr OutputDesc outputs_layer_norm[] = {
    {"out", "out", offsetof(LayerNormCall, out), &spec_13, {axes_15, 4}, -1, 0, nullptr, nullptr, 0},
};
constexpr AxisDesc axes_layer_norm[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"H", "heads or groups", nullptr, 0},
    {"D", "normalised dim", nullptr, 0},
};
}  // namespace layer_norm_tables

// linear_attention
namespace linear_attention_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {7, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, true, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{0, 0}, {1, 0}, {3, 0}, {7, 0}};
constexpr TensorSpec spec_3 = {0, true, false, false, true, false, {axes_4, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_6[] = {{0, 0}, {1, 0}, {4, 0}, {8, 0}};
constexpr TensorSpec spec_5 = {0, true, false, false, true, false, {axes_6, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_linear_attention[] = {
    {"q", "q", FieldKind::tensor, offsetof(LinearAttentionCall, q), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
    {"k", "k", FieldKind::tensor, offsetof(LinearAttentionCall, k), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false, false},
    {"v", "v", FieldKind::tensor, offsetof(LinearAttentionCall, v), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false},
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
constexpr TensorSpec spec_24 = {1u << 0 | 1u << 2, false, false, true, false, false, {axes_25, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_27[] = {{0, 0}, {5, 0}, {7, 0}};
constexpr TensorSpec spec_26 = {1u << 0, false, false, true, false, false, {axes_27, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_29[] = {{6, 0}};
constexpr TensorSpec spec_28 = {1u << 0, true, false, false, false, false, {axes_29, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_31[] = {{0, 1}};
constexpr TensorSpec spec_30 = {1u << 3, false, false, false, false, true, {axes_31, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {1, 0}};
constexpr AxisRef axes_33[] = {{5, 0}, {7, 0}, {8, 0}};
constexpr TensorSpec spec_32 = {1u << 0 | 1u << 2, false, false, true, false, false, {axes_33, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_35[] = {{5, 0}, {7, 0}, {8, 0}};
constexpr TensorSpec spec_34 = {1u << 0 | 1u << 2, false, false, true, false, false, {axes_35, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_37[] = {{5, 0}, {7, 0}};
constexpr TensorSpec spec_36 = {1u << 0, false, false, true, false, false, {axes_37, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_39[] = {{5, 0}, {7, 0}};
constexpr TensorSpec spec_38 = {1u << 0, false, false, true, false, false, {axes_39, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr const char* values_40[] = {"f32"};
constexpr FieldDesc options_linear_attention[] = {
    {"updateRule", "updateRule", FieldKind::enumeration, offsetof(LinearAttentionCall, options.update_rule), 0, values_7, 5, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"decay", "decay", FieldKind::tensor, offsetof(LinearAttentionCall, options.decay), 0, nullptr, 0, nullptr, 0, &spec_11, -kUnbounded, kUnbounded, false, false},
    {"beta", "beta", FieldKind::tensor, offsetof(LinearAttentionCall, options.beta), 0, nullptr, 0, nullptr, 0, &spec_16, -kUnbounded, kUnbounded, false, false},
    {"a", "a", FieldKind::tensor, offsetof(LinearAttentionCall, options.a), 0, nullptr, 0, nullptr, 0, &spec_19, -kUnbounded, kUnbounded, false, false},
    {"b", "b", FieldKind::tensor, offsetof(LinearAttentionCall, options.b), 0, nullptr, 0, nullptr, 0, &spec_21, -kUnbounded, kUnbounded, false, false},
    {"scale", "scale", FieldKind::number, offsetof(LinearAttentionCall, options.scale), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"causal", "causal", FieldKind::boolean, offsetof(LinearAttentionCall, options.causal), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"featureMap", "featureMap", FieldKind::enumeration, offsetof(LinearAttentionCall, options.feature_map), 0, values_23, 4, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"normalize", "normalize", FieldKind::boolean, offsetof(LinearAttentionCall, options.normalize), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"state", "state", FieldKind::tensor, offsetof(LinearAttentionCall, options.state), 0, nullptr, 0, nullptr, 0, &spec_24, -kUnbounded, kUnbounded, false, false},
    {"normalizer", "normalizer", FieldKind::tensor, offsetof(LinearAttentionCall, options.normalizer), 0, nullptr, 0, nullptr, 0, &spec_26, -kUnbounded, kUnbounded, false, false},
    {"qkL2Norm", "qkL2Norm", FieldKind::boolean, offsetof(LinearAttentionCall, options.qk_l2_norm), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"skip", "skip", FieldKind::tensor, offsetof(LinearAttentionCall, options.skip), 0, nullptr, 0, nullptr, 0, &spec_28, -kUnbounded, kUnbounded, false, false},
    {"cuSeqlens", "cuSeqlens", FieldKind::tensor, offsetof(LinearAttentionCall, options.cu_seqlens), 0, nullptr, 0, nullptr, 0, &spec_30, -kUnbounded, kUnbounded, false, false},
    {"states", "states", FieldKind::tensor_list, offsetof(LinearAttentionCall, options.states), 0, nullptr, 0, nullptr, 0, &spec_32, -kUnbounded, kUnbounded, false, true},
    {"nextStates", "nextStates", FieldKind::tensor_list, offsetof(LinearAttentionCall, options.next_states), 0, nullptr, 0, nullptr, 0, &spec_34, -kUnbounded, kUnbounded, false, true},
    {"normalizers", "normalizers", FieldKind::tensor_list, offsetof(LinearAttentionCall, options.normalizers), 0, nullptr, 0, nullptr, 0, &spec_36, -kUnbounded, kUnbounded, false, true},
    {"nextNormalizers", "nextNormalizers", FieldKind::tensor_list, offsetof(LinearAttentionCall, options.next_normalizers), 0, nullptr, 0, nullptr, 0, &spec_38, -kUnbounded, kUnbounded, false, true},
    {"outDtype", "outDtype", FieldKind::enumeration, offsetof(LinearAttentionCall, options.out_dtype), 0, values_40, 1, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"returnState", "returnState", FieldKind::boolean, offsetof(LinearAttentionCall, options.return_state), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_42[] = {{0, 0}, {1, 0}, {6, 0}, {8, 0}};
constexpr TensorSpec spec_41 = {1u << 0, true, false, false, true, false, {axes_42, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_43[] = {{0, 0}, {1, 0}, {6, 0}, {8, 0}};
constexpr AxisRef axes_45[] = {{0, 0}, {5, 0}, {7, 0}, {8, 0}};
constexpr TensorSpec spec_44 = {1u << 0, false, false, false, false, false, {axes_45, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_46[] = {{0, 0}, {5, 0}, {8, 0}, {7, 0}};
constexpr uint32_t when_47[] = {offsetof(LinearAttentionCall, options.return_state)};
constexpr bool when_enum_48[] = {false};
constexpr AxisRef axes_50[] = {{0, 0}, {5, 0}, {7, 0}};
constexpr TensorSpec spec_49 = {1u << 0, false, false, false, false, false, {axes_50, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_51[] = {{0, 0}, {5, 0}, {7, 0}};
constexpr uint32_t when_52[] = {offsetof(LinearAttentionCall, options.return_state), offsetof(LinearAttentionCall, options.normalize)};
constexpr bool when_enum_53[] = {false, false};
constexpr OutputDesc outputs_linear_attention[] = {
    {"out", "out", offsetof(LinearAttentionCall, out), &spec_41, {axes_43, 4}, -2, offsetof(LinearAttentionCall, options.out_dtype), nullptr, nullptr, 0},
    {"state", nullptr, offsetof(LinearAttentionCall, state), &spec_44, {axes_46, 4}, 0, 0, when_47, when_enum_48, 1},
    {"normalizer", nullptr, offsetof(LinearAttentionCall, normalizer), &spec_49, {axes_51, 3}, 0, 0, when_52, when_enum_53, 2},
};
constexpr int8_t max_of_54[] = {3, 4};
constexpr int8_t max_of_55[] = {2, 5};
constexpr AxisDesc axes_linear_attention[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"Hq", "query heads", nullptr, 0},
    {"Hk", "key heads", nullptr, 0},
    {"Hv", "value heads", nullptr, 0},
    {"Hs", "state heads", max_of_54, 2},
    {"H", "output heads", max_of_55, 2},
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
    {RuleKind::excludes, -1, -1, {&options_linear_attention[14], false, 0}, {&options_linear_attention[9], false, 0}, ""},
    {RuleKind::excludes, -1, -1, {&options_linear_attention[14], false, 0}, {&options_linear_attention[10], false, 0}, ""},
    {RuleKind::excludes, -1, -1, {&options_linear_attention[14], false, 0}, {&options_linear_attention[19], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_linear_attention[15], false, 0}, {&options_linear_attention[14], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_linear_attention[16], false, 0}, {&options_linear_attention[14], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_linear_attention[16], false, 0}, {&options_linear_attention[8], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_linear_attention[17], false, 0}, {&options_linear_attention[16], false, 0}, ""},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[6], true, 0}, {&options_linear_attention[9], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[6], true, 0}, {&options_linear_attention[14], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[6], true, 0}, {&options_linear_attention[10], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_forbid, -1, -1, {&options_linear_attention[6], true, 0}, {&options_linear_attention[19], false, 0}, "every query already sees all tokens"},
    {RuleKind::when_require, -1, -1, {&options_linear_attention[6], true, 0}, {&options_linear_attention[0], true, 0}, "decay and the delta rule depend on the order of tokens"},
};
}  // namespace linear_attention_tables

// merge_attention
namespace merge_attention_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, true, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{0, 0}, {2, 0}, {1, 0}};
constexpr TensorSpec spec_3 = {1u << 0, false, false, false, true, false, {axes_4, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_merge_attention[] = {
    {"outs", "outs", FieldKind::tensor_list, offsetof(MergeAttentionCall, outs), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
    {"lses", "lses", FieldKind::tensor_list, offsetof(MergeAttentionCall, lses), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_6[] = {{2, 0}};
constexpr TensorSpec spec_5 = {1u << 0, true, false, false, false, false, {axes_6, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc options_merge_attention[] = {
    {"sinks", "sinks", FieldKind::tensor, offsetof(MergeAttentionCall, options.sinks), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_8[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_7 = {0, true, false, false, true, false, {axes_8, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_9[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr AxisRef axes_11[] = {{0, 0}, {2, 0}, {1, 0}};
constexpr TensorSpec spec_10 = {1u << 0, false, false, false, true, false, {axes_11, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
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

// rms_norm
namespace rms_norm_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, false, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_rms_norm[] = {
    {"x", "x", FieldKind::tensor, offsetof(RmsNormCall, x), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_3[] = {{3, 0}};
constexpr AxisRef axes_4[] = {{2, 0}, {3, 0}};
constexpr AxisRef axes_6[] = {{2, 0}, {3, 0}};
constexpr AxisForm forms_7[] = {{axes_3, 1}, {axes_4, 2}};
constexpr TensorSpec spec_5 = {1u << 0, true, false, false, false, false, {axes_6, 2}, forms_7, 2, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_9[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_8 = {1u << 0, true, false, false, false, false, {axes_9, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr const char* values_10[] = {"silu", "sigmoid"};
constexpr FieldDesc options_rms_norm[] = {
    {"weight", "weight", FieldKind::tensor, offsetof(RmsNormCall, options.weight), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false},
    {"weightOffset", "weightOffset", FieldKind::number, offsetof(RmsNormCall, options.weight_offset), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"epsilon", "epsilon", FieldKind::number, offsetof(RmsNormCall, options.epsilon), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, false, false},
    {"gate", "gate", FieldKind::tensor, offsetof(RmsNormCall, options.gate), 0, nullptr, 0, nullptr, 0, &spec_8, -kUnbounded, kUnbounded, false, false},
    {"gateActivation", "gateActivation", FieldKind::enumeration, offsetof(RmsNormCall, options.gate_activation), 0, values_10, 2, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"gateFirst", "gateFirst", FieldKind::boolean, offsetof(RmsNormCall, options.gate_first), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_12[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_11 = {0, true, false, false, false, false, {axes_12, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_13[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr OutputDesc outputs_rms_norm[] = {
    {"out", "out", offsetof(RmsNormCall, out), &spec_11, {axes_13, 4}, -1, 0, nullptr, nullptr, 0},
};
constexpr AxisDesc axes_rms_norm[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"H", "heads or groups", nullptr, 0},
    {"D", "normalised dim", nullptr, 0},
};
constexpr RuleDesc rules_rms_norm[] = {
    {RuleKind::when_require, -1, -1, {&options_rms_norm[5], true, 1}, {&options_rms_norm[3], false, 0}, ""},
};
}  // namespace rms_norm_tables

// rotary_embedding
namespace rotary_embedding_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, false, false, {axes_2, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_rotary_embedding[] = {
    {"x", "x", FieldKind::tensor, offsetof(RotaryEmbeddingCall, x), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
};
constexpr const char* values_3[] = {"linear", "llama3", "yarn"};
constexpr FieldDesc fields_4[] = {{"type", "scaling.type", FieldKind::enumeration, offsetof(RotaryEmbeddingCall, options.scaling.type), 0, values_3, 3, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false}, {"factor", "scaling.factor", FieldKind::number, offsetof(RotaryEmbeddingCall, options.scaling.factor), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true, false}, {"originalLength", "scaling.originalLength", FieldKind::number, offsetof(RotaryEmbeddingCall, options.scaling.original_length), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true, false}, {"lowFrequency", "scaling.lowFrequency", FieldKind::number, offsetof(RotaryEmbeddingCall, options.scaling.low_frequency), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true, false}, {"highFrequency", "scaling.highFrequency", FieldKind::number, offsetof(RotaryEmbeddingCall, options.scaling.high_frequency), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true, false}, {"betaFast", "scaling.betaFast", FieldKind::number, offsetof(RotaryEmbeddingCall, options.scaling.beta_fast), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true, false}, {"betaSlow", "scaling.betaSlow", FieldKind::number, offsetof(RotaryEmbeddingCall, options.scaling.beta_slow), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true, false}, {"exactRange", "scaling.exactRange", FieldKind::boolean, offsetof(RotaryEmbeddingCall, options.scaling.exact_range), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false}};
constexpr AxisRef axes_6[] = {{4, 0}};
constexpr TensorSpec spec_5 = {1u << 0, false, false, false, false, false, {axes_6, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_8[] = {{0, 0}};
constexpr TensorSpec spec_7 = {1u << 3, false, false, false, false, false, {axes_8, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_9[] = {{1, 0}};
constexpr AxisRef axes_10[] = {{0, 0}, {1, 0}};
constexpr AxisRef axes_12[] = {{0, 0}, {1, 0}};
constexpr AxisForm forms_13[] = {{axes_9, 1}, {axes_10, 2}};
constexpr TensorSpec spec_11 = {1u << 3, false, false, false, false, false, {axes_12, 2}, forms_13, 2, 0, INT32_MAX, {5, -1}};
constexpr AxisRef axes_14[] = {{1, 0}, {4, 0}};
constexpr AxisRef axes_15[] = {{0, 0}, {1, 0}, {4, 0}};
constexpr AxisRef axes_17[] = {{0, 0}, {1, 0}, {4, 0}};
constexpr AxisForm forms_18[] = {{axes_14, 2}, {axes_15, 3}};
constexpr TensorSpec spec_16 = {1u << 0, true, false, false, false, false, {axes_17, 3}, forms_18, 2, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_19[] = {{1, 0}, {4, 0}};
constexpr AxisRef axes_20[] = {{0, 0}, {1, 0}, {4, 0}};
constexpr AxisRef axes_22[] = {{0, 0}, {1, 0}, {4, 0}};
constexpr AxisForm forms_23[] = {{axes_19, 2}, {axes_20, 3}};
constexpr TensorSpec spec_21 = {1u << 0, true, false, false, false, false, {axes_22, 3}, forms_23, 2, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_25[] = {{5, 0}, {4, 0}};
constexpr TensorSpec spec_24 = {1u << 0, true, false, false, false, false, {axes_25, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_27[] = {{5, 0}, {4, 0}};
constexpr TensorSpec spec_26 = {1u << 0, true, false, false, false, false, {axes_27, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc options_rotary_embedding[] = {
    {"interleaved", "interleaved", FieldKind::boolean, offsetof(RotaryEmbeddingCall, options.interleaved), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"theta", "theta", FieldKind::number, offsetof(RotaryEmbeddingCall, options.theta), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, true, false},
    {"rotaryDim", "rotaryDim", FieldKind::integer, offsetof(RotaryEmbeddingCall, options.rotary_dim), 0, nullptr, 0, nullptr, 0, nullptr, 0, kUnbounded, false, false},
    {"scaling", "scaling", FieldKind::group, offsetof(RotaryEmbeddingCall, options.scaling), offsetof(RotaryEmbeddingCall, options.scaling.present), nullptr, 0, fields_4, 8, nullptr, -kUnbounded, kUnbounded, false, false},
    {"amplitude", "amplitude", FieldKind::number, offsetof(RotaryEmbeddingCall, options.amplitude), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
    {"inverseFrequencies", "inverseFrequencies", FieldKind::tensor, offsetof(RotaryEmbeddingCall, options.inverse_frequencies), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false},
    {"positionStart", "positionStart", FieldKind::integer_or_tensor, offsetof(RotaryEmbeddingCall, options.position_start), 0, nullptr, 0, nullptr, 0, &spec_7, -2147483648, 2147483647, false, false},
    {"positions", "positions", FieldKind::tensor, offsetof(RotaryEmbeddingCall, options.positions), 0, nullptr, 0, nullptr, 0, &spec_11, -kUnbounded, kUnbounded, false, false},
    {"cos", "cos", FieldKind::tensor, offsetof(RotaryEmbeddingCall, options.cos), 0, nullptr, 0, nullptr, 0, &spec_16, -kUnbounded, kUnbounded, false, false},
    {"sin", "sin", FieldKind::tensor, offsetof(RotaryEmbeddingCall, options.sin), 0, nullptr, 0, nullptr, 0, &spec_21, -kUnbounded, kUnbounded, false, false},
    {"cosTable", "cosTable", FieldKind::tensor, offsetof(RotaryEmbeddingCall, options.cos_table), 0, nullptr, 0, nullptr, 0, &spec_24, -kUnbounded, kUnbounded, false, false},
    {"sinTable", "sinTable", FieldKind::tensor, offsetof(RotaryEmbeddingCall, options.sin_table), 0, nullptr, 0, nullptr, 0, &spec_26, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_29[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr TensorSpec spec_28 = {0, true, false, false, false, false, {axes_29, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_30[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
constexpr OutputDesc outputs_rotary_embedding[] = {
    {"out", "out", offsetof(RotaryEmbeddingCall, out), &spec_28, {axes_30, 4}, -1, 0, nullptr, nullptr, 0},
};
constexpr AxisDesc axes_rotary_embedding[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"H", "heads", nullptr, 0},
    {"D", "head dim", nullptr, 0},
    {"R", "rotated pairs", nullptr, 0},
    {"P", "positions in the table", nullptr, 0},
};
constexpr RuleDesc rules_rotary_embedding[] = {
    {RuleKind::needs, -1, -1, {&options_rotary_embedding[8], false, 0}, {&options_rotary_embedding[9], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_rotary_embedding[9], false, 0}, {&options_rotary_embedding[8], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_rotary_embedding[10], false, 0}, {&options_rotary_embedding[11], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_rotary_embedding[11], false, 0}, {&options_rotary_embedding[10], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_rotary_embedding[10], false, 0}, {&options_rotary_embedding[7], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_rotary_embedding[3], false, 0}, {&options_rotary_embedding[3].fields[0], false, 0}, ""},
    {RuleKind::needs, -1, -1, {&options_rotary_embedding[3], false, 0}, {&options_rotary_embedding[3].fields[1], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_rotary_embedding[3].fields[0], true, 1}, {&options_rotary_embedding[3].fields[2], false, 0}, ""},
    {RuleKind::when_require, -1, -1, {&options_rotary_embedding[3].fields[0], true, 2}, {&options_rotary_embedding[3].fields[2], false, 0}, ""},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[7], false, 0}, {&options_rotary_embedding[6], false, 0}, "both give the positions"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[5], false, 0}, {&options_rotary_embedding[1], false, 0}, "both give the frequencies"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[5], false, 0}, {&options_rotary_embedding[3], false, 0}, "the given frequencies are already scaled"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[8], false, 0}, {&options_rotary_embedding[10], false, 0}, "both give the angles"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[8], false, 0}, {&options_rotary_embedding[5], false, 0}, "both give the angles"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[8], false, 0}, {&options_rotary_embedding[1], false, 0}, "both give the angles"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[8], false, 0}, {&options_rotary_embedding[3], false, 0}, "both give the angles"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[8], false, 0}, {&options_rotary_embedding[7], false, 0}, "the tables already follow the tokens"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[8], false, 0}, {&options_rotary_embedding[6], false, 0}, "the tables already follow the tokens"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[10], false, 0}, {&options_rotary_embedding[5], false, 0}, "both give the angles"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[10], false, 0}, {&options_rotary_embedding[1], false, 0}, "both give the angles"},
    {RuleKind::excludes, -1, -1, {&options_rotary_embedding[10], false, 0}, {&options_rotary_embedding[3], false, 0}, "both give the angles"},
};
}  // namespace rotary_embedding_tables

// token_shift
namespace token_shift_tables {
constexpr AxisRef axes_2[] = {{0, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_1 = {1u << 0 | 1u << 1 | 1u << 2, false, false, false, true, false, {axes_2, 3}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_4[] = {{3, 0}, {2, 0}};
constexpr TensorSpec spec_3 = {1u << 0, true, false, false, false, false, {axes_4, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr FieldDesc inputs_token_shift[] = {
    {"x", "x", FieldKind::tensor, offsetof(TokenShiftCall, x), 0, nullptr, 0, nullptr, 0, &spec_1, -kUnbounded, kUnbounded, false, false},
    {"mix", "mix", FieldKind::tensor, offsetof(TokenShiftCall, mix), 0, nullptr, 0, nullptr, 0, &spec_3, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_6[] = {{0, 0}, {2, 0}};
constexpr TensorSpec spec_5 = {0, true, false, false, false, false, {axes_6, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_8[] = {{0, 1}};
constexpr TensorSpec spec_7 = {1u << 3, false, false, false, false, true, {axes_8, 1}, nullptr, 0, INT32_MIN, INT32_MAX, {1, 0}};
constexpr FieldDesc options_token_shift[] = {
    {"state", "state", FieldKind::tensor, offsetof(TokenShiftCall, options.state), 0, nullptr, 0, nullptr, 0, &spec_5, -kUnbounded, kUnbounded, false, false},
    {"cuSeqlens", "cuSeqlens", FieldKind::tensor, offsetof(TokenShiftCall, options.cu_seqlens), 0, nullptr, 0, nullptr, 0, &spec_7, -kUnbounded, kUnbounded, false, false},
    {"returnState", "returnState", FieldKind::boolean, offsetof(TokenShiftCall, options.return_state), 0, nullptr, 0, nullptr, 0, nullptr, -kUnbounded, kUnbounded, false, false},
};
constexpr AxisRef axes_10[] = {{3, 0}, {0, 0}, {1, 0}, {2, 0}};
constexpr TensorSpec spec_9 = {0, true, false, false, true, false, {axes_10, 4}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_11[] = {{3, 0}, {0, 0}, {1, 0}, {2, 0}};
constexpr AxisRef axes_13[] = {{0, 0}, {2, 0}};
constexpr TensorSpec spec_12 = {0, true, false, false, false, false, {axes_13, 2}, nullptr, 0, INT32_MIN, INT32_MAX, {-1, 0}};
constexpr AxisRef axes_14[] = {{0, 0}, {2, 0}};
constexpr uint32_t when_15[] = {offsetof(TokenShiftCall, options.return_state)};
constexpr bool when_enum_16[] = {false};
constexpr OutputDesc outputs_token_shift[] = {
    {"out", "out", offsetof(TokenShiftCall, out), &spec_9, {axes_11, 4}, -1, 0, nullptr, nullptr, 0},
    {"state", nullptr, offsetof(TokenShiftCall, state), &spec_12, {axes_14, 2}, -1, 0, when_15, when_enum_16, 1},
};
constexpr AxisDesc axes_token_shift[] = {
    {"B", "batch", nullptr, 0},
    {"T", "tokens", nullptr, 0},
    {"C", "channels", nullptr, 0},
    {"M", "mixes", nullptr, 0},
};
}  // namespace token_shift_tables

}  // namespace

OpTable op_table() {
  using namespace activation_tables;
  using namespace attention_tables;
  using namespace cached_attention_tables;
  using namespace causal_conv1d_tables;
  using namespace decay_gate_tables;
  using namespace l2_norm_tables;
  using namespace layer_norm_tables;
  using namespace linear_attention_tables;
  using namespace merge_attention_tables;
  using namespace rms_norm_tables;
  using namespace rotary_embedding_tables;
  using namespace token_shift_tables;
  static constexpr OpDesc rows[] = {
      {OpId::activation, "activation", "activation", "activation", sizeof(ActivationCall), construct<ActivationCall>, inputs_activation, 1, options_activation, 5, outputs_activation, 1, axes_activation, 4, offsetof(ActivationCall, axes), nullptr, 0, nullptr, 0, nullptr, 0},
      {OpId::attention, "attention", "attention", "attention", sizeof(AttentionCall), construct<AttentionCall>, inputs_attention, 3, options_attention, 19, outputs_attention, 3, axes_attention, 8, offsetof(AttentionCall, axes), &options_attention[13], 0, rules_attention, 13, refused_attention, 1},
      {OpId::cached_attention, "cached_attention", "attention", "cachedAttention", sizeof(CachedAttentionCall), construct<CachedAttentionCall>, inputs_cached_attention, 2, options_cached_attention, 16, outputs_cached_attention, 2, axes_cached_attention, 8, offsetof(CachedAttentionCall, axes), &options_cached_attention[11], 0, rules_cached_attention, 9, refused_cached_attention, 4},
      {OpId::causal_conv1d, "causal_conv1d", "causalConv1d", "causalConv1d", sizeof(CausalConv1dCall), construct<CausalConv1dCall>, inputs_causal_conv1d, 2, options_causal_conv1d, 5, outputs_causal_conv1d, 2, axes_causal_conv1d, 4, offsetof(CausalConv1dCall, axes), &options_causal_conv1d[3], 0, rules_causal_conv1d, 1, nullptr, 0},
      {OpId::decay_gate, "decay_gate", "decayGate", "decayGate", sizeof(DecayGateCall), construct<DecayGateCall>, inputs_decay_gate, 1, options_decay_gate, 6, outputs_decay_gate, 2, axes_decay_gate, 4, offsetof(DecayGateCall, axes), nullptr, 0, rules_decay_gate, 5, nullptr, 0},
      {OpId::l2_norm, "l2_norm", "l2Norm", "l2Norm", sizeof(L2NormCall), construct<L2NormCall>, inputs_l2_norm, 1, options_l2_norm, 2, outputs_l2_norm, 1, axes_l2_norm, 4, offsetof(L2NormCall, axes), nullptr, 0, nullptr, 0, nullptr, 0},
      {OpId::layer_norm, "layer_norm", "layerNorm", "layerNorm", sizeof(LayerNormCall), construct<LayerNormCall>, inputs_layer_norm, 1, options_layer_norm, 3, outputs_layer_norm, 1, axes_layer_norm, 4, offsetof(LayerNormCall, axes), nullptr, 0, nullptr, 0, nullptr, 0},
      {OpId::linear_attention, "linear_attention", "linearAttention", "linearAttention", sizeof(LinearAttentionCall), construct<LinearAttentionCall>, inputs_linear_attention, 3, options_linear_attention, 20, outputs_linear_attention, 3, axes_linear_attention, 9, offsetof(LinearAttentionCall, axes), &options_linear_attention[13], 0, rules_linear_attention, 45, nullptr, 0},
      {OpId::merge_attention, "merge_attention", "mergeAttention", "mergeAttention", sizeof(MergeAttentionCall), construct<MergeAttentionCall>, inputs_merge_attention, 2, options_merge_attention, 1, outputs_merge_attention, 2, axes_merge_attention, 4, offsetof(MergeAttentionCall, axes), nullptr, offsetof(MergeAttentionCall, unbatched), nullptr, 0, nullptr, 0},
      {OpId::rms_norm, "rms_norm", "rmsNorm", "rmsNorm", sizeof(RmsNormCall), construct<RmsNormCall>, inputs_rms_norm, 1, options_rms_norm, 6, outputs_rms_norm, 1, axes_rms_norm, 4, offsetof(RmsNormCall, axes), nullptr, 0, rules_rms_norm, 1, nullptr, 0},
      {OpId::rotary_embedding, "rotary_embedding", "rotaryEmbedding", "rotaryEmbedding", sizeof(RotaryEmbeddingCall), construct<RotaryEmbeddingCall>, inputs_rotary_embedding, 1, options_rotary_embedding, 12, outputs_rotary_embedding, 1, axes_rotary_embedding, 6, offsetof(RotaryEmbeddingCall, axes), nullptr, 0, rules_rotary_embedding, 21, nullptr, 0},
      {OpId::token_shift, "token_shift", "tokenShift", "tokenShift", sizeof(TokenShiftCall), construct<TokenShiftCall>, inputs_token_shift, 2, options_token_shift, 3, outputs_token_shift, 2, axes_token_shift, 4, offsetof(TokenShiftCall, axes), &options_token_shift[1], 0, nullptr, 0, nullptr, 0},
  };
  return {rows, 12};
}

const OpDesc& op_desc(OpId id) { return op_table().rows[static_cast<int>(id)]; }

}  // namespace attn
