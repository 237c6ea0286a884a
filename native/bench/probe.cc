// What this machine can do, measured without any kernel of the package: the denominators of the benchmarks' shares.
// A program of its own, kept running beside a benchmark so that both are measured in turns under the same load.
// One request per line on stdin, one number per line on stdout:
//   fma ISA THREADS MS            f32 multiply-adds in registers, GFLOP/s (two per multiply-add)
//   bf16 ISA THREADS MS           bf16 pair products (vdpbf16ps), GFLOP/s; 0 where the ISA has none
//   read ISA THREADS MS BYTES     one pass after the other over BYTES, a slice per thread, GB/s
//   update ISA THREADS MS BYTES   the same, each element rewritten in place; GB/s counts reading and writing
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/probe_loops.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Memory as the package's users have it: zeroed by its first touch, 64-byte aligned, ordinary pages.
struct Buffer {
  explicit Buffer(size_t floats) : data(static_cast<float*>(std::aligned_alloc(64, floats * sizeof(float)))) {
    std::memset(data, 0, floats * sizeof(float));
  }
  ~Buffer() { std::free(data); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  float* data;
};

// Runs `work(thread)`, which returns an amount, on every thread again and again for about `ms`, all beginning at once;
// the rates of the threads add up.
double measure(int threads, double ms, const std::function<double(int)>& work) {
  std::vector<double> rates(threads);
  std::atomic<int> ready{0};
  auto body = [&](int thread) {
    work(thread);  // first touch of code and caches
    ready.fetch_add(1);
    while (ready.load() < threads) std::this_thread::yield();
    const auto start = Clock::now();
    double amount = 0, seconds = 0;
    do {
      amount += work(thread);
      seconds = seconds_since(start);
    } while (seconds < ms * 1e-3);
    rates[thread] = amount / seconds;
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(body, thread);
  body(0);
  for (auto& other : others) other.join();
  double sum = 0;
  for (double rate : rates) sum += rate;
  return sum * 1e-9;
}

struct Request {
  std::string kind;
  int threads = 1;
  double ms = 20;
  size_t bytes = 0;
};

double answer(const probe::Loops& loops, const Request& request) {
  if (request.kind == "fma") return measure(request.threads, request.ms, [&](int) { return loops.fma(); });
  if (request.kind == "bf16") {
    return loops.bf16 ? measure(request.threads, request.ms, [&](int) { return loops.bf16(); }) : 0;
  }
  const size_t slice = request.bytes / sizeof(float) / request.threads / probe::kBlock * probe::kBlock;
  if (slice == 0) return 0;
  static std::unique_ptr<Buffer> buffer;
  static size_t held = 0;
  if (held != slice * request.threads) {
    held = slice * request.threads;
    buffer = std::make_unique<Buffer>(held);
  }
  const bool read = request.kind == "read";
  return measure(request.threads, request.ms, [&](int thread) {
    float* data = buffer->data + slice * thread;
    if (read) {
      loops.read(data, slice);
    } else {
      loops.update(data, slice);
    }
    return static_cast<double>(slice * sizeof(float)) * (read ? 1 : 2);
  });
}

}  // namespace

int main() {
  char kind[16], isa[32];
  Request request;
  char line[256];
  while (std::fgets(line, sizeof line, stdin)) {
    request.bytes = 0;
    if (std::sscanf(line, "%15s %31s %d %lf %zu", kind, isa, &request.threads, &request.ms, &request.bytes) < 4 ||
        request.threads < 1 || request.threads > 1024) {
      std::fprintf(stderr, "probe: cannot read the request: %s", line);
      return 2;
    }
    request.kind = kind;
    const probe::Loops* loops = probe::find_loops(isa);
    if (!loops) {
      std::fprintf(stderr, "probe: no instruction set '%s'\n", isa);
      return 2;
    }
    std::printf("%.6g\n", answer(*loops, request));
    std::fflush(stdout);
  }
  return 0;
}
