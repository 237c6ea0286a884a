// The kernels dispatch chooses from: those of the selected ISA, then those of the lower ones.
#pragma once

#include <string>
#include <vector>

#include "attn/attn.h"
#include "cpu/features.h"

namespace attn {

struct Selection {
  Status status;
  Isa isa;
  std::vector<const KernelInfo*> kernels;
};

// `forced` is the value of ATTN_ISA, or null. Without a usable one the best ISA that is preferred here is selected.
Selection select_isa(const IsaList& list, const char* forced);

// That of this process, made at the first use.
const Selection& selection();

}  // namespace attn
