// AbortSignals that jobs listen to: one listener on each, however many jobs it may stop.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "napi/js.h"

namespace attn::js {

// Fails unless the value is an AbortSignal; `what` names it.
void check_signal(napi_env env, napi_value value, const std::string& what);
// The same for a value and the name of a function, which fails too when the signal is aborted already.
void check_signal(const Napi::CallbackInfo& call);
// Throws the signal's reason when it is aborted already; null stands for no signal.
void throw_if_aborted(napi_env env, napi_value signal);

class Signals {
 public:
  explicit Signals(napi_env env) : env_(env) {}
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Listens to the signal for the job, through `on_abort`, whose data is the number that this returns. That is a number
  // and no address: code that keeps the listener may call it at any time.
  uint64_t attach(napi_value signal, uint64_t job, napi_callback on_abort);
  // With its last job the listener goes.
  void detach(uint64_t listener, uint64_t job);

  std::vector<uint64_t> jobs(uint64_t listener) const;
  napi_value reason(uint64_t listener) const;

 private:
  struct Listener {
    napi_ref signal;
    napi_ref function;
    std::set<uint64_t> jobs;
  };

  napi_value numbers();
  napi_value ask_numbers(const char* method, std::initializer_list<napi_value> arguments);

  napi_env env_;
  uint64_t last_ = 0;
  std::unordered_map<uint64_t, Listener> listeners_;
  napi_ref numbers_ = nullptr;  // a Map of JavaScript, from signals to the numbers of their listeners
};

}  // namespace attn::js
