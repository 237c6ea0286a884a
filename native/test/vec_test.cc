// The vector functions of every instruction set this machine has, against scalar code and float64.
#include <algorithm>
#include <vector>

#include "attn/attn.h"
#include "test/check.h"
#include "test/harness.h"

namespace attn::test {

void probe_x86_64_v2(Checks& checks);
void probe_avx2(Checks& checks);
void probe_avx512(Checks& checks);
void probe_avx512_bf16(Checks& checks);
void probe_avx512_amx(Checks& checks);
void probe_neon(Checks& checks);

namespace {

template <void (*kProbe)(Checks&), Isa kIsa>
void probe() {
  const std::vector<Isa> available = available_isas();
  if (std::find(available.begin(), available.end(), kIsa) == available.end()) {
    skip(std::string("this machine has no ") + isa_name(kIsa));
    return;
  }
  Checks checks;
  kProbe(checks);
  expect(checks.failed == 0, std::to_string(checks.failed) + " of " + std::to_string(checks.passed + checks.failed));
}

}  // namespace

Tests vec_tests() {
  static const Test rows[] = {
#if defined(__x86_64__)
    {"vec: x86_64_v2", probe<probe_x86_64_v2, Isa::x86_64_v2>},
    {"vec: avx2", probe<probe_avx2, Isa::avx2>},
    {"vec: avx512", probe<probe_avx512, Isa::avx512>},
    {"vec: avx512_bf16", probe<probe_avx512_bf16, Isa::avx512_bf16>},
    {"vec: avx512_amx", probe<probe_avx512_amx, Isa::avx512_amx>},
#else
    {"vec: neon", probe<probe_neon, Isa::neon>},
#endif
  };
  return list(rows);
}

}  // namespace attn::test
