// Equation: out[m, t] = x[t] + (x[t − 1] − x[t]) · mix[m], x[−1] the state
// Shapes:   x [B, T, C]; mix [M, C]; out [M, B, T, C]; state [B, C]
// Types:    f32, f16, bf16; computed in f32; the state keeps the bits of x
// Cost:     M + 1 passes over a row that stays in L1
// Source:   arXiv 2305.13048
// Oracle:   test/oracle/token-shift.ts

template <typename S>
void token_shift_row(const TokenShiftCall& call, int64_t b, int64_t t) {
  const int64_t channels = call.axes.C;
  const TensorView& state = call.options.state;
  const S* x = call.x.as<const S>() + b * call.x.strides[0] + t * call.x.strides[1];
  const S* previous = t > 0 ? x - call.x.strides[1] : state ? state.as<const S>() + b * state.strides[0] : nullptr;
  for (int64_t m = 0; m < call.axes.M; ++m) {
    const auto mix = row_operand<S>(call.mix, m * call.mix.strides[0]);
    S* out = call.out.as<S>() + m * call.out.strides[0] + b * call.out.strides[1] + t * call.out.strides[2];
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t n = channels - c;
      const F32 own = load_lanes(x + c, n);
      const F32 before = previous != nullptr ? load_lanes(previous + c, n) : zero();
      store_lanes(out + c, fma(sub(before, own), load_operand(mix, c, n), own), n);
    }
  }
  if (!call.state || t + 1 < call.axes.T) return;
  S* last = call.state.as<S>() + b * call.state.strides[0];
  for (int64_t c = 0; c < channels; ++c) last[c] = x[c];
}

// A call without tokens hands the state on.
template <typename S>
void token_shift_keep_state(const TokenShiftCall& call) {
  const TensorView& state = call.options.state;
  for (int64_t b = 0; b < call.axes.B; ++b) {
    S* to = call.state.as<S>() + b * call.state.strides[0];
    for (int64_t c = 0; c < call.axes.C; ++c) to[c] = state ? state.as<const S>()[b * state.strides[0] + c] : S{};
  }
}

template <typename S>
Status run_token_shift(const TokenShiftCall& call, ExecContext& exec) {
  if (Status status = exec.reserve(0, 0); !status.is_ok()) return status;
  if (call.axes.T == 0 && call.state) token_shift_keep_state<S>(call);
  struct {
    int64_t B, T, H;
  } const rows{call.axes.B, call.axes.T, 1};
  for_each_row(exec, rows, 2 * call.axes.M * call.axes.C,
               [&](const Row& row, std::byte*) { token_shift_row<S>(call, row.b, row.t); });
  return {};
}

inline const char* token_shift_supports(const TokenShiftCall&) { return nullptr; }

template <typename S>
constexpr KernelInfo token_shift_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::token_shift,
          kIsa,
          "rows",
          dtype,
          supports_as<TokenShiftCall, token_shift_supports>,
          run_as<TokenShiftCall, run_token_shift<S>>};
}

constexpr KernelInfo kTokenShift[] = {
    token_shift_kernel<float>("cpu." ATTN_ISA "/token_shift.rows.f32", "f32"),
    token_shift_kernel<f16>("cpu." ATTN_ISA "/token_shift.rows.f16", "f16"),
    token_shift_kernel<bf16>("cpu." ATTN_ISA "/token_shift.rows.bf16", "bf16"),
};
