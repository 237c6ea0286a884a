// What both forms of linear attention share: how heads map to each other, where a sequence lies, and rows of q, k and
// gates as f32, normalised and mapped by φ.
//
// Equation: S_t = decay_t · S_{t−1} + write_t,  o_t = scale · φ(q_t)ᵀ S_t
// Shapes:   q [B,T,Hq,K]  k [B,T,Hk,K]  v [B,T,Hv,V]  S [B,Hs,K,V]  out [B,T,H,V]; each of Hq, Hk, Hv, Hs divides H
// Types:    state, gates, write strength and every sum in f32; one rounding where out is stored, none where it is f32

using LinearRule = LinearAttentionUpdateRule;
using LinearFeature = LinearAttentionFeatureMap;

enum class LinearDecay { none, scalar, channel };

inline constexpr int kLineFloats = 16;  // of a cache line

inline int64_t linear_ceil(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t linear_min(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t linear_max(int64_t a, int64_t b) { return a > b ? a : b; }

// A call's sizes and choices, read once.
struct LinearShape {
  int64_t sequences, state_heads, out_heads, K, V;
  int64_t row;      // floats of a K-long row in scratch: whole vectors, the padding zero
  int64_t readers;  // output heads that read one state
  int64_t writers;  // rank-one writes per token: 2 for generalized_delta
  bool delta;       // a row of the state is read before it is written
  bool free_vectors;
  LinearDecay decay;
  float scale;
};

inline LinearShape linear_shape(const LinearAttentionCall& call) {
  const LinearAttentionOptions& options = call.options;
  const TensorView& decay = options.decay;
  LinearShape shape;
  shape.sequences = call.axes.B;
  shape.state_heads = call.axes.Hs;
  shape.out_heads = call.axes.H;
  shape.K = call.axes.K;
  shape.V = call.axes.V;
  shape.row = linear_ceil(shape.K, kLanes) * kLanes;
  shape.readers = shape.state_heads > 0 ? shape.out_heads / shape.state_heads : 0;
  shape.free_vectors = options.update_rule == LinearRule::generalized_delta;
  shape.writers = shape.free_vectors ? 2 : 1;
  shape.delta =
      shape.free_vectors || options.update_rule == LinearRule::delta || options.update_rule == LinearRule::gated_delta;
  shape.decay = !decay.present                          ? LinearDecay::none
                : decay.strides[3] == 0 || shape.K <= 1 ? LinearDecay::scalar
                                                        : LinearDecay::channel;
  const double width = static_cast<double>(linear_max(shape.K, 1));
  shape.scale = static_cast<float>(options.scale.value_or(1.0 / __builtin_sqrt(width)));
  return shape;
}

// Where sequence `index` lies: batch row of the views, first token, token count.
struct LinearSequence {
  int64_t index, batch, first, tokens;
};

inline LinearSequence linear_sequence(const LinearAttentionCall& call, int64_t index) {
  const TensorView& offsets = call.options.cu_seqlens;
  if (!offsets.present) return {index, index, 0, call.axes.T};
  const int32_t* at = offsets.as<const int32_t>();
  const int64_t first = at[index * offsets.strides[0]];
  return {index, 0, first, at[(index + 1) * offsets.strides[0]] - first};
}

template <typename S>
const S* linear_row(const TensorView& view, const LinearSequence& seq, int64_t token, int64_t head) {
  return view.as<const S>() + seq.batch * view.strides[0] + (seq.first + token) * view.strides[1] +
         head * view.strides[2];
}

// Calls body with the place of one row of out, as S* or as float*.
template <typename S, typename Body>
[[gnu::always_inline]] inline void with_output(const TensorView& out, const LinearSequence& seq, int64_t token,
                                               int64_t head, Body&& body) {
  if (std::is_same_v<S, float> || out.dtype == DType::f32) {
    body(const_cast<float*>(linear_row<float>(out, seq, token, head)));
  } else {
    body(const_cast<S*>(linear_row<S>(out, seq, token, head)));
  }
}

// One gate, write strength or skip factor: f32, or the dtype of q.
template <typename S>
float linear_scalar(const TensorView& view, int64_t offset) {
  return view.dtype == DType::f32 ? view.as<const float>()[offset] : to_float(view.as<const S>()[offset]);
}

template <typename S>
float linear_scalar(const TensorView& view, const LinearSequence& seq, int64_t token, int64_t head) {
  return linear_scalar<S>(view,
                          seq.batch * view.strides[0] + (seq.first + token) * view.strides[1] + head * view.strides[2]);
}

inline float linear_exp(float x) {
  float lanes[kLanes];
  store(lanes, exp(splat(x)));
  return lanes[0];
}

// n values as f32 into a row of whole vectors; the padding is zero.
template <typename S>
void load_row(const S* from, int64_t n, float* to) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(to + i, load(from + i));
  if (i < n) store(to + i, load_partial(from + i, n - i));
}

template <typename E>
[[gnu::always_inline]] inline void prefetch_row(const E* row, int64_t n) {
  for (int64_t i = 0; i < n; i += 64 / static_cast<int64_t>(sizeof(E))) prefetch_l2(row + i);
}

template <typename S>
void load_gate_row(const TensorView& view, const LinearSequence& seq, int64_t token, int64_t head, int64_t n,
                   float* to) {
  if (view.dtype == DType::f32) return load_row(linear_row<float>(view, seq, token, head), n, to);
  load_row(linear_row<S>(view, seq, token, head), n, to);
}

inline void zero_row(float* to, int64_t row) {
  for (int64_t i = 0; i < row; i += kLanes) store(to + i, zero());
}

inline void copy_row(const float* from, float* to, int64_t row) {
  for (int64_t i = 0; i < row; i += kLanes) store(to + i, load(from + i));
}

inline void exp_row(float* values, int64_t row) {
  for (int64_t i = 0; i < row; i += kLanes) store(values + i, exp(load(values + i)));
}

// What decays leave of a row of the state: value · factor + value · whole. Where e^g is less than a half that is e^g and 0,
// else e^g − 1 and 1: e^g itself, rounded next to 1, would change how fast a slow decay forgets, and over many tokens the
// state would drift.
struct Kept {
  F32 factor, whole;
};

// Where in a row that is so: nothing decays, e^g is at least a half, it is less.
enum class Keeps { all, most, least, mixed };

// `left` is e^g, `most` where it is at least a half.
inline Kept kept_of_gate(F32 gate, F32* left, Mask* most) {
  const F32 change = expm1(gate);
  *left = exp(gate);
  *most = less(splat(-0.5f), change);
  return {select(*most, change, *left), select(*most, splat(1.0f), zero())};
}

// Each channel's own gate, which becomes e^g; to `factor` and `whole`.
inline Keeps kept_row(float* gates, int64_t K, float* factor, float* whole) {
  bool some_most = false, some_least = false;
  for (int64_t i = 0; i < K; i += kLanes) {
    F32 left;
    Mask most;
    const Kept kept = kept_of_gate(load(gates + i), &left, &most);
    store(gates + i, left);
    store(factor + i, kept.factor);
    store(whole + i, kept.whole);
    some_most = some_most || any(mask_and(first_lanes(K - i), most));
    some_least = some_least || any(mask_and(first_lanes(K - i), mask_not(most)));
  }
  return some_most && some_least ? Keeps::mixed : some_most ? Keeps::most : Keeps::least;
}

// One gate for all channels.
inline Keeps kept_row(float gate, int64_t K, float* factor) {
  F32 left;
  Mask most;
  const Kept kept = kept_of_gate(splat(gate), &left, &most);
  for (int64_t i = 0; i < K; i += kLanes) store(factor + i, kept.factor);
  return all(most) ? Keeps::most : Keeps::least;
}

// A decayed value begins with this, takes up what is written, and ends with finish_kept: the whole is added last, to decay
// and write together, since the change by a slow decay alone is rounded alike for many tokens, which adds up.
template <Keeps kKeeps>
[[gnu::always_inline]] inline F32 begin_kept(F32 value, F32 factor) {
  return kKeeps == Keeps::all ? value : mul(value, factor);
}

template <Keeps kKeeps>
[[gnu::always_inline]] inline F32 finish_kept(F32 change, F32 value, F32 whole) {
  if (kKeeps == Keeps::most) return add(value, change);
  return kKeeps == Keeps::mixed ? fma(value, whole, change) : change;
}

// Calls body with `keeps` as std::integral_constant.
template <typename Body>
[[gnu::always_inline]] inline void with_keeps(Keeps keeps, Body&& body) {
  switch (keeps) {
    case Keeps::all:
      return body(std::integral_constant<Keeps, Keeps::all>());
    case Keeps::most:
      return body(std::integral_constant<Keeps, Keeps::most>());
    case Keeps::least:
      return body(std::integral_constant<Keeps, Keeps::least>());
    case Keeps::mixed:
      return body(std::integral_constant<Keeps, Keeps::mixed>());
  }
}

inline float dot_rows(const float* a, const float* b, int64_t row) {
  F32 sum = zero();
  for (int64_t i = 0; i < row; i += kLanes) sum = fma(load(a + i), load(b + i), sum);
  return reduce_add(sum);
}

inline void softmax_row(float* values, int64_t n) {
  F32 top = splat(values[0]);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) top = max(top, load(values + i));
  float highest = reduce_max(top);
  for (int64_t j = i; j < n; ++j) highest = highest < values[j] ? values[j] : highest;
  F32 sum = zero();
  for (i = 0; i < n; i += kLanes) {
    const F32 e = select(first_lanes(linear_min(n - i, kLanes)), exp(sub(load(values + i), splat(highest))), zero());
    store(values + i, e);
    sum = add(sum, e);
  }
  const F32 inverse = splat(1.0f / reduce_add(sum));
  for (i = 0; i < n; i += kLanes) store(values + i, mul(load(values + i), inverse));
}

