// Equation: out = scale · function(x) · multiply + add
// Shapes:   x, multiply, add, out [B, T, H, D], multiply and add broadcast
// Types:    f32, f16, bf16; computed in f32; out as x, or f32
// Cost:     one pass
// Source:   arXiv 2002.05202
// Oracle:   test/oracle/activation.ts

[[gnu::always_inline]] inline F32 apply_function(ActivationFunction function, F32 x) {
  switch (function) {
    case ActivationFunction::silu:
      return mul(x, sigmoid(x));
    case ActivationFunction::sigmoid:
      return sigmoid(x);
    case ActivationFunction::softplus:
      return softplus(x);
    case ActivationFunction::relu:
      return select(less(x, zero()), zero(), x);  // keeps NaN, unlike max
    case ActivationFunction::tanh:
      return tanh(x);
    case ActivationFunction::exp:
      return exp(x);
    default:
      return x;
  }
}

template <typename S, typename O>
void activation_row(const ActivationCall& call, const Row& row) {
  const ActivationOptions& options = call.options;
  const int64_t dim = call.axes.D;
  const S* x = call.x.as<const S>() + row_offset(call.x, row);
  O* out = call.out.as<O>() + row_offset(call.out, row);
  const auto factor = row_operand<S>(options.multiply, options.multiply ? row_offset(options.multiply, row) : 0);
  const auto term = row_operand<S>(options.add, options.add ? row_offset(options.add, row) : 0);
  const F32 scale = splat(static_cast<float>(options.scale.value_or(1)));
  for (int64_t d = 0; d < dim; d += kLanes) {
    F32 value = mul(apply_function(options.function, load_lanes(x + d, dim - d)), scale);
    if (factor) value = mul(value, load_operand(factor, d, dim - d));
    if (term) value = add(value, load_operand(term, d, dim - d));
    store_lanes(out + d, value, dim - d);
  }
}

template <typename S>
Status run_activation(const ActivationCall& call, ExecContext& exec) {
  if (Status status = exec.reserve(0, 0); !status.is_ok()) return status;
  const bool widens = call.out.dtype != dtype_of<S>();
  for_each_row(exec, call.axes, 8 * call.axes.D, [&](const Row& row, std::byte*) {
    widens ? activation_row<S, float>(call, row) : activation_row<S, S>(call, row);
  });
  return {};
}

inline const char* activation_supports(const ActivationCall&) { return nullptr; }

template <typename S>
constexpr KernelInfo activation_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::activation,
          kIsa,
          "rows",
          dtype,
          supports_as<ActivationCall, activation_supports>,
          run_as<ActivationCall, run_activation<S>>};
}

constexpr KernelInfo kActivation[] = {
    activation_kernel<float>("cpu." ATTN_ISA "/activation.rows.f32", "f32"),
    activation_kernel<f16>("cpu." ATTN_ISA "/activation.rows.f16", "f16"),
    activation_kernel<bf16>("cpu." ATTN_ISA "/activation.rows.bf16", "bf16"),
};
