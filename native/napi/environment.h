// Everything one JavaScript environment (the main thread or a worker) owns here: the instance data of the addon.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "attn/attn.h"
#include "napi/js.h"
#include "napi/pointer_set.h"
#include "napi/signals.h"

namespace attn::js {

class Job;
class Wrapped;
struct Handle;

// Lives as long as the instance data and every object that points to it: at teardown Node finalizes them in an order
// of its own.
class Environment {
 public:
  static Environment* create(napi_env env);
  static Environment& of(napi_env env);

  void retain() { ++references_; }
  void release() {
    if (--references_ == 0) delete this;
  }

  napi_env env() const { return env_; }
  ThreadPool& pool() const { return *pool_; }

  // Ties the native object to `object`, which owns it from here on.
  void wrap(napi_value object, std::unique_ptr<Wrapped> native);
  // Null for anything but an object that was wrapped here: what napi_unwrap gives counts only when it is a known handle,
  // so an object of another addon, or of another copy of this one, is never taken for ours.
  Wrapped* unwrap(napi_value value) const;

  // Tells the garbage collector about native memory, in steps worth telling.
  void adjust_memory(int64_t bytes);

  // wrapped.cc: the classes by their kind, and what the running constructor call is to wrap.
  std::unordered_map<const void*, napi_ref> constructors;
  std::unique_ptr<Wrapped> incoming;

  // External ArrayBuffers were refused, as runtimes with pointer compression do, or are switched off by
  // ATTN_NO_EXTERNAL_BUFFERS.
  bool external_buffers = true;

  // jobs.cc. Starts the job on the pool; the promise settles when it is done. `signal` may be null.
  napi_value start(std::unique_ptr<Job> owned, napi_value signal);

 private:
  explicit Environment(napi_env env);
  ~Environment();

  void reclaim();
  static void finalize(napi_env env, void* data, void* hint);

  // jobs.cc
  void create_wake_up();
  void set_in_flight(int64_t count);
  void stop(Job& job);
  void settle(Job& job);
  void finish(Job& job);
  void drain();
  void shut_down();
  static void run_job(void* job);
  static void on_wake_up(napi_env env, napi_value, void* context, void*);
  static napi_value on_abort(napi_env env, napi_callback_info info);

  napi_env env_;
  int64_t references_ = 1;
  std::shared_ptr<ThreadPool> pool_;

  PointerSet<Handle> handles_;
  size_t wrapped_since_reclaim_ = 0;
  size_t kept_by_reclaim_ = 0;
  int64_t unreported_bytes_ = 0;
  int64_t native_bytes_ = 0;
  int64_t allocated_since_reclaim_ = 0;

  napi_threadsafe_function wake_up_ = nullptr;
  int64_t in_flight_ = 0;  // jobs whose promise is pending; while there are some they keep the event loop alive
  uint64_t last_job_ = 0;
  std::unordered_map<uint64_t, Job*> jobs_;
  Signals signals_{env_};

  // Shared with the pool's threads.
  std::mutex mutex_;
  std::condition_variable idle_;
  std::vector<Job*> finished_;
  bool woken_ = false;
  int64_t running_ = 0;
};

// The native side of an object of JavaScript. Deleted as soon as the garbage collector is seen to have dropped that
// object: its finalizer waits for a turn of the event loop, which a synchronous loop never takes.
class Wrapped {
 public:
  explicit Wrapped(Environment& environment) : environment_(environment) {}
  virtual ~Wrapped() = default;
  Wrapped(const Wrapped&) = delete;
  Wrapped& operator=(const Wrapped&) = delete;

  Environment& environment() const { return environment_; }
  virtual const void* kind() const = 0;  // an address per class

 private:
  Environment& environment_;
};

// What napi_wrap gets.
struct Handle {
  Environment& environment;
  Wrapped* object;
  napi_ref weak = nullptr;
};

}  // namespace attn::js
