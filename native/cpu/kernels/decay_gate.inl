// Equation: rate = clamp(softplus(x + bias), rateMin, rateMax), decay = −exp(logA) · rate;
//           bounded: decay = lowerBound · sigmoid(exp(logA) · (x + bias))
// Shapes:   x, decay, rate [B, T, C]; logA [H], H divides C, gate c belongs to head floor(c · H / C); bias [C]
// Units:    natural logarithm; decay ≤ 0
// Types:    x f32, f16, bf16; decay and rate f32, so that a recurrence never sees a rounded gate
// Cost:     one pass
// Source:   arXiv 2405.21060, 2412.06464, 2510.26692, 2503.14456
// Oracle:   test/oracle/decay-gate.ts

// exp(logA) of the head of gate c, as every lane, or lane by lane where each gate is a head.
template <typename S>
[[gnu::always_inline]] inline F32 decay_rate_of_heads(const RowOperand<S>& log_a, int64_t c, int64_t gates_per_head,
                                                      int64_t n) {
  if (!log_a) return splat(1.0f);
  if (gates_per_head == 1) return exp(load_operand(log_a, c, n));
  float lanes[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) {
    const int64_t head = (c + (i < n ? i : n - 1)) / gates_per_head;
    lanes[i] = log_a.f32 != nullptr ? log_a.f32[head] : to_float(log_a.own[head]);
  }
  return exp(load(lanes));
}

template <typename S>
void decay_gate_row(const DecayGateCall& call, int64_t b, int64_t t) {
  const DecayGateOptions& options = call.options;
  const int64_t gates = call.axes.C;
  const int64_t gates_per_head = options.log_a ? gates / call.axes.H : gates;
  const S* x = call.x.as<const S>() + b * call.x.strides[0] + t * call.x.strides[1];
  float* decay = call.decay.as<float>() + b * call.decay.strides[0] + t * call.decay.strides[1];
  float* rates = call.rate ? call.rate.as<float>() + b * call.rate.strides[0] + t * call.rate.strides[1] : nullptr;
  const auto bias = row_operand<S>(options.bias, 0);
  const auto log_a = row_operand<S>(options.log_a, 0);
  const bool bounded = options.lower_bound.present;
  const F32 bound = splat(static_cast<float>(options.lower_bound.value));
  const F32 least = splat(static_cast<float>(options.rate_min.value_or(0)));
  const F32 most = splat(options.rate_max.present ? static_cast<float>(options.rate_max.value) : __builtin_inff());
  for (int64_t c = 0; c < gates; c += kLanes) {
    const int64_t n = gates - c;
    F32 value = load_lanes(x + c, n);
    if (bias) value = add(value, load_operand(bias, c, n));
    const F32 a = decay_rate_of_heads(log_a, c, gates_per_head, n);
    if (bounded) {
      store_lanes(decay + c, mul(bound, sigmoid(mul(a, value))), n);
      continue;
    }
    F32 rate = softplus(value);
    rate = select(less(rate, least), least, rate);
    rate = select(less(most, rate), most, rate);
    store_lanes(decay + c, neg(mul(a, rate)), n);
    if (rates != nullptr) store_lanes(rates + c, rate, n);
  }
}

template <typename S>
Status run_decay_gate(const DecayGateCall& call, ExecContext& exec) {
  if (Status status = exec.reserve(0, 0); !status.is_ok()) return status;
  struct {
    int64_t B, T, H;
  } const rows{call.axes.B, call.axes.T, 1};
  for_each_row(exec, rows, 16 * call.axes.C,
               [&](const Row& row, std::byte*) { decay_gate_row<S>(call, row.b, row.t); });
  return {};
}

inline const char* decay_gate_supports(const DecayGateCall&) { return nullptr; }

template <typename S>
constexpr KernelInfo decay_gate_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::decay_gate,
          kIsa,
          "rows",
          dtype,
          supports_as<DecayGateCall, decay_gate_supports>,
          run_as<DecayGateCall, run_decay_gate<S>>};
}

constexpr KernelInfo kDecayGate[] = {
    decay_gate_kernel<float>("cpu." ATTN_ISA "/decay_gate.rows.f32", "f32"),
    decay_gate_kernel<f16>("cpu." ATTN_ISA "/decay_gate.rows.f16", "f16"),
    decay_gate_kernel<bf16>("cpu." ATTN_ISA "/decay_gate.rows.bf16", "bf16"),
};
