// Tensors that a benchmark owns, and one timed call of an operator.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <initializer_list>
#include <memory>

#include "attn/attn.h"

namespace bench {

// Contiguous memory filled with reproducible numbers in (low, high); 16-bit types hold them rounded.
class OwnedTensor {
 public:
  OwnedTensor(std::initializer_list<int64_t> shape, attn::DType dtype = attn::DType::f32, float low = -1,
              float high = 1);
  const attn::TensorView& view() const { return view_; }

 private:
  std::unique_ptr<void, decltype(&std::free)> memory_;
  attn::TensorView view_;
};

// What one call costs, for the rates beside its time.
struct Cost {
  double flops = 0;
  double bytes = 0;
};

// Validates and runs the call again and again with `threads` threads; the benchmark fails with the call's own message.
// `call` is a filled call struct of `op`, outputs included; each repetition works on a copy.
template <typename Call>
void time_call(benchmark::State& state, attn::OpId op, const Call& call, int threads, const Cost& cost);

// --toy: sizes that run in a blink and say nothing about speed.
bool toy();
void set_toy(bool value);

void register_attention();
void register_linear_attention();

// f32 multiply-adds per second of one thread of the selected ISA, in GFLOP/s, measured now.
double fma_peak();

// ---------------------------------------------------------------------------------------------------------------------

// The process's pool with this many threads.
attn::Status pool_with(int threads, std::shared_ptr<attn::ThreadPool>& pool);
void report_cost(benchmark::State& state, const Cost& cost, int threads, double peak);

template <typename Call>
void time_call(benchmark::State& state, attn::OpId id, const Call& call, int threads, const Cost& cost) {
  const attn::OpDesc& op = attn::op_desc(id);
  std::shared_ptr<attn::ThreadPool> pool;
  attn::Status status = pool_with(threads, pool);
  Call checked = call;
  if (status.is_ok()) status = attn::validate(op, &checked);
  if (status.is_ok()) {
    const attn::KernelInfo* kernel = attn::explain(op, &checked).kernel;
    state.SetLabel(kernel ? kernel->id : "no kernel");
  }
  const double peak = fma_peak();
  for (auto _ : state) {
    if (!status.is_ok()) break;
    Call fresh = call;
    status = attn::validate(op, &fresh);
    if (status.is_ok()) status = attn::run(op, &fresh, *pool);
  }
  if (!status.is_ok()) {
    state.SkipWithError(status.message().c_str());
    return;
  }
  report_cost(state, cost, threads, peak);
}

}  // namespace bench
