// KernelInfo: one row of the registry. The order of rows is the order of preference.
#pragma once

#include <cstddef>

#include "attn/exec.h"
#include "attn/status.h"
#include "generated/op_ids.h"

namespace attn {

enum class Isa : uint8_t { x86_64_v2, avx2, avx512, avx512_bf16, avx512_amx, neon };

struct KernelInfo {
  const char* id;  // "cpu.avx512/attention.prefill.f32"
  OpId op;
  Isa isa;
  const char* form;   // "prefill"
  const char* dtype;  // of the op's first input
  // Null when the kernel takes the call, else the reason it does not, as a phrase: "more than 16 query rows".
  const char* (*supports)(const void* call);
  Status (*run)(const void* call, ExecContext& exec);
};

struct KernelTable {
  const KernelInfo* rows;
  size_t count;
};

// The kernels of each ISA compiled into this binary, defined in native/cpu/isa/<isa>.cc.
KernelTable kernels_x86_64_v2();
KernelTable kernels_avx2();
KernelTable kernels_avx512();
KernelTable kernels_avx512_bf16();
KernelTable kernels_avx512_amx();
KernelTable kernels_neon();

// Turns functions over an op's generated call struct into the untyped entries of a KernelInfo row.
template <typename Call, const char* (*Fn)(const Call&)>
const char* supports_as(const void* call) {
  return Fn(*static_cast<const Call*>(call));
}
template <typename Call, Status (*Fn)(const Call&, ExecContext&)>
Status run_as(const void* call, ExecContext& exec) {
  return Fn(*static_cast<const Call*>(call), exec);
}

}  // namespace attn
