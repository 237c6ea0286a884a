// Equation: out = x / √(Σx² + ε), or x / max(√Σx², ε)
// Shapes:   x, out [B, T, H, D]
// Types:    f32, f16, bf16; sums in f32
// Edge:     a row of zeros gives zeros while ε > 0
// Cost:     two passes over each row
// Source:   arXiv 2406.06484 §3.3
// Oracle:   test/oracle/norms.ts

template <typename S>
void l2_norm_row(const L2NormCall& call, const Row& row) {
  const int64_t dim = call.axes.D;
  const S* x = call.x.as<const S>() + row_offset(call.x, row);
  S* out = call.out.as<S>() + row_offset(call.out, row);
  F32 squares = zero();
  for (int64_t d = 0; d < dim; d += kLanes) {
    const F32 value = load_lanes(x + d, dim - d);
    squares = fma(value, value, squares);
  }
  const float sum = reduce_add(squares);
  const auto epsilon = static_cast<float>(call.options.epsilon.value_or(1e-6));
  float length = __builtin_sqrtf(call.options.epsilon_rule == L2NormEpsilonRule::add ? sum + epsilon : sum);
  if (call.options.epsilon_rule == L2NormEpsilonRule::max && length < epsilon) length = epsilon;
  const F32 factor = splat(1.0f / length);
  for (int64_t d = 0; d < dim; d += kLanes) store_lanes(out + d, mul(load_lanes(x + d, dim - d), factor), dim - d);
}

template <typename S>
Status run_l2_norm(const L2NormCall& call, ExecContext& exec) {
  if (Status status = exec.reserve(0, 0); !status.is_ok()) return status;
  for_each_row(exec, call.axes, 2 * call.axes.D, [&](const Row& row, std::byte*) { l2_norm_row<S>(call, row); });
  return {};
}

inline const char* l2_norm_supports(const L2NormCall&) { return nullptr; }

template <typename S>
constexpr KernelInfo l2_norm_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::l2_norm,
          kIsa,
          "rows",
          dtype,
          supports_as<L2NormCall, l2_norm_supports>,
          run_as<L2NormCall, run_l2_norm<S>>};
}

constexpr KernelInfo kL2Norm[] = {
    l2_norm_kernel<float>("cpu." ATTN_ISA "/l2_norm.rows.f32", "f32"),
    l2_norm_kernel<f16>("cpu." ATTN_ISA "/l2_norm.rows.f16", "f16"),
    l2_norm_kernel<bf16>("cpu." ATTN_ISA "/l2_norm.rows.bf16", "bf16"),
};
