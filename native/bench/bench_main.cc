// attn_bench: Google Benchmark over include/attn. Its own flags apply; --toy shrinks every size.
#include <cstdio>
#include <cstring>
#include <vector>

#include "bench/bench_tensor.h"

int main(int argc, char** argv) {
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    if (std::strcmp(argv[i], "--toy") == 0) {
      bench::set_toy(true);
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  const attn::Status status = attn::isa_status();
  if (!status.is_ok()) {
    std::fprintf(stderr, "attn_bench: %s\n", status.message().c_str());
    return 1;
  }
  bench::register_attention();
  bench::register_linear_attention();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return bench::any_failed() ? 1 : 0;
}
