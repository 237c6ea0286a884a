#include "bench/bench_tensor.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "bench/probe_loops.h"
#include "cpu/scalar.h"

namespace bench {
namespace {

bool toy_sizes = false;
bool failed = false;

template <typename S>
void fill(void* memory, int64_t count, float low, float high) {
  uint32_t state = 0x9e3779b9u;
  S* out = static_cast<S*>(memory);
  for (int64_t i = 0; i < count; ++i) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    out[i] = attn::from_float<S>(low + (high - low) * (static_cast<float>(state >> 8) * 0x1p-24f));
  }
}

}  // namespace

bool toy() { return toy_sizes; }
void set_toy(bool value) { toy_sizes = value; }

OwnedMemory allocate(int64_t bytes) {
  const size_t rounded = (static_cast<size_t>(bytes) + 63) / 64 * 64;
  OwnedMemory memory(std::aligned_alloc(64, rounded), &std::free);
  std::memset(memory.get(), 0, rounded);
  return memory;
}

OwnedTensor::OwnedTensor(std::initializer_list<int64_t> shape, attn::DType dtype, float low, float high)
    : memory_(nullptr, &std::free) {
  view_.dtype = dtype;
  view_.present = true;
  for (int64_t extent : shape) view_.shape[view_.rank++] = extent;
  int64_t stride = 1;
  for (int axis = view_.rank - 1; axis >= 0; --axis) {
    view_.strides[axis] = stride;
    stride *= view_.shape[axis];
  }
  memory_ = allocate(stride * attn::dtype_bytes(dtype));
  view_.data = memory_.get();
  if (dtype == attn::DType::f32) fill<float>(view_.data, stride, low, high);
  if (dtype == attn::DType::f16) fill<attn::f16>(view_.data, stride, low, high);
  if (dtype == attn::DType::bf16) fill<attn::bf16>(view_.data, stride, low, high);
}

double fma_peak() {
  const probe::Loops* loops = probe::find_loops(attn::isa_name(attn::selected_isa()));
  if (!loops) return 0;
  loops->fma();
  const auto start = std::chrono::steady_clock::now();
  double done = 0, seconds = 0;
  while (seconds < (toy() ? 1e-4 : 2e-2)) {
    done += loops->fma();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return done / seconds;
}

attn::Status pool_with(int threads, std::shared_ptr<attn::ThreadPool>& pool) {
  static const std::shared_ptr<attn::ThreadPool> held = attn::acquire_thread_pool();
  pool = held;
  return attn::set_threads(*pool, threads);
}

OwnedOutputs::OwnedOutputs(const attn::OpDesc& op, const void* validated) {
  for (int index = 0; index < op.output_count; ++index) {
    if (!attn::wants_output(op, validated, index)) continue;
    attn::TensorView view = attn::output_layout(op, validated, index);
    OwnedMemory memory = allocate(view.elements() * attn::dtype_bytes(view.dtype));
    view.data = memory.get();
    view.present = true;
    outputs_.push_back({op.outputs[index].offset, std::move(memory), view});
  }
}

void OwnedOutputs::attach(void* call) const {
  for (const Output& output : outputs_) {
    *reinterpret_cast<attn::TensorView*>(static_cast<std::byte*>(call) + output.offset) = output.view;
  }
}

void give_up(benchmark::State& state, const attn::Status& status) {
  failed = true;
  state.SkipWithError(status.message().c_str());
}
bool any_failed() { return failed; }

void report_cost(benchmark::State& state, const Cost& cost, int threads, double seconds, double peak) {
  state.counters["GFLOP/s"] = cost.flops / seconds * 1e-9;
  state.counters["GB/s"] = cost.bytes / seconds * 1e-9;
  if (peak > 0) state.counters["of_peak"] = cost.flops / seconds / (peak * threads);
}

}  // namespace bench
