// Softmax attention through the public C++ surface: prefill by dtype and mask, decode by cache length.
#include <string>

#include "bench/bench_tensor.h"
#include "generated/attention.h"

namespace bench {
namespace {

struct Case {
  attn::DType dtype = attn::DType::f32;
  int64_t T = 4096, S = 4096, Hq = 8, Hkv = 8, D = 128;
  bool causal = false;
};

void attention(benchmark::State& state, const Case& c) {
  const OwnedTensor q({1, c.T, c.Hq, c.D}, c.dtype), k({1, c.S, c.Hkv, c.D}, c.dtype), v({1, c.S, c.Hkv, c.D}, c.dtype);
  attn::AttentionCall call;
  call.q = q.view();
  call.k = k.view();
  call.v = v.view();
  call.options.causal = c.causal;
  const double n = static_cast<double>(c.T);
  const double hidden = c.causal ? n * (n - 1) / 2 : 0;
  Cost cost;
  cost.flops = 4.0 * (n * static_cast<double>(c.S) - hidden) * static_cast<double>(c.D * c.Hq);
  cost.bytes = 2.0 * static_cast<double>((c.T * c.Hq + c.S * c.Hkv) * c.D * attn::dtype_bytes(c.dtype));
  time_call(state, attn::OpId::attention, call, static_cast<int>(state.range(0)), cost);
}

void add(const std::string& name, const Case& c) {
  const auto run = [c](benchmark::State& state) { attention(state, c); };
  benchmark::RegisterBenchmark(("attention/" + name).c_str(), run)
      ->ArgName("threads")
      ->Arg(1)
      ->Arg(2)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace

void register_attention() {
  const attn::DType dtypes[] = {attn::DType::f32, attn::DType::f16, attn::DType::bf16};
  for (const attn::DType dtype : dtypes) {
    const std::string suffix = attn::dtype_name(dtype);
    for (const int64_t dim : {64, 128}) {
      for (const bool causal : {false, true}) {
        Case c;
        c.dtype = dtype;
        c.D = dim;
        c.causal = causal;
        c.T = c.S = toy() ? 40 : 4096;
        add(std::string(causal ? "causal" : "full") + "/d" + std::to_string(dim) + "/" + suffix, c);
      }
    }
    for (const int64_t keys : {4096, 65536}) {
      Case c;
      c.dtype = dtype;
      c.T = 1;
      c.S = toy() ? keys / 64 : keys;
      c.Hq = 32;
      add("decode/" + std::to_string(c.S) + "/" + suffix, c);
    }
  }
}

}  // namespace bench
