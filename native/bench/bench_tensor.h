// Tensors that a benchmark owns, and one timed call of an operator.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <vector>

#include "attn/attn.h"

namespace bench {

using OwnedMemory = std::unique_ptr<void, decltype(&std::free)>;
OwnedMemory allocate(int64_t bytes);  // 64-byte aligned, zeroed: its pages are there

// Contiguous memory filled with reproducible numbers in (low, high); 16-bit types hold them rounded.
class OwnedTensor {
 public:
  OwnedTensor(std::initializer_list<int64_t> shape, attn::DType dtype = attn::DType::f32, float low = -1,
              float high = 1);
  const attn::TensorView& view() const { return view_; }

 private:
  OwnedMemory memory_;
  attn::TensorView view_;
};

// What one call costs, for the rates beside its time.
struct Cost {
  double flops = 0;
  double bytes = 0;
};

// Validates and runs the call again and again with `threads` threads; the benchmark fails with the call's own message.
// `call` is a filled call struct of `op` without outputs; each repetition validates and runs a copy of it.
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
// Memory for the outputs that the validated call asks for, laid out as the operator wants them.
class OwnedOutputs {
 public:
  OwnedOutputs(const attn::OpDesc& op, const void* validated);
  void attach(void* call) const;

 private:
  struct Output {
    uint32_t offset;  // of the view in the call struct
    OwnedMemory memory;
    attn::TensorView view;
  };
  std::vector<Output> outputs_;
};
// Ends the benchmark with the message of the failed call, and the whole command with a failure.
void give_up(benchmark::State& state, const attn::Status& status);
bool any_failed();
void report_cost(benchmark::State& state, const Cost& cost, int threads, double seconds, double peak);

template <typename Call>
void time_call(benchmark::State& state, attn::OpId id, const Call& call, int threads, const Cost& cost) {
  using Clock = std::chrono::steady_clock;
  const attn::OpDesc& op = attn::op_desc(id);
  std::shared_ptr<attn::ThreadPool> pool;
  attn::Status status = pool_with(threads, pool);
  Call validated = call;
  if (status.is_ok()) status = attn::validate(op, &validated);
  if (!status.is_ok()) return give_up(state, status);
  const OwnedOutputs outputs(op, &validated);
  const attn::KernelInfo* kernel = attn::explain(op, &validated).kernel;
  state.SetLabel(kernel ? kernel->id : "no kernel");
  const double peak = fma_peak();
  const auto start = Clock::now();
  for (auto _ : state) {
    Call fresh = call;
    status = attn::validate(op, &fresh);
    outputs.attach(&fresh);
    if (status.is_ok()) status = attn::run(op, &fresh, *pool);
    if (!status.is_ok()) return give_up(state, status);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  report_cost(state, cost, threads, seconds / static_cast<double>(state.iterations()), peak);
}

}  // namespace bench
