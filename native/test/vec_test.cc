// The vector functions of every instruction set this machine has, against scalar code and float64.
#include <cstdio>

#include "attn/attn.h"
#include "test/check.h"

namespace attn::test {

void probe_x86_64_v2(Checks& checks);
void probe_avx2(Checks& checks);
void probe_avx512(Checks& checks);
void probe_avx512_bf16(Checks& checks);
void probe_neon(Checks& checks);

namespace {

void probe(Isa isa, Checks& checks) {
#if defined(__x86_64__)
  if (isa == Isa::x86_64_v2) probe_x86_64_v2(checks);
  if (isa == Isa::avx2) probe_avx2(checks);
  if (isa == Isa::avx512) probe_avx512(checks);
  if (isa == Isa::avx512_bf16) probe_avx512_bf16(checks);
#else
  if (isa == Isa::neon) probe_neon(checks);
#endif
}

}  // namespace
}  // namespace attn::test

int main() {
  int failed = 0;
  for (const attn::Isa isa : attn::available_isas()) {
    attn::test::Checks checks;
    attn::test::probe(isa, checks);
    std::printf("vec %s: %d checks, %d failed\n", attn::isa_name(isa), checks.passed + checks.failed, checks.failed);
    failed += checks.failed;
  }
  return failed == 0 ? 0 : 1;
}
