// Equation: out[t, c] = act(Σ_w weight[c, w] · x[t − W + 1 + w, c] + bias[c])
// Shapes:   x, out [B, T, C] or packed [T, C]; weight [C, W]; bias [C]; state [B, W − 1, C]
// Layout:   channels across lanes; a task is a block of tokens times a block of channels of one sequence
// Types:    f32, f16, bf16; sums in f32; the state keeps the bits of x
// Edge:     tokens before the first come from the state, or are zero; T may be less than W − 1
// Cost:     one load and W FMAs per element
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

// The taps of up to kLanes channels, tap by tap.
template <typename E>
inline void conv_taps(const TensorView& weight, int64_t c, int64_t n, int64_t width, F32* taps) {
  float lanes[kMaxConvWidth][kLanes] = {};
  for (int64_t i = 0; i < kLanes && i < n; ++i) {
    const E* of_channel = weight.as<const E>() + (c + i) * weight.strides[0];
    for (int64_t w = 0; w < width; ++w) lanes[w][i] = to_float(of_channel[w * weight.strides[1]]);
  }
  for (int64_t w = 0; w < width; ++w) taps[w] = load(lanes[w]);
}

// The tokens [first, last) of a sequence over the channels c … c + n − 1. kWidth is the width, or 0 for any width.
template <typename S, int kWidth>
void conv_tokens(const CausalConv1dCall& call, const ConvSequence& sequence, int64_t b, int64_t first, int64_t last,
                 int64_t c, int64_t n) {
  const CausalConv1dOptions& options = call.options;
  const int64_t width = kWidth > 0 ? kWidth : call.axes.W;
  F32 taps[kWidth > 0 ? kWidth : kMaxConvWidth];
  F32 window[kWidth > 0 ? kWidth : kMaxConvWidth];  // the tokens under the taps; all but the last are there before t
  if (call.weight.dtype == DType::f32) {
    conv_taps<float>(call.weight, c, n, width, taps);
  } else {
    conv_taps<S>(call.weight, c, n, width, taps);
  }
  for (int64_t w = 0; w + 1 < width; ++w) window[w] = conv_token<S>(call, sequence, b, first - width + 1 + w, c, n);
  const auto bias_row = row_operand<S>(options.bias, 0);
  const F32 bias = bias_row ? load_operand(bias_row, c, n) : zero();
  const bool silu = options.activation == CausalConv1dActivation::silu;
  const S* x = call.x.as<const S>() + sequence.batch * call.x.strides[0] + sequence.begin * call.x.strides[1] + c;
  S* out = call.out.as<S>() + sequence.batch * call.out.strides[0] + sequence.begin * call.out.strides[1] + c;
  for (int64_t t = first; t < last; ++t) {
    window[width - 1] = load_lanes(x + t * call.x.strides[1], n);
    F32 sum = bias;
    for (int64_t w = 0; w < width; ++w) sum = fma(taps[w], window[w], sum);
    if (silu) sum = mul(sum, sigmoid(sum));
    store_lanes(out + t * call.out.strides[1], sum, n);
    for (int64_t w = 0; w + 1 < width; ++w) window[w] = window[w + 1];
  }
}

template <typename S>
void conv_block(const CausalConv1dCall& call, int64_t b, int64_t first, int64_t last, int64_t c, int64_t n) {
  const ConvSequence sequence = conv_sequence(call, b);
  switch (call.axes.W) {
    case 3:
      return conv_tokens<S, 3>(call, sequence, b, first, last, c, n);
    case 4:
      return conv_tokens<S, 4>(call, sequence, b, first, last, c, n);
    default:
      return conv_tokens<S, 0>(call, sequence, b, first, last, c, n);
  }
}

// The sequence that the token `t` of a packed batch belongs to; empty ones before it are passed over.
inline int64_t conv_sequence_of(const CausalConv1dCall& call, int64_t t) {
  const TensorView& offsets = call.options.cu_seqlens;
  int64_t low = 0;
  int64_t high = call.axes.B;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (offsets.as<const int32_t>()[middle * offsets.strides[0]] <= t ? low : high) = middle;
  }
  return low;
}

// The tokens [first, last) of a packed batch, whatever sequences they belong to.
template <typename S>
void conv_packed_block(const CausalConv1dCall& call, int64_t first, int64_t last, int64_t c, int64_t n) {
  for (int64_t b = conv_sequence_of(call, first); b < call.axes.B; ++b) {
    const ConvSequence sequence = conv_sequence(call, b);
    if (sequence.begin >= last) break;
    const int64_t from = first > sequence.begin ? first - sequence.begin : 0;
    const int64_t to = last < sequence.begin + sequence.tokens ? last - sequence.begin : sequence.tokens;
    if (from < to) conv_block<S>(call, b, from, to, c, n);
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
  const bool packed = call.options.cu_seqlens.present;
  const int64_t token_blocks = (axes.T + kTokens - 1) / kTokens;
  const int64_t channel_blocks = (axes.C + kChannels - 1) / kChannels;
  exec.parallel_for((packed ? 1 : axes.B) * token_blocks * channel_blocks,
                    [&](int64_t task, std::byte*) {
                      const int64_t b = task / (token_blocks * channel_blocks);
                      const int64_t first = task / channel_blocks % token_blocks * kTokens;
                      const int64_t last = first + kTokens < axes.T ? first + kTokens : axes.T;
                      const int64_t begin = task % channel_blocks * kChannels;
                      const int64_t end = begin + kChannels < axes.C ? begin + kChannels : axes.C;
                      for (int64_t c = begin; c < end; c += kLanes) {
                        if (packed) {
                          conv_packed_block<S>(call, first, last, c, end - c);
                        } else {
                          conv_block<S>(call, b, first, last, c, end - c);
                        }
                      }
                    },
                    (packed ? 1 : axes.B) * axes.T * axes.C * axes.W);
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
