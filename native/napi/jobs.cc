// The life of a job: queued on the pool, run there, settled by the event loop; stopped by its signal or by the end of
// its environment.
#include "napi/jobs.h"

#include <exception>
#include <new>

namespace attn::js {

napi_value resolved(napi_env env, napi_value value) {
  napi_deferred deferred;
  napi_value promise;
  check(env, napi_create_promise(env, &deferred, &promise));
  check(env, napi_resolve_deferred(env, deferred, value));
  return promise;
}

napi_value rejected(napi_env env, napi_value reason) {
  napi_deferred deferred;
  napi_value promise;
  check(env, napi_create_promise(env, &deferred, &promise));
  check(env, napi_reject_deferred(env, deferred, reason));
  return promise;
}

void Environment::create_wake_up() {
  napi_value name = string(env_, "hybrid-attention");
  check(env_, napi_create_threadsafe_function(env_, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, on_wake_up,
                                              &wake_up_));
  check(env_, napi_unref_threadsafe_function(env_, wake_up_));
}

void Environment::set_in_flight(int64_t count) {
  if (in_flight_ == 0 && count > 0) napi_ref_threadsafe_function(env_, wake_up_);
  if (in_flight_ > 0 && count == 0) napi_unref_threadsafe_function(env_, wake_up_);
  in_flight_ = count;
}

napi_value Environment::start(std::unique_ptr<Job> owned, napi_value signal) {
  Job& job = *owned;
  job.environment_ = this;
  job.id_ = ++last_job_;
  napi_value promise;
  try {
    if (signal != nullptr) job.listener_ = signals_.attach(signal, job.id_, on_abort);
    jobs_.emplace(job.id_, &job);
    check(env_, napi_create_promise(env_, &job.deferred_, &promise));
  } catch (...) {
    jobs_.erase(job.id_);
    signals_.detach(job.listener_, job.id_);
    throw;
  }
  owned.release();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++running_;
  }
  set_in_flight(in_flight_ + 1);
  try {
    submit(*pool_, run_job, &job);
  } catch (const std::bad_alloc&) {
    job.status_ = {ErrorCode::out_of_memory, "no memory to queue the call"};
    finish(job);
  }
  return promise;
}

void Environment::run_job(void* data) {
  auto& job = *static_cast<Job*>(data);
  const Job::State before = job.state_.exchange(Job::State::running);
  if (before == Job::State::abandoned) {
    delete &job;
    return;
  }
  if (before == Job::State::queued) {
    try {
      job.status_ = job.run(*job.environment_->pool_, job.stop_);
    } catch (const std::bad_alloc&) {
      job.status_ = {ErrorCode::out_of_memory, "native memory could not be allocated"};
    } catch (const std::exception& error) {
      job.status_ = {ErrorCode::internal, error.what()};
    }
  }
  job.environment_->finish(job);
}

void Environment::finish(Job& job) {
  std::lock_guard<std::mutex> lock(mutex_);
  finished_.push_back(&job);
  if (!woken_) {
    woken_ = true;
    napi_call_threadsafe_function(wake_up_, nullptr, napi_tsfn_nonblocking);
  }
  // Last, and under the lock: once this is zero the environment may go.
  if (--running_ == 0) idle_.notify_all();
}

void Environment::on_wake_up(napi_env env, napi_value, void* context, void*) {
  if (env != nullptr) static_cast<Environment*>(context)->drain();
}

void Environment::drain() {
  std::vector<Job*> finished;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    finished.swap(finished_);
    woken_ = false;
  }
  for (Job* job : finished) {
    std::unique_ptr<Job> owned(job);
    HandleScope scope(env_);
    settle(*job);
    signals_.detach(job->listener_, job->id_);
    job->release();
    jobs_.erase(job->id_);
  }
}

void Environment::settle(Job& job) {
  if (job.deferred_ == nullptr) return;
  napi_value value = nullptr;
  bool rejected = true;
  try {
    if (job.status_.is_ok()) {
      value = job.result();
      rejected = false;
    } else if (job.status_.code() == ErrorCode::aborted && job.listener_ != 0) {
      value = signals_.reason(job.listener_);
    } else {
      value = error_value(env_, job.status_);
    }
  } catch (...) {
    value = caught_value(env_);
    rejected = true;
  }
  const napi_deferred deferred = job.deferred_;
  job.deferred_ = nullptr;
  set_in_flight(in_flight_ - 1);
  if (value == nullptr) return;  // the environment is being terminated
  if (rejected) {
    napi_reject_deferred(env_, deferred, value);
  } else {
    napi_resolve_deferred(env_, deferred, value);
  }
}

napi_value Environment::on_abort(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    Arguments<1> arguments(env, info);
    Environment& environment = of(env);
    for (const uint64_t id : environment.signals_.jobs(reinterpret_cast<uintptr_t>(arguments.data))) {
      const auto found = environment.jobs_.find(id);
      if (found != environment.jobs_.end()) environment.stop(*found->second);
    }
    return nullptr;
  });
}

void Environment::stop(Job& job) {
  job.stop_.store(true, std::memory_order_relaxed);
  auto expected = Job::State::queued;
  if (!job.state_.compare_exchange_strong(expected, Job::State::cancelled)) return;
  // Nobody knows how long the work before it in the queue takes, so the caller is told now.
  job.status_ = {ErrorCode::aborted, "aborted"};
  job.release();  // it will not run: what it held, sequences for instance, is free for the next call
  settle(job);
}

// The environment ends: running jobs are stopped and waited for, queued ones are left to the pool as empty shells.
// Nothing here calls into JavaScript.
void Environment::shut_down() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (auto& [id, job] : jobs_) {
    job->stop_.store(true, std::memory_order_relaxed);
    auto state = job->state_.load();
    while (state == Job::State::queued || state == Job::State::cancelled) {
      if (!job->state_.compare_exchange_weak(state, Job::State::abandoned)) continue;
      job->release();
      --running_;
      break;
    }
  }
  idle_.wait(lock, [&] { return running_ == 0; });
  woken_ = true;  // whatever comes now wakes nobody
  for (Job* job : finished_) {
    job->release();
    delete job;
  }
  finished_.clear();
  jobs_.clear();
}

}  // namespace attn::js
