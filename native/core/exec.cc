#include "attn/exec.h"

#include <algorithm>
#include <climits>
#include <mutex>
#include <string>

#include "attn/attn.h"
#include "core/cpu_limits.h"
#include "core/thread_pool.h"

namespace attn {
namespace {

// Below this many multiply-adds handing work to a thread that is awake costs more than it saves.
constexpr int64_t kWorkPerThread = 32 * 1024;

std::mutex holders_mutex;
std::weak_ptr<ThreadPool> holders;

}  // namespace

ExecContext::~ExecContext() {
  if (pool_ != nullptr) {
    pool_->scratch().release(shared_);
  } else {
    free_scratch(shared_);
  }
}

Status ExecContext::reserve(size_t shared_bytes, size_t worker_bytes) {
  const size_t bytes = scratch_size(shared_bytes, worker_bytes);
  if (bytes == 0) return {};
  shared_ = pool_ != nullptr ? pool_->scratch().acquire(bytes) : allocate_scratch(bytes);
  if (shared_ == nullptr) {
    return {ErrorCode::out_of_memory, "scratch memory of " + std::to_string(bytes) + " bytes could not be allocated"};
  }
  worker_ = shared_ + scratch_size(shared_bytes, 0);
  worker_bytes_ = worker_bytes;
  return {};
}

void ExecContext::parallel_for(int64_t tasks, FunctionRef<void(int64_t, std::byte*)> body, int64_t work) {
  const int64_t threads_worth = std::min<int64_t>({tasks, max_threads_, work / kWorkPerThread});
  if (pool_ == nullptr || threads_worth < 2) {
    for (int64_t task = 0; task < tasks && !stopped(); ++task) body(task, worker_);
    return;
  }
  Region region(body, tasks, stop_, worker_bytes_);
  pool_->run(region, worker_, static_cast<int>(threads_worth - 1), work / threads_worth);
}

std::shared_ptr<ThreadPool> acquire_thread_pool() {
  std::lock_guard<std::mutex> lock(holders_mutex);
  std::shared_ptr<ThreadPool> pool = holders.lock();
  if (pool == nullptr) {
    pool = std::shared_ptr<ThreadPool>(new ThreadPool(default_threads()), ThreadPool::release);
    holders = pool;
  }
  return pool;
}

int threads(const ThreadPool& pool) { return pool.threads(); }

Status set_threads(ThreadPool& pool, int64_t count) {
  if (count < 1 || count > kMaxThreads) {
    return {ErrorCode::value, "threads must be 1…" + std::to_string(kMaxThreads) + ", got " + std::to_string(count)};
  }
  pool.set_threads(static_cast<int>(count));
  return {};
}

void submit(ThreadPool& pool, void (*fn)(void* arg), void* arg) { pool.submit(fn, arg); }

}  // namespace attn
