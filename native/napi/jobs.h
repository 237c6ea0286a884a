// Work that runs on the pool while JavaScript goes on.
#pragma once

#include <atomic>
#include <cstdint>

#include "napi/environment.h"

namespace attn::js {

class Job {
 public:
  virtual ~Job() = default;
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // On a pool thread. Touches nothing of JavaScript.
  virtual Status run(ThreadPool& pool, const std::atomic<bool>& stop) = 0;
  // On the JavaScript thread, after run succeeded: what the promise resolves to.
  virtual napi_value result() = 0;
  // On the JavaScript thread, whatever came of the job: lets go of everything tied to the environment. More than once
  // does nothing.
  virtual void release() = 0;

 private:
  friend class Environment;

  enum class State : uint8_t {
    queued,
    running,
    cancelled,  // while queued, by its signal: already rejected
    abandoned,  // while queued, by the end of its environment: nobody waits for it any more
  };

  Environment* environment_ = nullptr;
  uint64_t id_ = 0;
  std::atomic<State> state_{State::queued};
  std::atomic<bool> stop_{false};
  Status status_;
  napi_deferred deferred_ = nullptr;  // null once settled
  uint64_t listener_ = 0;             // of its signal; 0: none
};

napi_value resolved(napi_env env, napi_value value);
napi_value rejected(napi_env env, napi_value reason);

// Runs the body of an asynchronous function, which gives a promise; what it throws becomes a rejected one.
template <typename Body>
napi_value promised(napi_env env, Body&& body) noexcept {
  return guarded(env, [&]() -> napi_value {
    try {
      return body(Environment::of(env));
    } catch (...) {
      napi_value reason = caught_value(env);
      return reason != nullptr ? rejected(env, reason) : nullptr;
    }
  });
}

}  // namespace attn::js
