// Equation: out[t, c] = act(Σ_w weight[c, w] · x[t − W + 1 + w, c] + bias[c])
// Shapes:   x, out [B, T, C] or packed [T, C]; weight [C, W]; bias [C]; state [B, W − 1, C]
// Layout:   channels across lanes; a task is a block of tokens times a block of channels of one sequence
// Types:    f32, f16, bf16; sums in f32; the state keeps the bits of x
// Edge:     tokens before the first come from the state, or are zero; T may be less than W − 1
// Cost:     W loads and FMAs per element
// Source:   arXiv 2312.00752 §3.4
// Oracle:   test/oracle/causal-conv1d.ts

inline constexpr int64_t kMaxConvWidth = 16;

struct ConvSequence {
  int64_t batch;  // on the batch axis of x and out
  int64_t begin;
  int64_t tokens;
};

inline ConvSequence conv_sequence(const CausalConv1dCall& call, int64_t b) {
  const TensorView& offsets = call.options.cu_seqlens;
  if (!offsets) return {b, 0, call.axes.T};
  const int32_t* at = offsets.as<const int32_t>() + b * offsets.strides[0];
  return {0, at[0], at[offsets.strides[0]] - at[0]};
}

// Channels c … c + n − 1 of the token `t` of a sequence; t is negative in the state.
template <typename S>
[[gnu::always_inline]] inline F32 conv_token(const CausalConv1dCall& call, const ConvSequence& sequence, int64_t b,
                                             int64_t t, int64_t c, int64_t n) {
  if (t >= 0) {
    const S* x = call.x.as<const S>() + sequence.batch * call.x.strides[0];
    return load_lanes(x + (sequence.begin + t) * call.x.strides[1] + c, n);
  }
  const TensorView& state = call.options.state;
  if (!state) return zero();
  const S* from = state.as<const S>() + b * state.strides[0] + (t + call.axes.W - 1) * state.strides[1];
  if (state.strides[2] == 1) return load_lanes(from + c, n);
  float lanes[kLanes] = {};
  for (int64_t i = 0; i < kLanes && i < n; ++i) lanes[i] = to_float(from[(c + i) * state.strides[2]]);
  return load(lanes);
}

// The taps of kLanes channels, tap by tap.
template <typename E>
inline void conv_taps(const TensorView& weight, int64_t c, int64_t n, int64_t width, F32* taps) {
  float lanes[kLanes];
  for (int64_t w = 0; w < width; ++w) {
    for (int64_t i = 0; i < kLanes; ++i) {
      lanes[i] = i < n ? to_float(weight.as<const E>()[(c + i) * weight.strides[0] + w * weight.strides[1]]) : 0.0f;
    }
    taps[w] = load(lanes);
  }
}

template <typename S>
void conv_block(const CausalConv1dCall& call, int64_t b, int64_t first, int64_t last, int64_t c, int64_t n) {
  const CausalConv1dOptions& options = call.options;
  const ConvSequence sequence = conv_sequence(call, b);
  const int64_t width = call.axes.W;
  F32 taps[kMaxConvWidth];
  if (call.weight.dtype == DType::f32) {
    conv_taps<float>(call.weight, c, n, width, taps);
  } else {
    conv_taps<S>(call.weight, c, n, width, taps);
  }
  const auto bias_row = row_operand<S>(options.bias, 0);
  const F32 bias = bias_row ? load_operand(bias_row, c, n) : zero();
  S* out = call.out.as<S>() + sequence.batch * call.out.strides[0] + c;
  for (int64_t t = first; t < last; ++t) {
    F32 sum = bias;
    for (int64_t w = 0; w < width; ++w) {
      sum = fma(taps[w], conv_token<S>(call, sequence, b, t - width + 1 + w, c, n), sum);
    }
    if (options.activation == CausalConv1dActivation::silu) sum = mul(sum, sigmoid(sum));
    store_lanes(out + (sequence.begin + t) * call.out.strides[1], sum, n);
  }
}

template <typename S>
void conv_final_state(const CausalConv1dCall& call, int64_t b, int64_t slot) {
  const ConvSequence sequence = conv_sequence(call, b);
  const int64_t t = sequence.tokens - (call.axes.W - 1) + slot;
  S* to = call.state.as<S>() + b * call.state.strides[0] + slot * call.state.strides[1];
  const TensorView& state = call.options.state;
  for (int64_t c = 0; c < call.axes.C; ++c) {
    S value{};
    if (t >= 0) {
      value = call.x.as<const S>()[sequence.batch * call.x.strides[0] + (sequence.begin + t) * call.x.strides[1] + c];
    } else if (state) {
      const int64_t from = t + call.axes.W - 1;
      value = state.as<const S>()[b * state.strides[0] + from * state.strides[1] + c * state.strides[2]];
    }
    to[c * call.state.strides[2]] = value;
  }
}

template <typename S>
Status run_causal_conv1d(const CausalConv1dCall& call, ExecContext& exec) {
  constexpr int64_t kTokens = 64;
  constexpr int64_t kChannels = 16 * kLanes;
  if (Status status = exec.reserve(0, 0); !status.is_ok()) return status;
  const auto& axes = call.axes;
  const int64_t token_blocks = (axes.T + kTokens - 1) / kTokens;
  const int64_t channel_blocks = (axes.C + kChannels - 1) / kChannels;
  exec.parallel_for(
      axes.B * token_blocks * channel_blocks,
      [&](int64_t task, std::byte*) {
        const int64_t b = task / (token_blocks * channel_blocks);
        const int64_t first = task / channel_blocks % token_blocks * kTokens;
        const int64_t tokens = conv_sequence(call, b).tokens;
        const int64_t last = first + kTokens < tokens ? first + kTokens : tokens;
        const int64_t begin = task % channel_blocks * kChannels;
        const int64_t end = begin + kChannels < axes.C ? begin + kChannels : axes.C;
        for (int64_t c = begin; c < end && first < last; c += kLanes) conv_block<S>(call, b, first, last, c, end - c);
      },
      axes.B * axes.T * axes.C * axes.W);
  if (!call.state) return {};
  const int64_t slots = axes.W - 1;
  exec.parallel_for(
      axes.B * slots, [&](int64_t task, std::byte*) { conv_final_state<S>(call, task / slots, task % slots); },
      axes.B * slots * axes.C);
  return {};
}

inline const char* causal_conv1d_supports(const CausalConv1dCall& call) {
  return call.axes.W > kMaxConvWidth ? "a width above 16" : nullptr;
}

template <typename S>
constexpr KernelInfo causal_conv1d_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::causal_conv1d,
          kIsa,
          "depthwise",
          dtype,
          supports_as<CausalConv1dCall, causal_conv1d_supports>,
          run_as<CausalConv1dCall, run_causal_conv1d<S>>};
}

constexpr KernelInfo kCausalConv1d[] = {
    causal_conv1d_kernel<float>("cpu." ATTN_ISA "/causal_conv1d.depthwise.f32", "f32"),
    causal_conv1d_kernel<f16>("cpu." ATTN_ISA "/causal_conv1d.depthwise.f16", "f16"),
    causal_conv1d_kernel<bf16>("cpu." ATTN_ISA "/causal_conv1d.depthwise.bf16", "bf16"),
};
