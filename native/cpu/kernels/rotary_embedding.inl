// Equation: (x_a, x_b) → (x_a cos − x_b sin, x_b cos + x_a sin) for each pair; angle = position · frequency
// Shapes:   x, out [B, T, H, D]; R pairs; cos, sin [B, T, R] or tables [P, R]
// Layout:   pairs are (i, i + R), or (2i, 2i + 1) when interleaved; dims from 2R on are copied
// Types:    f32, f16, bf16; frequencies, angles, cosine and sine in f32: reference codes round the product of position
//           and frequency to f32, which shows at positions near 10⁵
// Cost:     one cosine and sine per token and pair, shared by the heads; scratch of 2R + D floats per worker
// Source:   arXiv 2104.09864; scaling: 2306.15595 (linear), 2407.21783 (Llama 3), 2309.00071 (YaRN)
// Oracle:   test/oracle/rotary-embedding.ts

inline int64_t rotary_pairs(const RotaryEmbeddingCall& call) {
  const RotaryEmbeddingOptions& options = call.options;
  if (options.inverse_frequencies || options.cos || options.cos_table) return call.axes.R;
  return options.rotary_dim.value_or(call.axes.D) / 2;
}

// YaRN divides the frequencies of pairs beyond `high`, keeps those before `low`, and blends in between.
inline float yarn_frequency(const RotaryEmbeddingScaling& scaling, double theta, int64_t pairs, int64_t i, float kept) {
  const double dim = 2.0 * static_cast<double>(pairs);
  auto pair_turning = [&](double turns) {
    const double wave = scaling.original_length.value / (turns * 2 * 3.14159265358979323846);
    return dim * __builtin_log(wave) / (2 * __builtin_log(theta));
  };
  double low = pair_turning(scaling.beta_fast.value_or(32));
  double high = pair_turning(scaling.beta_slow.value_or(1));
  if (!scaling.exact_range) {
    low = __builtin_floor(low);
    high = __builtin_ceil(high);
  }
  if (low < 0) low = 0;
  if (high > dim - 1) high = dim - 1;
  if (low == high) high += 0.001;
  const auto ramp = static_cast<float>((static_cast<double>(i) - low) / (high - low));
  const float divided = ramp < 0 ? 0.0f : ramp > 1 ? 1.0f : ramp;
  return kept / static_cast<float>(scaling.factor.value) * divided + kept * (1 - divided);
}

inline float llama3_frequency(const RotaryEmbeddingScaling& scaling, float kept) {
  const double turns = scaling.original_length.value * kept / (2 * 3.14159265358979323846);
  const double low = scaling.low_frequency.value_or(1);
  const double high = scaling.high_frequency.value_or(4);
  const float divided = kept / static_cast<float>(scaling.factor.value);
  if (turns > high) return kept;
  if (turns < low || low == high) return divided;
  const auto share = static_cast<float>((turns - low) / (high - low));
  return (1 - share) * divided + share * kept;
}

inline void rotary_frequencies(const RotaryEmbeddingCall& call, int64_t pairs, float* frequencies) {
  const RotaryEmbeddingOptions& options = call.options;
  const double theta = options.theta.value_or(10000);
  for (int64_t i = 0; i < pairs; ++i) {
    if (options.inverse_frequencies) {
      const TensorView& given = options.inverse_frequencies;
      frequencies[i] = given.as<const float>()[i * given.strides[0]];
      continue;
    }
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(2 * pairs);
    const float kept = 1.0f / static_cast<float>(__builtin_pow(theta, exponent));
    frequencies[i] = kept;
    if (options.scaling.type == RotaryEmbeddingScalingType::linear) {
      frequencies[i] = kept / static_cast<float>(options.scaling.factor.value);
    } else if (options.scaling.type == RotaryEmbeddingScalingType::llama3) {
      frequencies[i] = llama3_frequency(options.scaling, kept);
    } else if (options.scaling.type == RotaryEmbeddingScalingType::yarn) {
      frequencies[i] = yarn_frequency(options.scaling, theta, pairs, i, kept);
    }
  }
}

template <typename S>
inline void copy_operand(const TensorView& view, int64_t offset, int64_t n, float factor, float* to) {
  const auto from = row_operand<S>(view, offset);
  for (int64_t i = 0; i < n; i += kLanes) store_lanes(to + i, mul(load_operand(from, i, n - i), splat(factor)), n - i);
}

// Cosine and sine of one token's pairs.
template <typename S>
void rotary_angles(const RotaryEmbeddingCall& call, int64_t b, int64_t t, int64_t pairs, const float* frequencies,
                   float* cosine, float* sine) {
  const RotaryEmbeddingOptions& options = call.options;
  const auto amplitude = static_cast<float>(options.amplitude.value_or(1));
  auto in_tokens = [&](const TensorView& view) { return b * view.strides[0] + t * view.strides[1]; };
  if (options.cos) {
    copy_operand<S>(options.cos, in_tokens(options.cos), pairs, amplitude, cosine);
    copy_operand<S>(options.sin, in_tokens(options.sin), pairs, amplitude, sine);
    return;
  }
  const int64_t position = options.positions ? options.positions.as<const int32_t>()[in_tokens(options.positions)]
                                             : options.position_start.at(b, 0) + t;
  if (options.cos_table) {
    copy_operand<S>(options.cos_table, position * options.cos_table.strides[0], pairs, amplitude, cosine);
    copy_operand<S>(options.sin_table, position * options.sin_table.strides[0], pairs, amplitude, sine);
    return;
  }
  for (int64_t i = 0; i < pairs; ++i) {
    const float angle = static_cast<float>(position) * frequencies[i];
    cosine[i] = static_cast<float>(__builtin_cos(static_cast<double>(angle))) * amplitude;
    sine[i] = static_cast<float>(__builtin_sin(static_cast<double>(angle))) * amplitude;
  }
}

