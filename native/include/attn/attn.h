// The public C++ surface: what napi and the native benchmarks call. Fill a generated call struct, validate, run.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "attn/kernel.h"
#include "attn/op_desc.h"
#include "attn/status.h"

namespace attn {

// Binds the axes across all tensors, checks shapes, dtypes, ranges, rules and aliasing, and rewrites the views of
// inputs and options to what kernels see (full rank, stride 0 on broadcast axes). Call once per call struct.
// Outputs already present (given through `out`) are checked too. Reads elements of i32 tensors only.
Status validate(const OpDesc& op, void* call);

// The tensor that gives a call its dtype: the first input, or the first of it when it is a list.
const TensorView& first_input(const OpDesc& op, const void* call);

// After validate: whether this call asks for the output, and the tensor to allocate for it.
bool wants_output(const OpDesc& op, const void* call, int output);
TensorView output_layout(const OpDesc& op, const void* call, int output);  // data is null; strides are set

// After validate, with all wanted outputs present: the first kernel that takes the call runs it. Once per call struct.
Status run(const OpDesc& op, void* call, ThreadPool& pool, const std::atomic<bool>* stop = nullptr);

struct Explanation {
  const KernelInfo* kernel = nullptr;  // null: no kernel takes the call
  struct Refusal {
    const KernelInfo* kernel;
    std::string reason;
  };
  std::vector<Refusal> refused;
};
Explanation explain(const OpDesc& op, const void* call);

// ISA and kernels of this process. The ISA is chosen at the first use: the best the CPU and OS offer, or ATTN_ISA.
Status isa_status();  // not ok when ATTN_ISA is unknown or not available here
Isa selected_isa();
std::vector<Isa> available_isas();  // best first
const char* isa_name(Isa isa);
std::vector<const KernelInfo*> kernels();  // the rows dispatch may choose from, in order of preference

// The process's pool, shared by all environments that hold it; the threads end with the last holder.
std::shared_ptr<ThreadPool> acquire_thread_pool();
Status threads_status();  // not ok when ATTN_THREADS is not a number of threads
int threads(const ThreadPool& pool);
Status set_threads(ThreadPool& pool, int64_t count);  // 1…1024
// Runs fn(arg) on a pool thread. For async calls; jobs start in the order they come.
void submit(ThreadPool& pool, void (*fn)(void* arg), void* arg);

// "[2, 3]", as messages show shapes.
std::string shape_text(const TensorView& view);

// Bytes a view reaches: [first, last) relative to data, in bytes. Empty views give {0, 0}.
struct ByteRange {
  int64_t first;
  int64_t last;
};
ByteRange byte_range(const TensorView& view);

}  // namespace attn
