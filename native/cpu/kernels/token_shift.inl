// Equation: out[m, t] = x[t] + (x[t − 1] − x[t]) · mix[m], x[−1] the state
// Shapes:   x [B, T, C] or packed [T, C]; mix [M, C]; out [M, B, T, C] or packed [M, T, C]; state [B, C]
// Types:    f32, f16, bf16; computed in f32; the state keeps the bits of x
// Cost:     M + 1 passes over a row that stays in L1
// Source:   arXiv 2305.13048
// Oracle:   test/oracle/token-shift.ts

// Where the tokens of sequence `index` lie.
struct ShiftSequence {
  int64_t index, batch, first, tokens;
};

inline ShiftSequence shift_sequence(const TokenShiftCall& call, int64_t index) {
  const TensorView& offsets = call.options.cu_seqlens;
  if (!offsets) return {index, index, 0, call.axes.T};
  const int32_t* at = offsets.as<const int32_t>() + index * offsets.strides[0];
  return {index, 0, at[0], at[offsets.strides[0]] - at[0]};
}

// The token `t` of the sequence; before the first lies the state. Null: zero.
template <typename S>
const S* shift_token(const TokenShiftCall& call, const ShiftSequence& seq, int64_t t) {
  const TensorView& state = call.options.state;
  if (t < 0) return state ? state.as<const S>() + seq.index * state.strides[0] : nullptr;
  return call.x.as<const S>() + seq.batch * call.x.strides[0] + (seq.first + t) * call.x.strides[1];
}

template <typename S>
void token_shift_row(const TokenShiftCall& call, const ShiftSequence& seq, int64_t t) {
  const int64_t channels = call.axes.C;
  const S* x = shift_token<S>(call, seq, t);
  const S* previous = shift_token<S>(call, seq, t - 1);
  for (int64_t m = 0; m < call.axes.M; ++m) {
    const auto mix = row_operand<S>(call.mix, m * call.mix.strides[0]);
    S* out = call.out.as<S>() + m * call.out.strides[0] + seq.batch * call.out.strides[1] +
             (seq.first + t) * call.out.strides[2];
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t n = channels - c;
      const F32 own = load_lanes(x + c, n);
      const F32 before = previous != nullptr ? load_lanes(previous + c, n) : zero();
      store_lanes(out + c, fma(sub(before, own), load_operand(mix, c, n), own), n);
    }
  }
}

// The last token of a sequence; one without tokens hands the state on.
template <typename S>
void token_shift_final_state(const TokenShiftCall& call, int64_t index) {
  const ShiftSequence seq = shift_sequence(call, index);
  const S* last = shift_token<S>(call, seq, seq.tokens - 1);
  S* to = call.state.as<S>() + index * call.state.strides[0];
  for (int64_t c = 0; c < call.axes.C; ++c) to[c] = last != nullptr ? last[c] : S{};
}

template <typename S>
Status run_token_shift(const TokenShiftCall& call, ExecContext& exec) {
  if (Status status = exec.reserve(0, 0); !status.is_ok()) return status;
  const auto& axes = call.axes;
  const bool packed = call.options.cu_seqlens.present;
  struct {
    int64_t B, T, H;
  } const rows{packed ? 1 : axes.B, axes.T, 1};
  for_each_row(exec, rows, 2 * axes.M * axes.C, [&](const Row& row, std::byte*) {
    const int64_t index = packed ? sequence_of(call.options.cu_seqlens, axes.B, row.t) : row.b;
    const ShiftSequence seq = shift_sequence(call, index);
    token_shift_row<S>(call, seq, row.t - seq.first);
  });
  for (int64_t index = 0; call.state && index < axes.B; ++index) token_shift_final_state<S>(call, index);
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