template <typename S>
void rotate_row(const S* x, S* out, int64_t dim, int64_t pairs, const float* cosine, const float* sine) {
  for (int64_t i = 0; i < pairs; i += kLanes) {
    const int64_t n = pairs - i;
    const F32 a = load_lanes(x + i, n);
    const F32 b = load_lanes(x + pairs + i, n);
    const F32 c = load_lanes(cosine + i, n);
    const F32 s = load_lanes(sine + i, n);
    store_lanes(out + i, fnma(b, s, mul(a, c)), n);
    store_lanes(out + pairs + i, fma(a, s, mul(b, c)), n);
  }
  for (int64_t d = 2 * pairs; d < dim; ++d) out[d] = x[d];
}

template <typename S>
void rotate_row_interleaved(const S* x, S* out, int64_t dim, int64_t pairs, const float* cosine, const float* sine,
                            float* values) {
  for (int64_t d = 0; d < 2 * pairs; d += kLanes)
    store_lanes(values + d, load_lanes(x + d, 2 * pairs - d), 2 * pairs - d);
  for (int64_t i = 0; i < pairs; ++i) {
    const float a = values[2 * i];
    const float b = values[2 * i + 1];
    values[2 * i] = a * cosine[i] - b * sine[i];
    values[2 * i + 1] = b * cosine[i] + a * sine[i];
  }
  for (int64_t d = 0; d < 2 * pairs; d += kLanes)
    store_lanes(out + d, load_lanes(values + d, 2 * pairs - d), 2 * pairs - d);
  for (int64_t d = 2 * pairs; d < dim; ++d) out[d] = x[d];
}

template <typename S>
Status run_rotary_embedding(const RotaryEmbeddingCall& call, ExecContext& exec) {
  const int64_t pairs = rotary_pairs(call);
  const int64_t dim = call.axes.D;
  const auto floats = static_cast<size_t>(2 * pairs + dim);
  if (Status status = exec.reserve(static_cast<size_t>(pairs) * sizeof(float), floats * sizeof(float));
      !status.is_ok()) {
    return status;
  }
  auto* frequencies = reinterpret_cast<float*>(exec.shared());
  if (!call.options.cos && !call.options.cos_table) rotary_frequencies(call, pairs, frequencies);
  struct {
    int64_t B, T, H;
  } const rows{call.axes.B, call.axes.T, 1};
  for_each_row(exec, rows, call.axes.H * dim + 64 * pairs, [&](const Row& row, std::byte* worker) {
    auto* cosine = reinterpret_cast<float*>(worker);
    float* sine = cosine + pairs;
    rotary_angles<S>(call, row.b, row.t, pairs, frequencies, cosine, sine);
    for (int64_t h = 0; h < call.axes.H; ++h) {
      const S* x = call.x.as<const S>() + row_offset(call.x, {row.b, row.t, h});
      S* out = call.out.as<S>() + row_offset(call.out, {row.b, row.t, h});
      if (call.options.interleaved) {
        rotate_row_interleaved(x, out, dim, pairs, cosine, sine, sine + pairs);
      } else {
        rotate_row(x, out, dim, pairs, cosine, sine);
      }
    }
  });
  return {};
}

inline const char* rotary_embedding_supports(const RotaryEmbeddingCall& call) {
  const RotaryEmbeddingOptions& options = call.options;
  const int64_t pairs = rotary_pairs(call);
  if (2 * pairs > call.axes.D) return "more rotated dims than the head has";
  if (options.rotary_dim.present && options.rotary_dim.value != 2 * pairs) {
    return "a rotaryDim that is odd or is not twice the number of given pairs";
  }
  if (pairs == 0 || options.rotary_dim.present || 2 * pairs == call.axes.D) return nullptr;
  const bool given = options.inverse_frequencies || options.cos || options.cos_table;
  return given ? nullptr : "an odd head dim without rotaryDim";
}

template <typename S>
constexpr KernelInfo rotary_embedding_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::rotary_embedding,
          kIsa,
          "rows",
          dtype,
          supports_as<RotaryEmbeddingCall, rotary_embedding_supports>,
          run_as<RotaryEmbeddingCall, run_rotary_embedding<S>>};
}

constexpr KernelInfo kRotaryEmbedding[] = {
    rotary_embedding_kernel<float>("cpu." ATTN_ISA "/rotary_embedding.rows.f32", "f32"),
    rotary_embedding_kernel<f16>("cpu." ATTN_ISA "/rotary_embedding.rows.f16", "f16"),
    rotary_embedding_kernel<bf16>("cpu." ATTN_ISA "/rotary_embedding.rows.bf16", "bf16"),
};
