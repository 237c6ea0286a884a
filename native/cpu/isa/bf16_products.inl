// The kernels of an ISA unit that differs from the one before it in its products of bf16 alone: attention between bf16
// queries and keys. Everything else is left to that one.

#include "cpu/kernels/offsets.inl"

#include "cpu/kernels/attention_mask.inl"

#include "cpu/kernels/attention_decode.inl"

#include "cpu/isa/join_rows.inl"

#include "cpu/kernels/attention_prefill.inl"
#include "cpu/kernels/cached_attention.inl"

constexpr auto kJoined = rows_of_dtype(join_rows(kAttentionDecode, kAttentionPrefill, kCachedAttention), "bf16");
