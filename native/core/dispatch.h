// Dispatch over a given list of kernels: run() and explain() of attn/attn.h over those of the selected ISA.
#pragma once

#include <atomic>
#include <vector>

#include "attn/attn.h"

namespace attn {

using Kernels = std::vector<const KernelInfo*>;

Status run_with(const OpDesc& op, void* call, const Kernels& kernels, ThreadPool& pool, const std::atomic<bool>* stop);
Explanation explain_with(const OpDesc& op, const void* call, const Kernels& kernels);

}  // namespace attn
