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
[[gnu::always_inline]] inline void conv_taps(const TensorView& weight, int64_t c, int64_t n, int64_t width, F32* taps) {
  const E* from = weight.as<const E>() + c * weight.strides[0];
  if (width <= kLanes && n >= kLanes && weight.strides[1] == 1) {
    F32 rows[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) rows[i] = load_lanes(from + i * weight.strides[0], width);
    transpose(rows);
    for (int64_t w = 0; w < width; ++w) taps[w] = rows[w];
    return;
  }
  for (int64_t w = 0; w < width; ++w) {
    float lanes[kLanes] = {};
    for (int64_t i = 0; i < kLanes && i < n; ++i) {
      lanes[i] = to_float(from[i * weight.strides[0] + w * weight.strides[1]]);
    }
    taps[w] = load(lanes);
  }
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

// One token of a sequence, over the channels [begin, end): everything but the channel is known before the loop. False: not
// what this takes, the state or the weight being in another order or the width another.
template <typename S, typename E, int kWidth>
bool conv_step(const CausalConv1dCall& call, const ConvSequence& sequence, int64_t b, int64_t begin, int64_t end) {
  const CausalConv1dOptions& options = call.options;
  const TensorView& state = options.state;
  if (sequence.tokens != 1 || call.axes.W != kWidth || call.weight.strides[1] != 1) return false;
  if (state && state.strides[2] != 1) return false;
  const S* rows[kWidth];  // the tokens under the taps
  for (int w = 0; w + 1 < kWidth; ++w) {
    rows[w] = state ? state.as<const S>() + b * state.strides[0] + w * state.strides[1] : nullptr;
  }
  rows[kWidth - 1] = call.x.as<const S>() + sequence.batch * call.x.strides[0] + sequence.begin * call.x.strides[1];
  S* out = call.out.as<S>() + sequence.batch * call.out.strides[0] + sequence.begin * call.out.strides[1];
  const auto bias = row_operand<S>(options.bias, 0);
  const bool silu = options.activation == CausalConv1dActivation::silu;
  for (int64_t c = begin; c < end; c += kLanes) {
    const int64_t n = end - c;
    F32 taps[kWidth];
    conv_taps<E>(call.weight, c, n, kWidth, taps);
    F32 sum = bias ? load_operand(bias, c, n) : zero();
#pragma GCC unroll 4
    for (int w = state ? 0 : kWidth - 1; w < kWidth; ++w) sum = fma(taps[w], load_lanes(rows[w] + c, n), sum);
    if (silu) sum = mul(sum, sigmoid(sum));
    store_lanes(out + c, sum, n);
  }
  return true;
}

template <typename S>
bool conv_single(const CausalConv1dCall& call, int64_t b, int64_t begin, int64_t end) {
  const ConvSequence sequence = conv_sequence(call, b);
  const bool own = call.weight.dtype == call.x.dtype;  // f32 otherwise
  if (call.axes.W == 3) {
    return own ? conv_step<S, S, 3>(call, sequence, b, begin, end)
               : conv_step<S, float, 3>(call, sequence, b, begin, end);
  }
  return own ? conv_step<S, S, 4>(call, sequence, b, begin, end)
             : conv_step<S, float, 4>(call, sequence, b, begin, end);
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

// The tokens [first, last) of a packed batch, whatever sequences they belong to.
template <typename S>
void conv_packed_block(const CausalConv1dCall& call, int64_t first, int64_t last, int64_t c, int64_t n) {
  for (int64_t b = sequence_of(call.options.cu_seqlens, call.axes.B, first); b < call.axes.B; ++b) {
    const ConvSequence sequence = conv_sequence(call, b);
    if (sequence.begin >= last) break;
    const int64_t from = first > sequence.begin ? first - sequence.begin : 0;
    const int64_t to = last < sequence.begin + sequence.tokens ? last - sequence.begin : sequence.tokens;
    if (from < to) conv_block<S>(call, b, from, to, c, n);
  }
}

// Where the token `t` of a sequence lies, from the channel c on; t is negative in the state.
template <typename S>
struct ConvChannels {
  const S* from;  // null: zero
  int64_t stride;
};

template <typename S>
ConvChannels<S> conv_channels(const CausalConv1dCall& call, int64_t b, int64_t t, int64_t c) {
  if (t >= 0) {
    const ConvSequence sequence = conv_sequence(call, b);
    const S* x = call.x.as<const S>() + sequence.batch * call.x.strides[0];
    return {x + (sequence.begin + t) * call.x.strides[1] + c, 1};
  }
  const TensorView& state = call.options.state;
  if (!state) return {nullptr, 1};
  const int64_t slot = t + call.axes.W - 1;
  return {state.as<const S>() + b * state.strides[0] + slot * state.strides[1] + c * state.strides[2],
          state.strides[2]};
}

// The channels [begin, end) of one slot of the state after a sequence.
template <typename S>
void conv_final_state(const CausalConv1dCall& call, int64_t b, int64_t slot, int64_t begin, int64_t end) {
  const int64_t t = conv_sequence(call, b).tokens - (call.axes.W - 1) + slot;
  const ConvChannels<S> source = conv_channels<S>(call, b, t, begin);
  const int64_t stride = call.state.strides[2];
  S* to = call.state.as<S>() + b * call.state.strides[0] + slot * call.state.strides[1] + begin * stride;
  if (source.from != nullptr && source.stride == 1 && stride == 1) {
    std::memcpy(to, source.from, static_cast<size_t>(end - begin) * sizeof(S));
    return;
  }
  for (int64_t c = 0; c < end - begin; ++c) {
    to[c * stride] = source.from != nullptr ? source.from[c * source.stride] : S{};
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
                      if (axes.T == 1 && !packed && conv_single<S>(call, b, begin, end)) return;
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
      axes.B * slots * channel_blocks,
      [&](int64_t task, std::byte*) {
        const int64_t begin = task % channel_blocks * kChannels;
        const int64_t end = begin + kChannels < axes.C ? begin + kChannels : axes.C;
        conv_final_state<S>(call, task / channel_blocks / slots, task / channel_blocks % slots, begin, end);
      },
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
