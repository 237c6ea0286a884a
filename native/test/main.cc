#include <cstdio>
#include <cstring>
#include <mutex>

#include "test/harness.h"

namespace attn::test {
namespace {

std::mutex report_mutex;
const char* running = "";
int failures = 0;
int failures_of_test = 0;
int skipped = 0;
bool skipped_this = false;

}  // namespace

void expect(bool holds, const std::string& what) {
  if (holds) return;
  std::lock_guard<std::mutex> lock(report_mutex);
  ++failures;
  if (++failures_of_test <= 10) std::fprintf(stderr, "FAIL %s: %s\n", running, what.c_str());
}

void skip(const std::string& why) {
  std::lock_guard<std::mutex> lock(report_mutex);
  ++skipped;
  skipped_this = true;
  std::printf("skip %s: %s\n", running, why.c_str());
}

}  // namespace attn::test

int main(int argc, char** argv) {
  using namespace attn::test;
  const char* wanted = argc > 1 ? argv[1] : "";
  int count = 0;
  for (const Tests& tests :
       {thread_pool_tests(), cpu_limits_tests(), dispatch_tests(), vec_tests(), attention_prefill_tests()}) {
    for (int i = 0; i < tests.count; ++i) {
      if (std::strstr(tests.rows[i].name, wanted) == nullptr) continue;
      running = tests.rows[i].name;
      failures_of_test = 0;
      skipped_this = false;
      tests.rows[i].run();
      if (failures_of_test == 0 && !skipped_this) std::printf("ok   %s\n", running);
      ++count;
    }
  }
  std::printf("%d tests, %d skipped, %d failed expectations\n", count, skipped, failures);
  return failures == 0 && count > 0 ? 0 : 1;
}
