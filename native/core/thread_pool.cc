#include "core/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <new>

#if defined(__linux__)
#include <pthread.h>
#endif

namespace attn {
namespace {

using Clock = std::chrono::steady_clock;

// How long an idle thread looks for work before it sleeps: longer than the pause between two decode steps, and too
// short to be seen in a process's CPU time. A caller waits as long for its helpers before it sleeps. After kBusySpin
// every look yields first: a thread that yields on a loaded machine is a long time getting its CPU back.
constexpr auto kBusySpin = std::chrono::microseconds(25);
constexpr auto kSpin = std::chrono::microseconds(100);

constexpr int64_t kWorkToWake = 256 * 1024;  // multiply-adds per thread; below, waking costs more than it saves
constexpr int kWakesByCaller = 4;            // the woken threads wake the others
constexpr uint32_t kCallerSleeps = 1u << 31;

thread_local ThreadPool* current_pool = nullptr;

// Signals belong to the host's own threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

class Spin {
 public:
  // A moment's pause; false once it has been long enough.
  bool wait() {
    const auto waited = Clock::now() - begin_;
    if (waited < kBusySpin) {
      for (int i = 0; i < 4; ++i) cpu_relax();
    } else {
      std::this_thread::yield();
    }
    return waited < kSpin;
  }

 private:
  Clock::time_point begin_ = Clock::now();
};

void run_tasks(Region& region, std::byte* worker) {
  while (!region.stopped()) {
    const int64_t task = region.next.fetch_add(1, std::memory_order_relaxed);
    if (task >= region.tasks) return;
    region.body(task, worker);
  }
}

}  // namespace

ThreadPool::ThreadPool(int threads) : target_(threads) {}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard<std::mutex> lock(sleep_mutex_);
    ending_.store(true);
  }
  sleep_.notify_all();
  {
    std::unique_lock<std::mutex> lock(threads_mutex_);
    while (!threads_.empty()) ended_.wait(lock);
  }
  join_finished();
}

void ThreadPool::release(ThreadPool* pool) {
  if (current_pool != pool) {
    delete pool;
    return;
  }
  pool->owned_by_thread_ = true;
  {
    std::lock_guard<std::mutex> lock(pool->sleep_mutex_);
    pool->ending_.store(true);
  }
  pool->sleep_.notify_all();
}

// ---- threads

void ThreadPool::set_threads(int count) {
  {
    std::lock_guard<std::mutex> lock(sleep_mutex_);
    target_.store(count);
  }
  sleep_.notify_all();
  cannot_start_.store(false);
  join_finished();
}

void ThreadPool::start_threads(int count) {
  count = std::min(count, threads());
  if (alive_.load(std::memory_order_relaxed) >= count || cannot_start_.load(std::memory_order_relaxed)) return;
  std::lock_guard<std::mutex> lock(threads_mutex_);
  while (alive_.load(std::memory_order_relaxed) < count) {
    if (!start_thread()) {
      cannot_start_.store(true);  // the threads there are do its work
      return;
    }
    alive_.fetch_add(1);
  }
}

bool ThreadPool::start_thread() {
  const SignalsBlocked blocked;
  auto self = threads_.end();
  try {
    self = threads_.emplace(threads_.end());
    // The new thread waits for threads_mutex_ before it touches its own entry.
    *self = std::thread([this, self] { loop(self); });
    return true;
  } catch (...) {
    if (self != threads_.end()) threads_.erase(self);
    return false;
  }
}

void ThreadPool::join_finished() {
  std::list<std::thread> waiting;
  {
    std::lock_guard<std::mutex> lock(threads_mutex_);
    waiting.splice(waiting.end(), finished_);
  }
  for (std::thread& thread : waiting) thread.join();
}

int ThreadPool::running_threads() { return alive_.load(); }

bool ThreadPool::should_end() const {
  if (ending_.load()) return queued_.load() == 0;
  return alive_.load() > target_.load();
}

// Takes the calling thread off the list, unless another one went first and this one is needed after all.
bool ThreadPool::end(std::list<std::thread>::iterator self, bool& deletes_pool) {
  std::lock_guard<std::mutex> lock(threads_mutex_);
  if (!should_end()) return false;
  alive_.fetch_sub(1);
  deletes_pool = owned_by_thread_ && threads_.size() == 1;
  if (deletes_pool) {
    self->detach();
    threads_.erase(self);
  } else {
    finished_.splice(finished_.end(), threads_, self);
    ended_.notify_all();
  }
  return true;
}

void ThreadPool::loop(std::list<std::thread>::iterator self) {
  current_pool = this;
#if defined(__linux__)
  pthread_setname_np(pthread_self(), "attention");
#endif
  std::byte* worker = nullptr;
  bool deletes_pool = false;
  for (;;) {
    if (should_end() && end(self, deletes_pool)) break;
    if (run_job() || help(worker)) continue;
    if (wait_for_work() && places_.load(std::memory_order_relaxed) > 1) wake(2);
  }
  free_scratch(worker);
  if (deletes_pool) delete this;
}

// ---- waiting and waking

bool ThreadPool::has_work() const { return queued_.load() > 0 || places_.load() > 0; }

