// From a validated call to the kernel that runs it.
#include <cstring>
#include <string>

#include "core/dispatch.h"
#include "core/registry.h"
#include "core/thread_pool.h"
#include "core/validate.h"

namespace attn {
namespace {

// The first kernel that takes the call, or null. on_refusal(kernel, reason) hears of those asked before.
template <typename OnRefusal>
const KernelInfo* find_kernel(const OpDesc& op, const void* call, const Kernels& kernels, OnRefusal on_refusal) {
  const char* dtype = dtype_name(first_input(op, call).dtype);
  for (const KernelInfo* kernel : kernels) {
    if (kernel->op != op.id || std::strcmp(kernel->dtype, dtype) != 0) continue;
    const char* reason = kernel->supports != nullptr ? kernel->supports(call) : nullptr;
    if (reason == nullptr) return kernel;
    on_refusal(kernel, reason);
  }
  return nullptr;
}

Status refuse(const OpDesc& op, const void* call, const Kernels& kernels) {
  std::string reasons;
  find_kernel(op, call, kernels, [&](const KernelInfo* kernel, const char* reason) {
    reasons += (reasons.empty() ? ": " : "; ") + std::string(kernel->id) + " refuses " + reason;
  });
  if (reasons.empty()) reasons = std::string(": there is none for ") + dtype_name(first_input(op, call).dtype);
  return {ErrorCode::unsupported, std::string(op.js_name) + ": no kernel takes this call" + reasons};
}

Status aborted(const OpDesc& op) { return {ErrorCode::aborted, std::string(op.js_name) + ": stopped by its signal"}; }

bool is_set(const std::atomic<bool>* stop) { return stop != nullptr && stop->load(std::memory_order_relaxed); }

}  // namespace

Status run_with(const OpDesc& op, void* call, const Kernels& kernels, ThreadPool& pool, const std::atomic<bool>* stop) {
  if (is_set(stop)) return aborted(op);
  const KernelInfo* kernel = find_kernel(op, call, kernels, [](const KernelInfo*, const char*) {});
  if (kernel == nullptr) return refuse(op, call, kernels);
  expand_packed_outputs(op, call);
  Status status;
  {
    ExecContext exec(&pool, pool.threads(), stop);
    status = kernel->run(call, exec);
  }
  if (status.is_ok() && is_set(stop)) return aborted(op);
  return status;
}

Explanation explain_with(const OpDesc& op, const void* call, const Kernels& kernels) {
  Explanation explanation;
  explanation.kernel = find_kernel(op, call, kernels, [&](const KernelInfo* kernel, const char* reason) {
    explanation.refused.push_back({kernel, reason});
  });
  return explanation;
}

Status run(const OpDesc& op, void* call, ThreadPool& pool, const std::atomic<bool>* stop) {
  const Selection& selected = selection();
  if (!selected.status.is_ok()) return selected.status;
  if (Status status = threads_status(); !status.is_ok()) return status;
  return run_with(op, call, selected.kernels, pool, stop);
}

Explanation explain(const OpDesc& op, const void* call) { return explain_with(op, call, selection().kernels); }

}  // namespace attn
