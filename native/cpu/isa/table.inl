// The kernels of one ISA unit, in order of preference: for each operation the first row that takes a call runs it.
// A kernel file ends with an array of its rows; here it is included and named in the list below.

#include "cpu/kernels/offsets.inl"

#include "cpu/kernels/attention_mask.inl"

#include "cpu/kernels/attention_decode.inl"

#include "cpu/isa/join_rows.inl"

#include "cpu/kernels/rows.inl"

#include "cpu/kernels/activation.inl"
#include "cpu/kernels/attention_prefill.inl"
#include "cpu/kernels/cached_attention.inl"
#include "cpu/kernels/causal_conv1d.inl"
#include "cpu/kernels/decay_gate.inl"
#include "cpu/kernels/l2_norm.inl"
#include "cpu/kernels/layer_norm.inl"
#include "cpu/kernels/linear_attention.inl"
#include "cpu/kernels/merge_attention.inl"
#include "cpu/kernels/rms_norm.inl"
#include "cpu/kernels/rotary_embedding.inl"
#include "cpu/kernels/token_shift.inl"

constexpr auto kJoined = join_rows(
    // attention: decode before prefill
    kAttentionDecode, kAttentionPrefill, kCachedAttention,

    // linear_attention: recurrent before chunk
    kLinearAttention,

    kMergeAttention, kActivation, kCausalConv1d, kDecayGate, kL2Norm, kLayerNorm, kRmsNorm, kRotaryEmbedding,
    kTokenShift);