// True when the thread slept: the one that woke it may have left further threads for it to wake.
bool ThreadPool::wait_for_work() {
  spinning_.fetch_add(1);
  Spin spin;
  bool found = false;
  while (!found && !should_end() && spin.wait()) found = has_work();
  spinning_.fetch_sub(1);
  if (found) return false;
  std::unique_lock<std::mutex> lock(sleep_mutex_);
  sleeping_.fetch_add(1);  // before the look at the work, as wake looks only after there is some
  while (!has_work() && !should_end()) sleep_.wait(lock);
  sleeping_.fetch_sub(1);
  return true;
}

void ThreadPool::wake(int count) {
  const int asleep = sleeping_.load();
  if (asleep == 0 || count <= 0) return;
  { std::lock_guard<std::mutex> lock(sleep_mutex_); }  // whoever counted itself asleep is waiting now
  for (int i = std::min(count, asleep); i > 0; --i) sleep_.notify_one();
}

// ---- jobs

void ThreadPool::submit(void (*fn)(void* arg), void* arg) {
  start_threads(threads());
  Job* job = alive_.load() > 0 ? new (std::nothrow) Job{fn, arg, nullptr} : nullptr;
  if (job == nullptr) {
    fn(arg);  // late is better than never
    return;
  }
  {
    std::lock_guard<std::mutex> lock(jobs_mutex_);
    (first_job_ == nullptr ? first_job_ : last_job_->next) = job;
    last_job_ = job;
    queued_.fetch_add(1);
  }
  // A thread that stops spinning looks at the queue afterwards: it is seen here, or it sees the job.
  if (queued_.load() > spinning_.load()) wake(1);
}

bool ThreadPool::run_job() {
  if (queued_.load() == 0) return false;
  Job* job;
  {
    std::lock_guard<std::mutex> lock(jobs_mutex_);
    job = first_job_;
    if (job == nullptr) return false;
    first_job_ = job->next;
    queued_.fetch_sub(1);
  }
  if (queued_.load() > spinning_.load()) wake(1);
  job->fn(job->arg);
  delete job;
  return true;
}

// ---- regions

void ThreadPool::run(Region& region, std::byte* worker, int helpers, int64_t work_per_thread) {
  start_threads(helpers);
  publish(region, helpers, work_per_thread >= kWorkToWake);
  run_tasks(region, worker);
  withdraw(region);
  await_helpers(region);
}

void ThreadPool::publish(Region& region, int helpers, bool may_wake) {
  region_lock_.lock();
  region.places = helpers;
  region.listed = true;
  (oldest_ == nullptr ? oldest_ : newest_->newer) = &region;
  newest_ = &region;
  places_.fetch_add(helpers);
  region_lock_.unlock();
  if (may_wake) wake(std::min(helpers - spinning_.load(), kWakesByCaller));
}

// Nobody can join any more once it is off the list; those inside finish the tasks they have begun.
void ThreadPool::withdraw(Region& region) {
  region_lock_.lock();
  region.listed = false;
  Region* older = nullptr;
  Region** link = &oldest_;
  while (*link != &region) {
    older = *link;
    link = &older->newer;
  }
  *link = region.newer;
  if (newest_ == &region) newest_ = older;
  places_.fetch_sub(region.places);
  region_lock_.unlock();
}

// A helper that leaves must not touch the region afterwards: it is gone then.
void ThreadPool::await_helpers(Region& region) {
  for (Spin spin; region.helpers.load(std::memory_order_acquire) != 0;) {
    if (spin.wait()) continue;
    std::unique_lock<std::mutex> lock(helpers_mutex_);
    region.helpers.fetch_or(kCallerSleeps);
    while ((region.helpers.load(std::memory_order_acquire) & ~kCallerSleeps) != 0) helpers_left_.wait(lock);
    return;
  }
}

bool ThreadPool::help(std::byte*& worker) {
  if (places_.load() <= 0) return false;
  region_lock_.lock();
  Region* region = oldest_;
  while (region != nullptr && region->places == 0) region = region->newer;
  if (region == nullptr) {
    region_lock_.unlock();
    return false;
  }
  region->places -= 1;
  places_.fetch_sub(1);
  region->helpers.fetch_add(1, std::memory_order_relaxed);
  region_lock_.unlock();

  if (scratch_capacity(worker) < region->worker_bytes) {
    free_scratch(worker);
    worker = allocate_scratch(region->worker_bytes);
  }
  bool left_early = false;
  // Without memory it leaves for good: its place stays taken.
  if (worker != nullptr || region->worker_bytes == 0) {
    while (!region->stopped()) {
      const int64_t task = region->next.fetch_add(1, std::memory_order_relaxed);
      if (task >= region->tasks) break;
      region->body(task, worker);
      if (queued_.load(std::memory_order_relaxed) > 0) {
        left_early = true;  // a job that waits starts before others are helped along
        break;
      }
    }
  }
  if (left_early) {
    region_lock_.lock();
    if (region->listed) {
      region->places += 1;
      places_.fetch_add(1);
    }
    region_lock_.unlock();
  }
  if (region->helpers.fetch_sub(1, std::memory_order_acq_rel) == (1 | kCallerSleeps)) {
    std::lock_guard<std::mutex> lock(helpers_mutex_);
    helpers_left_.notify_all();
  }
  if (scratch_capacity(worker) > kScratchKept / 4) {
    free_scratch(worker);
    worker = nullptr;
  }
  return true;
}

}  // namespace attn
