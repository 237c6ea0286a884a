// The instruction sets this binary has kernels for, and which of them this machine can run.
#pragma once

#include "attn/kernel.h"

namespace attn {

struct IsaInfo {
  Isa isa;
  const char* name;  // "avx2": as in kernel ids, ATTN_ISA and info()
  bool available;    // the CPU has it and the OS saves its registers
  bool preferred;    // is taken unasked: faster here than the next one
  KernelTable (*kernels)();
};

struct IsaList {
  const IsaInfo* rows;
  int count;
};

// Best first; each runs on every machine that runs the ones before it, and the kernels it lacks are those of the next.
IsaList isa_list();

}  // namespace attn