// L2 norm, then φ, in place; the padding stays zero.
inline void map_features(const LinearAttentionOptions& options, int64_t n, int64_t row, float* values) {
  if (options.qk_l2_norm) {
    const F32 factor = splat(1.0f / __builtin_sqrtf(dot_rows(values, values, row) + 1e-6f));
    for (int64_t i = 0; i < row; i += kLanes) store(values + i, mul(load(values + i), factor));
  }
  if (options.feature_map == LinearFeature::softmax) {
    softmax_row(values, n);
  } else if (options.feature_map == LinearFeature::relu) {
    for (int64_t i = 0; i < row; i += kLanes) store(values + i, max(zero(), load(values + i)));
  } else if (options.feature_map == LinearFeature::elu1) {
    for (int64_t i = 0; i < row; i += kLanes) {
      const F32 x = load(values + i);
      const F32 mapped = select(less(zero(), x), add(x, splat(1.0f)), exp(x));
      store(values + i, i + kLanes <= n ? mapped : select(first_lanes(n - i), mapped, zero()));
    }
  }
}

// φ(q) or φ(k) of one token and head.
template <typename S>
void load_features(const LinearAttentionOptions& options, const TensorView& view, const LinearSequence& seq,
                   int64_t token, int64_t head, int64_t n, int64_t row, float* to) {
  load_row(linear_row<S>(view, seq, token, head), n, to);
  map_features(options, n, row, to);
}

