// Counts checks and prints the ones that fail.
#pragma once

#include <cstdio>

namespace attn::test {

struct Checks {
  int passed = 0;
  int failed = 0;

  void expect(bool holds, const char* what, double given, double got, double wanted) {
    if (holds) {
      ++passed;
      return;
    }
    if (++failed <= 20) std::printf("FAILED %s(%.9g): got %.9g, wanted %.9g\n", what, given, got, wanted);
  }
};

}  // namespace attn::test
