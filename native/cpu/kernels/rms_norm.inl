// Equation: out = x / √(Σx² / D + ε) · (weight + offset) · act(gate); with gateFirst x is x · act(gate) to begin with
// Shapes:   x, gate, out [B, T, H, D]; weight [D] or [H, D]
// Types:    f32, f16, bf16; sums in f32
// Edge:     a row of zeros gives zeros while ε > 0
// Cost:     two passes over each row; scratch of one row per worker
// Source:   arXiv 1910.07467
// Oracle:   test/oracle/norms.ts

[[gnu::always_inline]] inline F32 gate_value(RmsNormGateActivation activation, F32 gate) {
  const F32 share = sigmoid(gate);
  return activation == RmsNormGateActivation::silu ? mul(gate, share) : share;
}

template <typename S>
void rms_norm_row(const RmsNormCall& call, const Row& row, float* values) {
  const RmsNormOptions& options = call.options;
  const int64_t dim = call.axes.D;
  const S* x = call.x.as<const S>() + row_offset(call.x, row);
  const auto gate = row_operand<S>(options.gate, options.gate ? row_offset(options.gate, row) : 0);
  const auto weight = row_operand<S>(options.weight, row.h * options.weight.strides[0]);
  F32 squares = zero();
  for (int64_t d = 0; d < dim; d += kLanes) {
    F32 value = load_lanes(x + d, dim - d);
    if (gate && options.gate_first) {
      value = mul(value, gate_value(options.gate_activation, load_operand(gate, d, dim - d)));
    }
    squares = fma(value, value, squares);
    store_lanes(values + d, value, dim - d);
  }
  const float mean = reduce_add(squares) / static_cast<float>(dim);
  const F32 factor = splat(1.0f / __builtin_sqrtf(mean + static_cast<float>(options.epsilon.value_or(1e-6))));
  const F32 offset = splat(static_cast<float>(options.weight_offset.value_or(0)));
  S* out = call.out.as<S>() + row_offset(call.out, row);
  for (int64_t d = 0; d < dim; d += kLanes) {
    F32 value = mul(load_lanes(values + d, dim - d), factor);
    if (weight) value = mul(value, add(load_operand(weight, d, dim - d), offset));
    if (gate && !options.gate_first) {
      value = mul(value, gate_value(options.gate_activation, load_operand(gate, d, dim - d)));
    }
    store_lanes(out + d, value, dim - d);
  }
}

template <typename S>
Status run_rms_norm(const RmsNormCall& call, ExecContext& exec) {
  const auto dim = static_cast<size_t>(call.axes.D);
  if (Status status = exec.reserve(0, dim * sizeof(float)); !status.is_ok()) return status;
  for_each_row(exec, call.axes, 4 * call.axes.D, [&](const Row& row, std::byte* worker) {
    rms_norm_row<S>(call, row, reinterpret_cast<float*>(worker));
  });
  return {};
}

inline const char* rms_norm_supports(const RmsNormCall&) { return nullptr; }

template <typename S>
constexpr KernelInfo rms_norm_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::rms_norm,
          kIsa,
          "rows",
          dtype,
          supports_as<RmsNormCall, rms_norm_supports>,
          run_as<RmsNormCall, run_rms_norm<S>>};
}

constexpr KernelInfo kRmsNorm[] = {
    rms_norm_kernel<float>("cpu." ATTN_ISA "/rms_norm.rows.f32", "f32"),
    rms_norm_kernel<f16>("cpu." ATTN_ISA "/rms_norm.rows.f16", "f16"),
    rms_norm_kernel<bf16>("cpu." ATTN_ISA "/rms_norm.rows.bf16", "bf16"),
};