// The state of one sequence and head in memory: any strides, f32 or bf16.
struct StateMemory {
  std::byte* data;  // null: there is none; before the first token it is zero then
  bool half;        // bf16
  int64_t stride_k, stride_v;

  template <typename T>
  T* at(int64_t k, int64_t v) const {
    return reinterpret_cast<T*>(data) + k * stride_k + v * stride_v;
  }
  float read(int64_t k, int64_t v) const { return half ? to_float(*at<bf16>(k, v)) : *at<float>(k, v); }
  void write(int64_t k, int64_t v, float value) const {
    if (half) {
      *at<bf16>(k, v) = from_float<bf16>(value);
    } else {
      *at<float>(k, v) = value;
    }
  }
  // Whether rows along K are floats side by side, so that they can be used where they are.
  bool plain() const { return data != nullptr && !half && stride_k == 1; }
};

// `view` is [B, Hs, K, V], or [Hs, K, V] for an item of a list.
inline StateMemory state_memory(const TensorView& view, int64_t sequence, int64_t head) {
  if (!view.present) return {nullptr, false, 0, 0};
  const int first = view.rank - 3;
  const int64_t offset = (first > 0 ? sequence * view.strides[0] : 0) + head * view.strides[first];
  const bool half = view.dtype == DType::bf16;
  return {view.as<std::byte>() + offset * (half ? 2 : 4), half, view.strides[first + 1], view.strides[first + 2]};
}

