// Equation: lse = log Σ_i exp(lse_i); out = Σ_i exp(lse_i) out_i / (exp(lse) + exp(sink))
// Shapes:   outs[i], out [B, T, H, V]; lses[i], lse [B, H, T]; sinks [H]
// Units:    natural logarithms
// Types:    outs and out f32, f16 or bf16; sums in f32
// Edge:     a part whose lse is −∞ is left out whatever its out holds; a row without any part is zero, lse −∞
// Cost:     one pass over all outs; scratch of one float per part and worker
// Source:   arXiv 2205.14135 §3.1; the parts are summed in the order given, so a retry gives the same bytes
// Oracle:   test/oracle/merge-attention.ts

// Fills `weights` with each part's share of the row and gives the row's log-sum-exp.
inline float merge_weights(const MergeAttentionCall& call, const Row& row, float* weights) {
  const int64_t parts = call.lses.count;
  float largest = kHidden;
  for (int64_t i = 0; i < parts; ++i) {
    const TensorView& lse = call.lses.views[i];
    weights[i] = lse.as<const float>()[row.b * lse.strides[0] + row.h * lse.strides[1] + row.t * lse.strides[2]];
    if (!(weights[i] <= largest)) largest = weights[i];  // a NaN stays
  }
  if (largest == kHidden) {
    for (int64_t i = 0; i < parts; ++i) weights[i] = 0;
    return kHidden;
  }
  float sum = 0;
  for (int64_t i = 0; i < parts; ++i) {
    weights[i] = weights[i] == kHidden ? 0 : first_lane(exp(splat(weights[i] - largest)));
    sum += weights[i];
  }
  const float sink = sink_of(call.options.sinks, row.h);
  const float divisor = sum + (sink == kHidden ? 0 : first_lane(exp(splat(sink - largest))));
  for (int64_t i = 0; i < parts; ++i) weights[i] /= divisor;
  return largest + first_lane(log(splat(sum)));
}

template <typename S>
void merge_row(const MergeAttentionCall& call, const Row& row, const float* weights) {
  const int64_t dim = call.axes.V;
  S* out = call.out.as<S>() + row_offset(call.out, row);
  for (int64_t d = 0; d < dim; d += kLanes) {
    F32 sum = zero();
    for (int64_t i = 0; i < call.outs.count; ++i) {
      if (weights[i] == 0) continue;
      const TensorView& part = call.outs.views[i];
      sum = fma(splat(weights[i]), load_lanes(part.as<const S>() + row_offset(part, row) + d, dim - d), sum);
    }
    store_lanes(out + d, sum, dim - d);
  }
}

template <typename S>
Status run_merge(const MergeAttentionCall& call, ExecContext& exec) {
  const auto parts = static_cast<size_t>(call.lses.count);
  if (Status status = exec.reserve(0, parts * sizeof(float)); !status.is_ok()) return status;
  for_each_row(exec, call.axes, call.axes.V * call.lses.count, [&](const Row& row, std::byte* worker) {
    auto* weights = reinterpret_cast<float*>(worker);
    const TensorView& lse = call.lse;
    lse.as<float>()[row.b * lse.strides[0] + row.h * lse.strides[1] + row.t * lse.strides[2]] =
        merge_weights(call, row, weights);
    merge_row<S>(call, row, weights);
  });
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
