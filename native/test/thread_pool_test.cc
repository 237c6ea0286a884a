#include "core/thread_pool.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "attn/attn.h"
#include "test/harness.h"

namespace attn::test {
namespace {

using Clock = std::chrono::steady_clock;

// Jobs in flight, counted so that a test can wait for them.
class Latch {
 public:
  explicit Latch(int count) : left_(count) {}
  void done() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (--left_ == 0) zero_.notify_all();
  }
  bool wait(int seconds = 60) {
    std::unique_lock<std::mutex> lock(mutex_);
    return zero_.wait_for(lock, std::chrono::seconds(seconds), [&] { return left_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  int left_;
};

void busy(std::chrono::microseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) cpu_relax();
}

// One region over `tasks` tasks; every task has to run exactly once.
void run_region(ThreadPool& pool, int64_t tasks, int threads, const std::string& where) {
  std::vector<std::atomic<int>> ran(static_cast<size_t>(tasks));
  ExecContext exec(&pool, threads, nullptr);
  expect(exec.reserve(100, 1000).is_ok(), where + ": reserve");
  exec.parallel_for(tasks, [&](int64_t task, std::byte* worker) {
    std::memset(worker, static_cast<int>(task), 1000);
    busy(std::chrono::microseconds(2));
    bool own = true;
    for (int i = 0; i < 1000; ++i) own = own && worker[i] == static_cast<std::byte>(task);
    expect(own, where + ": worker scratch is shared");
    ran[static_cast<size_t>(task)].fetch_add(1);
  });
  for (auto& count : ran) expect(count.load() == 1, where + ": a task ran " + std::to_string(count.load()) + " times");
}

void tasks_run_once() {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (int64_t tasks : {0, 1, 2, 3, 64, 1000}) {
      for (int repeat = 0; repeat < 20; ++repeat) run_region(pool, tasks, threads, "region");
    }
    expect(pool.running_threads() <= threads, "more threads than asked for");
  }
}

void small_work_stays_here() {
  ThreadPool pool(4);
  const auto self = std::this_thread::get_id();
  ExecContext exec(&pool, 4, nullptr);
  exec.parallel_for(
      16, [&](int64_t, std::byte*) { expect(std::this_thread::get_id() == self, "left its thread"); }, 100);
  expect(pool.running_threads() == 0, "a thread was started for nothing");
}

void serial_without_pool() {
  ExecContext exec(nullptr, 4, nullptr);
  expect(exec.reserve(64, 64).is_ok(), "reserve");
  int64_t next = 0;
  exec.parallel_for(100, [&](int64_t task, std::byte*) { expect(task == next++, "out of order"); });
  expect(next == 100, "not all tasks ran");
}

// A sum whose tasks are fixed, over ever different numbers of threads: not one bit may change.
void results_do_not_depend_on_threads() {
  std::vector<float> values(64 * 1000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(std::sin(static_cast<double>(i)));
  std::vector<float> first;
  ThreadPool pool(8);
  for (int threads : {1, 2, 3, 5, 8}) {
    std::vector<float> sums(64);
    ExecContext exec(&pool, threads, nullptr);
    exec.parallel_for(64, [&](int64_t task, std::byte*) {
      const float* begin = values.data() + task * 1000;
      sums[static_cast<size_t>(task)] = std::accumulate(begin, begin + 1000, 0.0f);
    });
    if (first.empty()) first = sums;
    expect(std::memcmp(first.data(), sums.data(), sizeof(float) * 64) == 0, "another result with more threads");
  }
}

struct RegionJob {
  ThreadPool* pool;
  Latch* latch;
  static void run(void* arg) {
    auto* job = static_cast<RegionJob*>(arg);
    for (int i = 0; i < 10; ++i) run_region(*job->pool, 50, job->pool->threads(), "job");
    job->latch->done();
  }
};

void jobs_run_regions() {
  for (int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    Latch latch(40);
    RegionJob job{&pool, &latch};
    for (int i = 0; i < 40; ++i) pool.submit(RegionJob::run, &job);
    expect(latch.wait(), "jobs hang");
  }
}

void many_callers_at_once() {
  ThreadPool pool(3);
  Latch latch(20);
  RegionJob job{&pool, &latch};
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i) {
    callers.emplace_back([&] {
      for (int repeat = 0; repeat < 50; ++repeat) run_region(pool, 20, 3, "caller");
    });
  }
  for (int i = 0; i < 20; ++i) pool.submit(RegionJob::run, &job);
  for (std::thread& caller : callers) caller.join();
  expect(latch.wait(), "jobs hang");
}

struct OrderedJob {
  std::vector<int>* order;
  Latch* latch;
  int number;
  static void run(void* arg) {
    auto* job = static_cast<OrderedJob*>(arg);
    job->order->push_back(job->number);
    job->latch->done();
  }
};

void jobs_start_in_order() {
  ThreadPool pool(1);
  std::vector<int> order;
  std::vector<OrderedJob> jobs;
  Latch latch(200);
  for (int i = 0; i < 200; ++i) jobs.push_back({&order, &latch, i});
  for (OrderedJob& job : jobs) pool.submit(OrderedJob::run, &job);
  expect(latch.wait(), "jobs hang");
  for (int i = 0; i < 200; ++i) expect(order[static_cast<size_t>(i)] == i, "out of order");
}

// A job does not wait for a region that keeps every thread busy: a helper leaves it after its task.
void jobs_do_not_wait_for_regions() {
  ThreadPool pool(2);
  Latch latch(1);
  std::atomic<int64_t> started_at_task{-1};
  std::atomic<int64_t> task_now{0};
  struct Job {
    Latch* latch;
    std::atomic<int64_t>*started, *now;
  } job{&latch, &started_at_task, &task_now};
  std::atomic<bool> submitted{false};
  ExecContext exec(&pool, 2, nullptr);
  exec.parallel_for(4000, [&](int64_t task, std::byte*) {
    task_now.store(task);
    busy(std::chrono::microseconds(50));
    if (task < 20 || submitted.exchange(true)) return;
    pool.submit(
        [](void* arg) {
          auto* j = static_cast<Job*>(arg);
          j->started->store(j->now->load());
          j->latch->done();
        },
        &job);
  });
  expect(latch.wait(), "the job hangs");
  expect(started_at_task.load() < 3500, "the job waited for the region");
}

void stop_flag_skips_tasks() {
  ThreadPool pool(4);
  std::atomic<bool> stop{false};
  std::atomic<int> ran{0};
  ExecContext exec(&pool, 4, &stop);
  exec.parallel_for(100000, [&](int64_t task, std::byte*) {
    if (task == 10) stop.store(true);
    busy(std::chrono::microseconds(5));
    ran.fetch_add(1);
  });
  expect(exec.stopped() && ran.load() < 1000, std::to_string(ran.load()) + " tasks ran after the stop");
  exec.parallel_for(10, [&](int64_t, std::byte*) { expect(false, "a region began after the stop"); });
}

void set_threads_while_running() {
  ThreadPool pool(2);
  std::atomic<bool> over{false};
  Latch latch(60);
  RegionJob job{&pool, &latch};
  std::thread changer([&] {
    for (int i = 0; !over.load(); ++i) {
      expect(set_threads(pool, 1 + i % 6).is_ok(), "set_threads");
      busy(std::chrono::microseconds(300));
    }
  });
  for (int i = 0; i < 60; ++i) {
    pool.submit(RegionJob::run, &job);
    run_region(pool, 30, pool.threads(), "beside set_threads");
  }
  expect(latch.wait(), "jobs hang");
  over.store(true);
  changer.join();
  expect(set_threads(pool, 1).is_ok(), "set_threads");
  for (int i = 0; i < 2000 && pool.running_threads() > 1; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  expect(pool.running_threads() <= 1, "surplus threads stay");
  expect(!set_threads(pool, 0).is_ok() && !set_threads(pool, 1025).is_ok(), "0 and 1025 threads are accepted");
  expect(threads(pool) == 1, "a refused count changed something");
}

void pool_ends_with_last_holder() {
  std::weak_ptr<ThreadPool> seen;
  for (int i = 0; i < 50; ++i) {
    std::shared_ptr<ThreadPool> first = acquire_thread_pool();
    std::shared_ptr<ThreadPool> second = acquire_thread_pool();
    expect(first == second, "two pools at once");
    seen = first;
    run_region(*first, 8, threads(*first), "held");
  }
  expect(seen.expired(), "the pool outlives its holders");
}

// The last holder may be a job; the jobs queued behind it still run.
void pool_released_by_its_own_job() {
  for (int i = 0; i < 50; ++i) {
    Latch latch(4);
    struct Job {
      std::shared_ptr<ThreadPool> pool;
      Latch* latch;
      std::atomic<bool> go{false};
    } job{std::shared_ptr<ThreadPool>(new ThreadPool(1 + i % 3), ThreadPool::release), &latch};
    ThreadPool& pool = *job.pool;
    run_region(pool, 8, 3, "before");
    pool.submit(
        [](void* arg) {
          auto* j = static_cast<Job*>(arg);
          while (!j->go.load()) std::this_thread::yield();
          j->latch->done();
        },
        &job);
    pool.submit(
        [](void* arg) {
          auto* j = static_cast<Job*>(arg);
          j->pool.reset();
          j->latch->done();
        },
        &job);
    for (int k = 0; k < 2; ++k) pool.submit([](void* arg) { static_cast<Latch*>(arg)->done(); }, &latch);
    job.go.store(true);
    expect(latch.wait(), "jobs behind the release do not run");
  }
}

void scratch_is_aligned_and_reused() {
  ThreadPool pool(2);
  std::byte* before = nullptr;
  for (size_t bytes : {1u, 100u, 5000u, 5001u, 4990u, 1u << 20}) {
    ExecContext exec(&pool, 2, nullptr);
    expect(exec.reserve(bytes, bytes).is_ok(), "reserve");
    expect(reinterpret_cast<uintptr_t>(exec.shared()) % 64 == 0, "shared scratch is not aligned");
    exec.parallel_for(8, [&](int64_t, std::byte* worker) {
      expect(reinterpret_cast<uintptr_t>(worker) % 64 == 0, "worker scratch is not aligned");
      std::memset(worker, 1, bytes);
      busy(std::chrono::microseconds(5));
    });
    std::memset(exec.shared(), 1, bytes);
    before = exec.shared();
  }
  ExecContext exec(&pool, 2, nullptr);
  expect(exec.reserve(1 << 20, 1 << 20).is_ok() && exec.shared() == before, "scratch is not reused");
}

void scratch_that_does_not_fit() {
  ThreadPool pool(1);
  for (size_t bytes : {SIZE_MAX, SIZE_MAX / 2, size_t{1} << 60}) {
    ExecContext exec(&pool, 1, nullptr);
    expect(exec.reserve(bytes, 64).code() == ErrorCode::out_of_memory, "a huge shared area");
    ExecContext other(&pool, 1, nullptr);
    expect(other.reserve(64, bytes).code() == ErrorCode::out_of_memory, "a huge worker area");
  }
}

}  // namespace

Tests thread_pool_tests() {
  static const Test rows[] = {
      {"pool: every task runs once", tasks_run_once},
      {"pool: small work stays on the caller", small_work_stays_here},
      {"pool: serial without a pool", serial_without_pool},
      {"pool: results do not depend on the thread count", results_do_not_depend_on_threads},
      {"pool: jobs run regions", jobs_run_regions},
      {"pool: many callers at once", many_callers_at_once},
      {"pool: jobs start in order", jobs_start_in_order},
      {"pool: a job does not wait for a region", jobs_do_not_wait_for_regions},
      {"pool: the stop flag skips tasks", stop_flag_skips_tasks},
      {"pool: set_threads while running", set_threads_while_running},
      {"pool: ends with its last holder", pool_ends_with_last_holder},
      {"pool: released by its own job", pool_released_by_its_own_job},
      {"scratch: aligned and reused", scratch_is_aligned_and_reused},
      {"scratch: out of memory is a status", scratch_that_does_not_fit},
  };
  return list(rows);
}

}  // namespace attn::test