inline StateMemory state_before(const LinearAttentionCall& call, int64_t sequence, int64_t head) {
  const TensorList& states = call.options.states;
  return state_memory(states.present ? states.views[sequence] : call.options.state, sequence, head);
}

inline StateMemory state_after(const LinearAttentionCall& call, int64_t sequence, int64_t head) {
  const TensorList& states = call.options.next_states;
  return state_memory(states.present ? states.views[sequence] : call.state, sequence, head);
}

// Rows [first, first + count) of the state along K, from and to rows of whole vectors.
inline void gather_rows(const StateMemory& state, int64_t first, int64_t count, int64_t K, int64_t row, float* to) {
  for (int64_t r = 0; r < count; ++r) {
    if (state.stride_k == 1 && state.half) {
      load_row(state.at<const bf16>(0, first + r), K, to + r * row);
    } else if (state.stride_k == 1) {
      load_row(state.at<const float>(0, first + r), K, to + r * row);
    } else {
      for (int64_t k = 0; k < K; ++k) to[r * row + k] = state.read(k, first + r);
    }
  }
}

template <typename T>
void store_row(const float* from, int64_t n, T* to) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(to + i, load(from + i));
  if (i < n) store_partial(to + i, load(from + i), n - i);
}

inline void scatter_rows(const float* from, int64_t row, const StateMemory& state, int64_t first, int64_t count,
                         int64_t K) {
  for (int64_t r = 0; r < count; ++r) {
    if (state.stride_k == 1 && state.half) {
      store_row(from + r * row, K, state.at<bf16>(0, first + r));
    } else if (state.stride_k == 1) {
      for (int64_t k = 0; k < K; ++k) *state.at<float>(k, first + r) = from[r * row + k];
    } else {
      for (int64_t k = 0; k < K; ++k) state.write(k, first + r, from[r * row + k]);
    }
  }
}

// Bytes of the shared scratch, where the normalisers after the last token wait for store_normalizers.
inline size_t normalizer_bytes(const LinearAttentionCall& call, const LinearShape& shape) {
  if (!call.options.normalize) return 0;
  return static_cast<size_t>(shape.sequences * shape.state_heads * shape.row) * sizeof(float);
}

// Σφ(k) before the first token, or zero. `unit` counts sequences × state heads.
inline void load_normalizer(const LinearAttentionCall& call, const LinearShape& shape, int64_t unit, float* to) {
  zero_row(to, shape.row);
  const int64_t sequence = unit / shape.state_heads, head = unit % shape.state_heads;
  const TensorList& list = call.options.normalizers;
  const TensorView& in = list.present ? list.views[sequence] : call.options.normalizer;
  if (!in.present) return;
  const int first = in.rank - 2;
  const float* from = in.as<const float>() + (first > 0 ? sequence * in.strides[0] : 0) + head * in.strides[first];
  for (int64_t k = 0; k < shape.K; ++k) to[k] = from[k * in.strides[first + 1]];
}

// Σφ(k) after the last token, from `from`, one row per unit. Done when all tasks are: several of them start from the
// normaliser before the first token, and it may lie in the same memory.
inline void store_normalizers(const LinearAttentionCall& call, const LinearShape& shape, const float* from,
                              ExecContext& exec) {
  const TensorList& list = call.options.next_normalizers;
  if (exec.stopped() || (!list.present && !call.normalizer.present)) return;
  const int64_t units = shape.sequences * shape.state_heads;
  exec.parallel_for(
      units,
      [&](int64_t unit, std::byte*) {
        const int64_t sequence = unit / shape.state_heads, head = unit % shape.state_heads;
        const TensorView& out = list.present ? list.views[sequence] : call.normalizer;
        const int first = out.rank - 2;
        float* to = out.as<float>() + (first > 0 ? sequence * out.strides[0] : 0) + head * out.strides[first];
        for (int64_t k = 0; k < shape.K; ++k) to[k * out.strides[first + 1]] = from[unit * shape.row + k];
      },
      units * shape.K);
}
