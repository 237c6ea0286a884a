// Equation: lse = log Σ_i exp(lse_i); out = Σ_i exp(lse_i) out_i / (exp(lse) + exp(sink))
// Shapes:   outs[i], out [B, T, H, V]; lses[i], lse [B, H, T]; sinks [H]
// Units:    natural logarithms
// Types:    outs and out f32, f16 or bf16; sums in f32
// Edge:     a part whose lse is −∞ is left out whatever its out holds; a row without any part is zero, lse −∞
// Cost:     one pass over all outs; scratch of one float per part and worker
// Source:   arXiv 2205.14135 §3.1; the parts are summed in the order given, so a retry gives the same bytes
// Oracle:   test/oracle/merge-attention.ts

struct MergeRow {
  int64_t b, t, h;
};

template <typename S>
float merge_scalar(const TensorView& view, int64_t at) {
  return to_float(view.as<const S>()[at]);
}

inline float merge_sink(const TensorView& sinks, int64_t h) {
  const int64_t at = h * sinks.strides[0];
  if (sinks.dtype == DType::f16) return merge_scalar<f16>(sinks, at);
  if (sinks.dtype == DType::bf16) return merge_scalar<bf16>(sinks, at);
  return merge_scalar<float>(sinks, at);
}

inline float first_lane(F32 a) {
  float lane;
  store_partial(&lane, a, 1);
  return lane;
}

// Fills `weights` with each part's share of the row and gives the row's log-sum-exp.
inline float merge_weights(const MergeAttentionCall& call, const MergeRow& row, float* weights) {
  const int64_t parts = call.lses.count;
  constexpr float kEmpty = -std::numeric_limits<float>::infinity();
  float largest = kEmpty;
  for (int64_t i = 0; i < parts; ++i) {
    const TensorView& lse = call.lses.views[i];
    weights[i] = lse.as<const float>()[row.b * lse.strides[0] + row.h * lse.strides[1] + row.t * lse.strides[2]];
    if (!(weights[i] <= largest)) largest = weights[i];  // a NaN stays
  }
  if (largest == kEmpty) {
    for (int64_t i = 0; i < parts; ++i) weights[i] = 0;
    return kEmpty;
  }
  float sum = 0;
  for (int64_t i = 0; i < parts; ++i) {
    weights[i] = weights[i] == kEmpty ? 0 : first_lane(exp(splat(weights[i] - largest)));
    sum += weights[i];
  }
  float divisor = sum;
  if (call.options.sinks) divisor += first_lane(exp(splat(merge_sink(call.options.sinks, row.h) - largest)));
  for (int64_t i = 0; i < parts; ++i) weights[i] /= divisor;
  return largest + first_lane(log(splat(sum)));
}

template <typename S>
void merge_row(const MergeAttentionCall& call, const MergeRow& row, const float* weights) {
  const int64_t dim = call.axes.V;
  S* out = call.out.as<S>() + row.b * call.out.strides[0] + row.t * call.out.strides[1] + row.h * call.out.strides[2];
  for (int64_t d = 0; d < dim; d += kLanes) {
    const int64_t n = dim - d < kLanes ? dim - d : kLanes;
    F32 sum = zero();
    for (int64_t i = 0; i < call.outs.count; ++i) {
      if (weights[i] == 0) continue;
      const TensorView& part = call.outs.views[i];
      const int64_t at = row.b * part.strides[0] + row.t * part.strides[1] + row.h * part.strides[2] + d;
      const S* from = part.as<const S>() + at;
      sum = fma(splat(weights[i]), n == kLanes ? load(from) : load_partial(from, n), sum);
    }
    if (n == kLanes) {
      store(out + d, sum);
    } else {
      store_partial(out + d, sum, n);
    }
  }
}

template <typename S>
Status run_merge(const MergeAttentionCall& call, ExecContext& exec) {
  constexpr int64_t kRowsPerTask = 64;
  if (Status status = exec.reserve(0, static_cast<size_t>(call.lses.count) * sizeof(float)); !status.is_ok()) {
    return status;
  }
  const auto& axes = call.axes;
  const int64_t rows = axes.B * axes.T * axes.H;
  exec.parallel_for((rows + kRowsPerTask - 1) / kRowsPerTask,
                    [&](int64_t task, std::byte* worker) {
                      auto* weights = reinterpret_cast<float*>(worker);
                      const int64_t end = (task + 1) * kRowsPerTask < rows ? (task + 1) * kRowsPerTask : rows;
                      for (int64_t n = task * kRowsPerTask; n < end; ++n) {
                        const MergeRow row{n / (axes.T * axes.H), n / axes.H % axes.T, n % axes.H};
                        const TensorView& lse = call.lse;
                        const int64_t at = row.b * lse.strides[0] + row.h * lse.strides[1] + row.t * lse.strides[2];
                        lse.as<float>()[at] = merge_weights(call, row, weights);
                        merge_row<S>(call, row, weights);
                      }
                    },
                    rows * axes.V * call.lses.count);
  return {};
}

inline const char* merge_supports(const MergeAttentionCall&) { return nullptr; }

template <typename S>
constexpr KernelInfo merge_kernel(const char* id, const char* dtype) {
  return {id,
          OpId::merge_attention,
          kIsa,
          "rows",
          dtype,
          supports_as<MergeAttentionCall, merge_supports>,
          run_as<MergeAttentionCall, run_merge<S>>};
}

constexpr KernelInfo kMergeAttention[] = {
    merge_kernel<float>("cpu." ATTN_ISA "/merge_attention.rows.f32", "f32"),
    merge_kernel<f16>("cpu." ATTN_ISA "/merge_attention.rows.f16", "f16"),
    merge_kernel<bf16>("cpu." ATTN_ISA "/merge_attention.rows.bf16", "bf16"),
};
