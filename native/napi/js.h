// What every file of the boundary needs of Node-API: errors in both directions, and reading plain values.
//
// The per-call path uses the C interface: wrapping each value in an object costs more there than the work itself.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <utility>

#include "attn/status.h"

namespace attn::js {

// Thrown while an exception is already pending in JavaScript.
struct Pending {};

// Thrown for everything that becomes an error of this package.
struct Failure {
  Status status;
};

// How messages name a value: "attention: k", "Tensor.from: data".
struct Where {
  const char* operation;
  const char* argument;
  std::string text() const { return std::string(operation) + ": " + argument; }
};

[[noreturn]] void fail(ErrorCode code, std::string message);
[[noreturn]] void node_api_failed(napi_env env, napi_status status);

inline void check(napi_env env, napi_status status) {
  if (status != napi_ok) node_api_failed(env, status);
}
inline void check(const Status& status) {
  if (!status.is_ok()) throw Failure{status};
}

// An Error, TypeError or RangeError with its `code`. Null when the environment can no longer make one.
napi_value error_value(napi_env env, const Status& status) noexcept;

// The message of the exception pending in JavaScript, which is cleared; empty when there is none.
std::string clear_exception(napi_env env);

// Inside a catch block: the JavaScript value of the exception being handled.
napi_value caught_value(napi_env env) noexcept;

// Runs a callback's body; what it throws becomes a JavaScript exception.
template <typename Body>
napi_value guarded(napi_env env, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    napi_value error = caught_value(env);
    if (error != nullptr) napi_throw(env, error);
    return nullptr;
  }
}

template <size_t N>
struct Arguments {
  napi_value values[N] = {};  // undefined where the caller gave fewer
  size_t count = N;
  napi_value receiver = nullptr;
  void* data = nullptr;

  Arguments(napi_env env, napi_callback_info info) {
    check(env, napi_get_cb_info(env, info, &count, values, &receiver, &data));
  }
  napi_value operator[](size_t i) const { return values[i]; }
};

class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) { open_ = napi_open_handle_scope(env, &scope_) == napi_ok; }
  ~HandleScope() {
    if (open_) napi_close_handle_scope(env_, scope_);
  }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;

 private:
  napi_env env_;
  napi_handle_scope scope_;
  bool open_;
};

inline napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type;
}
inline bool is_undefined(napi_env env, napi_value value) { return type_of(env, value) == napi_undefined; }

inline napi_value undefined(napi_env env) {
  napi_value value;
  check(env, napi_get_undefined(env, &value));
  return value;
}
inline napi_value string(napi_env env, const char* text) {
  napi_value value;
  check(env, napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value));
  return value;
}
inline napi_value number(napi_env env, double number) {
  napi_value value;
  check(env, napi_create_double(env, number, &value));
  return value;
}
inline napi_value get(napi_env env, napi_value object, const char* name) {
  napi_value value;
  check(env, napi_get_named_property(env, object, name, &value));
  return value;
}
inline void set(napi_env env, napi_value object, const char* name, napi_value value) {
  check(env, napi_set_named_property(env, object, name, value));
}

// A string's text; longer ones are cut at `size - 1` bytes.
template <size_t size>
struct Text {
  char chars[size];
  size_t length = 0;
  Text(napi_env env, napi_value value) { check(env, napi_get_value_string_utf8(env, value, chars, size, &length)); }
};

// How messages name a value that was not what they expected: "a string", "null", "an Int16Array", …
std::string describe(napi_env env, napi_value value);

// A number as JavaScript prints it, with no more digits than tell it apart; `describe` for anything else.
std::string value_text(napi_env env, napi_value value);

// False unless the value is a number that is a whole one of at most 2^53.
bool to_integer(napi_env env, napi_value value, int64_t* result);

}  // namespace attn::js
