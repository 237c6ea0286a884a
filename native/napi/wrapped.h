// Classes of JavaScript over native objects. A class T derives from Wrapped and has
//   static constexpr char kKind          its own address tells the class
//   static constexpr const char* kName   its name in JavaScript
//   static constexpr const char* kMade   how to get one, for the message of a constructor that is not to be called
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "napi/environment.h"

namespace attn::js {

// The T behind a JavaScript value, or null when it is something else.
template <typename T>
T* unwrap(Environment& environment, napi_value value) {
  Wrapped* object = environment.unwrap(value);
  return object != nullptr && object->kind() == &T::kKind ? static_cast<T*>(object) : nullptr;
}

// The T that a method was called on.
template <typename T>
T& receiver(napi_env env, napi_value value) {
  T* object = unwrap<T>(Environment::of(env), value);
  if (object == nullptr)
    fail(ErrorCode::arg_type, std::string(T::kName) + ": this method was called on another object");
  return *object;
}

// Runs a getter or method that takes at most `count` arguments: body(object, arguments).
template <typename T, size_t count = 1, typename Body>
napi_value on_receiver(napi_env env, napi_callback_info info, Body&& body) {
  return guarded(env, [&] {
    Arguments<count> arguments(env, info);
    return body(receiver<T>(env, arguments.receiver), arguments);
  });
}

napi_property_descriptor accessor(const char* name, napi_callback read);
napi_property_descriptor method(const char* name, napi_callback call);
napi_property_descriptor static_method(const char* name, napi_callback call);

// `dispose` is also found under Symbol.dispose.
void define_class(Environment& environment, napi_value exports, const char* name, const void* kind,
                  napi_callback construct, std::vector<napi_property_descriptor> members);
// The JavaScript object of a native one.
napi_value create_object(Environment& environment, std::unique_ptr<Wrapped> native);
// Takes what create_object is about to wrap; null when the program called the constructor.
std::unique_ptr<Wrapped> take_incoming(Environment& environment);

// The constructor of a class whose objects the program does not make with `new`.
template <typename T>
napi_value construct_only_natively(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    Environment& environment = Environment::of(env);
    std::unique_ptr<Wrapped> native = take_incoming(environment);
    if (native == nullptr)
      fail(ErrorCode::arg_type, std::string(T::kName) + ": not to be constructed; use " + T::kMade);
    environment.wrap(arguments.receiver, std::move(native));
    return arguments.receiver;
  });
}

}  // namespace attn::js
