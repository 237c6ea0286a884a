// Equation: out = (x − μ) / √(Σ(x − μ)² / D + ε) · weight + bias, μ = Σx / D
// Shapes:   x, out [B, T, H, D]; weight, bias [D] or [H, D]
// Types:    f32, f16, bf16; sums in f32
// Edge:     a constant row gives the bias while ε > 0
// Cost:     three passes over each row: the variance is taken about the mean, which subtracting squares would lose
// Source:   arXiv 1607.06450
// Oracle:   test/oracle/norms.ts

template <typename S>
void layer_norm_row(const LayerNormCall& call, const Row& row) {
  const LayerNormOptions& options = call.options;
  const int64_t dim = call.axes.D;
  const S* x = call.x.as<const S>() + row_offset(call.x, row);
  S* out = call.out.as<S>() + row_offset(call.out, row);
  F32 sum = zero();
  for (int64_t d = 0; d < dim; d += kLanes) sum = add(sum, load_lanes(x + d, dim - d));
  const F32 mean = splat(reduce_add(sum) / static_cast<float>(dim));
  F32 squares = zero();
  sum = zero();
  for (int64_t d = 0; d < dim; d += kLanes) {
    const F32 value = select(first_lanes(dim - d), sub(load_lanes(x + d, dim - d), mean), zero());
    squares = fma(value, value, squares);
    sum = add(sum, value);
  }
  // What rounding left of the mean: far from zero it is not small beside the deviation.
  const float rest = reduce_add(sum) / static_cast<float>(dim);
  const float variance = reduce_add(squares) / static_cast<float>(dim) - rest * rest;
  const F32 factor = splat(1.0f / __builtin_sqrtf(variance + static_cast<float>(options.epsilon.value_or(1e-5))));
  const auto weight = row_operand<S>(options.weight, row.h * options.weight.strides[0]);
  const auto bias = row_operand<S>(options.bias, row.h * options.bias.strides[0]);
  for (int64_t d = 0; d < dim; d += kLanes) {
    F32 value = mul(sub(sub(load_lanes(x + d, dim - d), mean), splat(rest)), factor);
    if (weight) value = mul(value, load_operand(weight, d, dim - d));
    if (bias) value = add(value, load_operand(bias, d, dim - d));
    store_lanes(out + d, value, dim - d);
  }
}

template <typename S>
Status run_layer_norm(const LayerNormCall& call, ExecContext& exec) {
  if (Status status = exec.reserve(0, 0); !status.is_ok()) return status;
  for_each_row(exec, call.axes, 4 * call.axes.D, [&](const Row& row, std::byte*) { layer_norm_row<S>(call, row); });
  return {};
}

inline const char* layer_norm_supports(const LayerNormCall&) { return nullptr; }

template <typename S>
constexpr KernelInfo layer_norm_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::layer_norm,
          kIsa,
          "rows",
          dtype,
          supports_as<LayerNormCall, layer_norm_supports>,
          run_as<LayerNormCall, run_layer_norm<S>>};
}

constexpr KernelInfo kLayerNorm[] = {
    layer_norm_kernel<float>("cpu." ATTN_ISA "/layer_norm.rows.f32", "f32"),
    layer_norm_kernel<f16>("cpu." ATTN_ISA "/layer_norm.rows.f16", "f16"),
    layer_norm_kernel<bf16>("cpu." ATTN_ISA "/layer_norm.rows.bf16", "bf16"),
};
