// The forms of linear attention and their rows in the registry: recurrent for few tokens before chunk, which takes all.
//
// Equation: S_t = decay_t · S_{t−1} + write_t, o_t = scale · φ(q_t) S_t

namespace linear {

#include "cpu/kernels/linear_attention_rows.inl"

#include "cpu/kernels/linear_attention_recurrent_sweeps.inl"

#include "cpu/kernels/linear_attention_recurrent.inl"

#include "cpu/kernels/linear_attention_chunk_grams.inl"

#include "cpu/kernels/linear_attention_chunk_prepare.inl"

#include "cpu/kernels/linear_attention_chunk_sweeps.inl"

#include "cpu/kernels/linear_attention_chunk_panel.inl"

#include "cpu/kernels/linear_attention_chunk.inl"

template <typename S>
constexpr KernelInfo recurrent_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::linear_attention,
          kIsa,
          "recurrent",
          dtype,
          supports_as<LinearAttentionCall, recurrent_supports>,
          run_as<LinearAttentionCall, recurrent_run<S>>};
}

template <typename S>
constexpr KernelInfo chunk_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::linear_attention,
          kIsa,
          "chunk",
          dtype,
          supports_as<LinearAttentionCall, chunk_supports>,
          run_as<LinearAttentionCall, chunk_run<S>>};
}

}  // namespace linear

constexpr KernelInfo kLinearAttention[] = {
    linear::recurrent_kernel<float>("cpu." ATTN_ISA "/linear_attention.recurrent.f32", "f32"),
    linear::recurrent_kernel<f16>("cpu." ATTN_ISA "/linear_attention.recurrent.f16", "f16"),
    linear::recurrent_kernel<bf16>("cpu." ATTN_ISA "/linear_attention.recurrent.bf16", "bf16"),
    linear::chunk_kernel<float>("cpu." ATTN_ISA "/linear_attention.chunk.f32", "f32"),
    linear::chunk_kernel<f16>("cpu." ATTN_ISA "/linear_attention.chunk.f16", "f16"),
    linear::chunk_kernel<bf16>("cpu." ATTN_ISA "/linear_attention.chunk.bf16", "bf16"),
};
