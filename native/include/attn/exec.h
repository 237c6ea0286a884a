// ExecContext: what a kernel may use besides its tensors: threads, scratch memory, the stop flag.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "attn/status.h"

namespace attn {

class ThreadPool;

// A borrowed callable: valid while the thing it was made from lives; never allocates.
template <typename Signature>
class FunctionRef;
template <typename R, typename... Args>
class FunctionRef<R(Args...)> {
 public:
  template <typename F, typename = std::enable_if_t<!std::is_same_v<std::decay_t<F>, FunctionRef>>>
  FunctionRef(F&& f)  // NOLINT: implicit on purpose, call sites pass lambdas
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(args...);
        }) {}
  R operator()(Args... args) const { return call_(object_, args...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

class ExecContext {
 public:
  ExecContext(ThreadPool* pool, int max_threads, const std::atomic<bool>* stop)
      : pool_(pool), max_threads_(max_threads), stop_(stop) {}
  ~ExecContext();
  ExecContext(const ExecContext&) = delete;
  ExecContext& operator=(const ExecContext&) = delete;

  // Once per call, before the first parallel_for: memory shared by all workers of this call, and memory private to
  // each worker. 64-byte aligned, contents undefined, kept and reused between calls. Fails with out_of_memory.
  Status reserve(size_t shared_bytes, size_t worker_bytes);
  std::byte* shared() const { return shared_; }

  // How many threads a region may get at most: for the number of tasks, where a task's size changes no result.
  int threads() const { return max_threads_; }

  // Runs body(task, worker_scratch) for every task in [0, tasks), claimed in ascending order by up to max_threads
  // threads (this one among them), and returns when all are done. Never nest it. Once the stop flag is up the tasks
  // not yet begun are skipped. Which thread runs a task must never change a bit of the result. `work` is a rough count
  // of the region's multiply-adds: regions too small to be worth waking a thread stay on this one.
  void parallel_for(int64_t tasks, FunctionRef<void(int64_t task, std::byte* worker)> body, int64_t work = INT64_MAX);

  // Poll at least every few milliseconds inside long tasks, then return early; the caller of the kernel turns it into
  // ErrorCode::aborted and discards the outputs.
  bool stopped() const { return stop_ != nullptr && stop_->load(std::memory_order_relaxed); }

 private:
  ThreadPool* pool_;
  int max_threads_;
  const std::atomic<bool>* stop_;
  std::byte* shared_ = nullptr;
  std::byte* worker_ = nullptr;  // the calling thread's own
  size_t worker_bytes_ = 0;
};

}  // namespace attn
