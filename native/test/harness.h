// What the native tests are written with: named functions and expectations. Run all, or those whose names contain argv[1].
#pragma once

#include <string>

namespace attn::test {

struct Test {
  const char* name;
  void (*run)();
};

struct Tests {
  const Test* rows;
  int count;
};
template <int kCount>
Tests list(const Test (&rows)[kCount]) {
  return {rows, kCount};
}

// Records a failure of the running test, from any thread.
void expect(bool holds, const std::string& what);
// The running test goes no further than it got: what it needs is not here.
void skip(const std::string& why);

Tests thread_pool_tests();
Tests cpu_limits_tests();
Tests dispatch_tests();
Tests vec_tests();
Tests attention_prefill_tests();

}  // namespace attn::test
