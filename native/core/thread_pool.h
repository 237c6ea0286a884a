// ThreadPool: one set of threads that runs async jobs and helps the regions (parallel_for) of every call.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>

#include "attn/exec.h"
#include "core/scratch.h"

namespace attn {

// One parallel_for, on the stack of the thread that called it.
struct Region {
  FunctionRef<void(int64_t, std::byte*)> body;
  int64_t tasks;
  const std::atomic<bool>* stop;
  size_t worker_bytes;
  int places = 0;           // helpers that may still join; guarded by the pool's region lock
  bool listed = false;      // likewise
  Region* newer = nullptr;  // likewise
  alignas(64) std::atomic<int64_t> next{0};
  alignas(64) std::atomic<uint32_t> helpers{0};  // inside, plus kCallerSleeps

  Region(FunctionRef<void(int64_t, std::byte*)> body, int64_t tasks, const std::atomic<bool>* stop, size_t worker_bytes)
      : body(body), tasks(tasks), stop(stop), worker_bytes(worker_bytes) {}
  bool stopped() const { return stop != nullptr && stop->load(std::memory_order_relaxed); }
};

class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();  // runs the jobs still queued, then ends the threads
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // For the last holder, which may be a job on one of the pool's own threads: that thread then outlives the call.
  static void release(ThreadPool* pool);

  int threads() const { return target_.load(std::memory_order_relaxed); }
  void set_threads(int count);
  void submit(void (*fn)(void* arg), void* arg);
  void run(Region& region, std::byte* worker, int helpers, int64_t work_per_thread);
  int running_threads();  // for tests
  ScratchCache& scratch() { return scratch_; }

 private:
  struct Job {
    void (*fn)(void*);
    void* arg;
    Job* next;
  };

  bool has_work() const;
  bool should_end() const;
  void start_threads(int count);
  bool start_thread();
  bool end(std::list<std::thread>::iterator self, bool& deletes_pool);
  void join_finished();
  void loop(std::list<std::thread>::iterator self);
  bool wait_for_work();
  void wake(int count);
  bool run_job();
  bool help(std::byte*& worker);
  void publish(Region& region, int helpers, bool may_wake);
  void withdraw(Region& region);
  void await_helpers(Region& region);

  std::atomic<int> target_;
  std::atomic<bool> ending_{false};
  bool owned_by_thread_ = false;  // the thread that ended the pool is one of its own and deletes it

  alignas(64) SpinLock region_lock_;
  Region* oldest_ = nullptr;
  Region* newest_ = nullptr;
  alignas(64) std::atomic<int> places_{0};  // sum over the listed regions
  std::atomic<int> queued_{0};              // jobs

  alignas(64) std::atomic<int> spinning_{0};
  std::atomic<int> sleeping_{0};
  std::mutex sleep_mutex_;
  std::condition_variable sleep_;
  std::mutex helpers_mutex_;
  std::condition_variable helpers_left_;

  std::mutex jobs_mutex_;
  Job* first_job_ = nullptr;
  Job* last_job_ = nullptr;

  std::mutex threads_mutex_;
  std::condition_variable ended_;
  std::atomic<bool> cannot_start_{false};
  std::atomic<int> alive_{0};  // written under threads_mutex_
  std::list<std::thread> threads_;
  std::list<std::thread> finished_;  // about to return; joined at the next chance

  ScratchCache scratch_;
};

}  // namespace attn
