// Asks the CPU and the OS. Baseline code only: it runs before anything is known of the machine.
#include "cpu/features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace attn {
namespace {

#if defined(__x86_64__)

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);  // leaves all zero when there is no such leaf
  return r;
}

// The register state that the OS saves at a context switch. Only where CPUID says OSXSAVE.
uint64_t saved_state() {
  unsigned low;
  unsigned high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

constexpr bool has_all(uint64_t value, uint64_t bits) { return (value & bits) == bits; }
constexpr uint64_t bits() { return 0; }
template <typename... Rest>
constexpr uint64_t bits(int first, Rest... rest) {
  return uint64_t{1} << first | bits(rest...);
}

bool is_intel() {
  const Registers vendor = cpuid(0, 0);
  return vendor.b == signature_INTEL_ebx && vendor.c == signature_INTEL_ecx && vendor.d == signature_INTEL_edx;
}

// Linux gives a process AMX's tiles when it asks for them (Documentation/arch/x86/xstate.rst); the other systems are not
// asked.
bool may_use_tiles() {
#if defined(__linux__)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

struct Features {
  bool x86_64_v2, avx2, avx512, avx512_bf16, avx512_amx;
  bool fast_bf16;
};

Features detect() {
  const Registers basic = cpuid(1, 0);
  const Registers extended = cpuid(7, 0);
  const Registers extended1 = extended.a >= 1 ? cpuid(7, 1) : Registers{};
  const Registers amd = cpuid(0x80000001, 0);
  const uint64_t saved = has_all(basic.c, bits(27)) ? saved_state() : 0;
  const bool ymm = has_all(saved, bits(1, 2));
  const bool zmm = ymm && has_all(saved, bits(5, 6, 7));

  Features f;
  f.x86_64_v2 = has_all(basic.c, bits(0, 9, 19, 20, 23));  // SSE3, SSSE3, SSE4.1, SSE4.2, POPCNT
  // FMA, AVX, F16C; BMI1, AVX2, BMI2; LZCNT
  f.avx2 = f.x86_64_v2 && ymm && has_all(basic.c, bits(12, 28, 29)) && has_all(extended.b, bits(3, 5, 8)) &&
           has_all(amd.c, bits(5));
  f.avx512 = f.avx2 && zmm && has_all(extended.b, bits(16, 17, 30, 31));  // F, DQ, BW, VL
  f.avx512_bf16 = f.avx512 && has_all(extended1.a, bits(5));
  // Intel's cores begin a vdpbf16ps every other cycle: half the products that FMAs over widened values do in that time.
  f.fast_bf16 = f.avx512_bf16 && !is_intel();
  f.avx512_amx = f.avx512_bf16 && has_all(saved, bits(17, 18)) && has_all(extended.d, bits(22, 24)) &&  // BF16, TILE
                 may_use_tiles();
  return f;
}

const IsaInfo* table() {
  static const Features f = detect();
  static const IsaInfo rows[] = {
      {Isa::avx512_amx, "avx512_amx", f.avx512_amx, true, kernels_avx512_amx},
      {Isa::avx512_bf16, "avx512_bf16", f.avx512_bf16, f.fast_bf16, kernels_avx512_bf16},
      {Isa::avx512, "avx512", f.avx512, true, kernels_avx512},
      {Isa::avx2, "avx2", f.avx2, true, kernels_avx2},
      {Isa::x86_64_v2, "x86_64_v2", f.x86_64_v2, true, kernels_x86_64_v2},
  };
  return rows;
}
constexpr int kCount = 5;

#elif defined(__aarch64__)

const IsaInfo* table() {
  static const IsaInfo rows[] = {{Isa::neon, "neon", true, true, kernels_neon}};
  return rows;
}
constexpr int kCount = 1;

#endif

}  // namespace

IsaList isa_list() { return {table(), kCount}; }

}  // namespace attn
