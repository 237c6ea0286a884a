#include "napi/signals.h"

namespace attn::js {

void check_signal(napi_env env, napi_value value, const std::string& what) {
  if (type_of(env, value) == napi_object && type_of(env, get(env, value, "addEventListener")) == napi_function) return;
  fail(ErrorCode::arg_type, what + " must be an AbortSignal, got " + describe(env, value));
}

void throw_if_aborted(napi_env env, napi_value signal) {
  if (signal == nullptr) return;
  napi_value aborted = get(env, signal, "aborted");
  bool is_aborted = false;
  if (napi_get_value_bool(env, aborted, &is_aborted) != napi_ok || !is_aborted) return;
  check(env, napi_throw(env, get(env, signal, "reason")));
  throw Pending{};
}

napi_value Signals::numbers() {
  napi_value map;
  if (numbers_ == nullptr) {
    napi_value global;
    check(env_, napi_get_global(env_, &global));
    check(env_, napi_new_instance(env_, get(env_, global, "Map"), 0, nullptr, &map));
    check(env_, napi_create_reference(env_, map, 1, &numbers_));
  }
  check(env_, napi_get_reference_value(env_, numbers_, &map));
  return map;
}

napi_value Signals::ask_numbers(const char* method, std::initializer_list<napi_value> arguments) {
  napi_value map = numbers();
  napi_value result;
  check(env_, napi_call_function(env_, map, get(env_, map, method), arguments.size(), arguments.begin(), &result));
  return result;
}

void check_signal(const Napi::CallbackInfo& call) {
  const napi_env env = call.Env();
  check_signal(env, call[0], std::string(Text<64>(env, call[1]).chars) + ": signal");
  throw_if_aborted(env, call[0]);
}

uint64_t Signals::attach(napi_value signal, uint64_t job, napi_callback on_abort) {
  int64_t known;
  if (to_integer(env_, ask_numbers("get", {signal}), &known)) {
    const auto found = listeners_.find(static_cast<uint64_t>(known));
    if (found != listeners_.end()) {
      found->second.jobs.insert(job);
      return found->first;
    }
  }
  const uint64_t number = ++last_;
  napi_value function;
  check(env_, napi_create_function(env_, "abort", NAPI_AUTO_LENGTH, on_abort,
                                   reinterpret_cast<void*>(static_cast<uintptr_t>(number)), &function));
  napi_value arguments[] = {string(env_, "abort"), function};
  check(env_, napi_call_function(env_, signal, get(env_, signal, "addEventListener"), 2, arguments, nullptr));
  ask_numbers("set", {signal, js::number(env_, static_cast<double>(number))});
  Listener listener{nullptr, nullptr, {job}};
  check(env_, napi_create_reference(env_, signal, 1, &listener.signal));
  check(env_, napi_create_reference(env_, function, 1, &listener.function));
  listeners_.emplace(number, std::move(listener));
  return number;
}

void Signals::detach(uint64_t number, uint64_t job) {
  const auto found = listeners_.find(number);
  if (found == listeners_.end()) return;
  found->second.jobs.erase(job);
  if (!found->second.jobs.empty()) return;
  const Listener listener = std::move(found->second);
  listeners_.erase(found);  // first, since what follows runs code of the signal
  try {
    napi_value signal;
    napi_value function;
    check(env_, napi_get_reference_value(env_, listener.signal, &signal));
    check(env_, napi_get_reference_value(env_, listener.function, &function));
    ask_numbers("delete", {signal});
    napi_value arguments[] = {string(env_, "abort"), function};
    check(env_, napi_call_function(env_, signal, get(env_, signal, "removeEventListener"), 2, arguments, nullptr));
  } catch (...) {
    caught_value(env_);  // a signal that cannot be detached from is the caller's own; the call itself is done
  }
  napi_delete_reference(env_, listener.signal);
  napi_delete_reference(env_, listener.function);
}

std::vector<uint64_t> Signals::jobs(uint64_t number) const {
  const auto found = listeners_.find(number);
  if (found == listeners_.end()) return {};
  return {found->second.jobs.begin(), found->second.jobs.end()};
}

napi_value Signals::reason(uint64_t number) const {
  napi_value signal;
  check(env_, napi_get_reference_value(env_, listeners_.at(number).signal, &signal));
  return get(env_, signal, "reason");
}

}  // namespace attn::js
