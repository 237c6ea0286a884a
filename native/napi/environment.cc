#include "napi/environment.h"

#include <algorithm>
#include <cstdlib>

#include "napi/jobs.h"

namespace attn::js {
namespace {

constexpr int64_t kReportStep = 1 << 16;
constexpr int64_t kReclaimStep = 32 << 20;

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

Wrapped* Environment::unwrap(napi_value value) const {
  void* pointer = nullptr;
  if (napi_unwrap(env_, value, &pointer) != napi_ok) return nullptr;
  const auto found = wrapped_.find(static_cast<Wrapped*>(pointer));
  return found == wrapped_.end() ? nullptr : *found;
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
  HandleScope scope(env_);
  for (Wrapped* object : wrapped_) {
    if (object->collected()) object->collect();
  }
}

void Wrapped::wrap(napi_value object) {
  check(environment_.env(), napi_wrap(environment_.env(), object, this, finalize, nullptr, &weak_));
}

bool Wrapped::collected() const { return weak_ != nullptr && object() == nullptr; }

napi_value Wrapped::object() const {
  napi_value value = nullptr;
  if (weak_ != nullptr) napi_get_reference_value(environment_.env(), weak_, &value);
  return value;
}

void Wrapped::finalize(napi_env env, void* data, void*) {
  auto* object = static_cast<Wrapped*>(data);
  if (object->weak_ != nullptr) napi_delete_reference(env, object->weak_);
  object->collect();
  delete object;
}

}  // namespace attn::js
