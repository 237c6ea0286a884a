// Linear attention through the public C++ surface: every update rule in prefill, decode from cache and from memory.
#include <string>

#include "bench/bench_tensor.h"
#include "generated/linear_attention.h"

namespace bench {
namespace {

using Rule = attn::LinearAttentionUpdateRule;

struct Case {
  Rule rule = Rule::gated_delta;
  attn::DType dtype = attn::DType::f32;
  bool per_channel = false;
  int64_t B = 1, T = 4096, H = 16, D = 128;
};

bool has_decay(Rule rule) { return rule != Rule::linear && rule != Rule::delta; }
bool has_beta(Rule rule) { return rule == Rule::delta || rule == Rule::gated_delta; }

// Keys of the delta rules are as long as 1 at most, so that the state stays bounded.
float key_bound(const Case& c) { return c.rule == Rule::linear || c.rule == Rule::gated ? 1.0f : 0.08f; }

// The state is V-major: logically [B, H, K, V] with K innermost.
attn::TensorView v_major(const attn::TensorView& state) {
  attn::TensorView view = state;
  std::swap(view.strides[2], view.strides[3]);
  return view;
}

void linear_attention(benchmark::State& state, const Case& c) {
  const float bound = key_bound(c);
  const OwnedTensor q({c.B, c.T, c.H, c.D}, c.dtype), v({c.B, c.T, c.H, c.D}, c.dtype);
  const OwnedTensor k({c.B, c.T, c.H, c.D}, c.dtype, -bound, bound);
  const OwnedTensor decay({c.B, c.T, c.H, c.per_channel ? c.D : 1}, attn::DType::f32, -0.1f, 0.0f);
  const OwnedTensor beta({c.B, c.T, c.H}, attn::DType::f32, 0.0f, 1.0f);
  const OwnedTensor before({c.B, c.H, c.D, c.D});
  attn::LinearAttentionCall call;
  call.q = q.view();
  call.k = k.view();
  call.v = v.view();
  call.options.update_rule = c.rule;
  if (has_decay(c.rule)) {
    call.options.decay = decay.view();
    if (!c.per_channel) call.options.decay.rank = 3;
  }
  if (has_beta(c.rule)) call.options.beta = beta.view();
  if (c.T == 1) {
    call.options.state = v_major(before.view());
    call.options.return_state = true;
  }
  Cost cost;
  const double states = static_cast<double>(c.B * c.H * c.D * c.D);
  cost.flops = (has_beta(c.rule) ? 6.0 : 4.0) * states * static_cast<double>(c.T);
  cost.bytes = 4.0 * static_cast<double>(c.B * c.T * c.H * c.D * attn::dtype_bytes(c.dtype));
  if (c.T == 1) cost.bytes += 8.0 * states;
  time_call(state, attn::OpId::linear_attention, call, static_cast<int>(state.range(0)), cost);
}

void add(const std::string& name, Case c) {
  if (toy()) {
    c.T = c.T == 1 ? 1 : 33;
    c.B = 1;
    c.H = 2;
  }
  const auto run = [c](benchmark::State& state) { linear_attention(state, c); };
  benchmark::RegisterBenchmark(("linear_attention/" + name).c_str(), run)
      ->ArgName("threads")
      ->Arg(1)
      ->Arg(2)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace

void register_linear_attention() {
  const struct {
    const char* name;
    Rule rule;
    bool per_channel;
  } rules[] = {{"linear", Rule::linear, false},           {"gated", Rule::gated, false},
               {"gated/per_channel", Rule::gated, true},  {"delta", Rule::delta, false},
               {"gated_delta", Rule::gated_delta, false}, {"gated_delta/per_channel", Rule::gated_delta, true}};
  for (const auto& [name, rule, per_channel] : rules) {
    Case c;
    c.rule = rule;
    c.per_channel = per_channel;
    add(std::string("prefill/") + name + "/f32", c);
  }
  Case bf16;
  bf16.dtype = attn::DType::bf16;
  add("prefill/gated_delta/bf16", bf16);
  Case four_heads;
  four_heads.H = 4;
  add("prefill/gated_delta/four_heads/f32", four_heads);
  for (const int64_t sequences : {1, 128}) {
    Case c;
    c.T = 1;
    c.H = 32;
    c.B = sequences;
    add("decode/gated_delta/" + std::to_string(sequences) + "/f32", c);
  }
}

}  // namespace bench
