#include "napi/environment.h"

#include <algorithm>
#include <cstdlib>

#include "napi/jobs.h"

namespace attn::js {
namespace {

constexpr int64_t kReportStep = 1 << 16;
constexpr int64_t kReclaimStep = 32 << 20;
constexpr size_t kReclaimCount = 4096;

}  // namespace

Environment::Environment(napi_env env) : env_(env), pool_(acquire_thread_pool()) {
  if (pool_ == nullptr) fail(ErrorCode::out_of_memory, "the thread pool could not be started");
  const char* off = std::getenv("ATTN_NO_EXTERNAL_BUFFERS");
  external_buffers = off == nullptr || off[0] == '\0' || off[0] == '0';
}

Environment::~Environment() = default;

Environment* Environment::create(napi_env env) {
  auto* environment = new Environment(env);
  const auto finalize = [](napi_env, void* data, void*) { static_cast<Environment*>(data)->release(); };
  const napi_status status = napi_set_instance_data(env, environment, finalize, nullptr);
  if (status != napi_ok) {
    environment->release();
    node_api_failed(env, status);
  }
  environment->create_wake_up();
  // After the wake-up function, so that at teardown, which runs the latest hook first, it still exists here.
  check(env, napi_add_env_cleanup_hook(
                 env, [](void* data) { static_cast<Environment*>(data)->shut_down(); }, environment));
  return environment;
}

Environment& Environment::of(napi_env env) {
  void* data = nullptr;
  check(env, napi_get_instance_data(env, &data));
  return *static_cast<Environment*>(data);
}

void Environment::wrap(napi_value object, std::unique_ptr<Wrapped> native) {
  auto handle = std::make_unique<Handle>(Handle{*this, native.get()});
  check(env_, napi_wrap(env_, object, handle.get(), finalize, nullptr, &handle->weak));
  retain();
  native.release();
  handles_.insert(handle.release());
  if (++wrapped_since_reclaim_ >= std::max(kReclaimCount, kept_by_reclaim_)) reclaim();
}

void Environment::finalize(napi_env env, void* data, void*) {
  auto* handle = static_cast<Handle*>(data);
  Environment& environment = handle->environment;
  environment.handles_.erase(handle);
  delete handle->object;
  napi_delete_reference(env, handle->weak);
  delete handle;
  environment.release();
}

Wrapped* Environment::unwrap(napi_value value) const {
  void* pointer = nullptr;
  if (napi_unwrap(env_, value, &pointer) != napi_ok) return nullptr;
  const auto* handle = static_cast<const Handle*>(pointer);
  return handles_.contains(handle) ? handle->object : nullptr;
}

void Environment::adjust_memory(int64_t bytes) {
  native_bytes_ += bytes;
  unreported_bytes_ += bytes;
  if (std::abs(unreported_bytes_) >= kReportStep) {
    int64_t total;
    if (napi_adjust_external_memory(env_, unreported_bytes_, &total) == napi_ok) unreported_bytes_ = 0;
  }
  if (bytes <= 0) return;
  allocated_since_reclaim_ += bytes;
  if (allocated_since_reclaim_ >= std::max(kReclaimStep, native_bytes_ / 2)) reclaim();
}

void Environment::reclaim() {
  allocated_since_reclaim_ = 0;
  wrapped_since_reclaim_ = 0;
  HandleScope scope(env_);
  handles_.erase_if([&](Handle* handle) {
    napi_value object = nullptr;
    if (napi_get_reference_value(env_, handle->weak, &object) != napi_ok || object != nullptr) return false;
    // Takes back the finalizer too, which would wait for the event loop with all that belongs to it.
    napi_delete_reference(env_, handle->weak);
    delete handle->object;
    delete handle;
    release();
    return true;
  });
  kept_by_reclaim_ = handles_.size();
}

}  // namespace attn::js
