// In place of native/cpu/features.cc where AVX-512 is emulated: every instruction set of x64 is there.
#include "cpu/features.h"

namespace attn {

IsaList isa_list() {
  static const IsaInfo rows[] = {
      {Isa::avx512_amx, "avx512_amx", true, true, kernels_avx512_amx},
      {Isa::avx512_bf16, "avx512_bf16", true, true, kernels_avx512_bf16},
      {Isa::avx512, "avx512", true, true, kernels_avx512},
      {Isa::avx2, "avx2", true, true, kernels_avx2},
      {Isa::x86_64_v2, "x86_64_v2", true, true, kernels_x86_64_v2},
  };
  return {rows, 5};
}

}  // namespace attn
