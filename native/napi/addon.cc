// What the addon exports to lib/native.ts: the classes, the operations and how their arguments are counted, and info.
#include <string>

#include "attn/op_desc.h"
#include "napi/cache.h"
#include "napi/call.h"
#include "napi/info.h"
#include "napi/tensor.h"

namespace attn::js {
namespace {

void define_function(napi_env env, napi_value object, const char* property, const std::string& name,
                     napi_callback callback, const OpDesc& op) {
  napi_value function;
  check(env, napi_create_function(env, name.c_str(), name.size(), callback, const_cast<OpDesc*>(&op), &function));
  set(env, object, property, function);
}

void define_operation(napi_env env, napi_value operations, const OpDesc& op) {
  auto operation = Napi::Object::New(env);
  define_function(env, operation, "call", op.key, call_async, op);
  define_function(env, operation, "callSync", std::string(op.key) + "Sync", call_sync, op);
  define_function(env, operation, "bind", "bind", bind_call, op);
  auto names = Napi::Array::New(env);
  uint32_t count = 0;
  for (const char* name : option_names(op)) names.Set(count++, name);
  operation.Set("inputs", op.input_count);
  operation.Set("options", names);
  set(env, operations, op.key, operation);
}

// node-addon-api turns only its own exceptions into JavaScript's.
template <Napi::Value (*body)(const Napi::CallbackInfo&)>
Napi::Value returning(const Napi::CallbackInfo& call) {
  const napi_env env = call.Env();
  return {env, guarded(env, [&]() -> napi_value { return body(call); })};
}
template <void (*body)(const Napi::CallbackInfo&)>
void doing(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&]() -> napi_value {
    body(call);
    return nullptr;
  });
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  guarded(env, [&]() -> napi_value {
    Environment& environment = *Environment::create(env);
    Tensor::define(environment, exports);
    PoolObject::define(environment, exports);
    SequenceObject::define(environment, exports);
    auto operations = Napi::Object::New(env);
    const OpTable table = op_table();
    for (size_t i = 0; i < table.count; ++i) define_operation(env, operations, table.rows[i]);
    exports.Set("operations", operations);
    exports.Set("ownTensor", Napi::Function::New<returning<own_tensor>>(env, "ownTensor"));
    exports.Set("copyTensor", Napi::Function::New<returning<copy_tensor>>(env, "copyTensor"));
    exports.Set("writeTensor", Napi::Function::New<doing<write_tensor>>(env, "writeTensor"));
    exports.Set("dropTensor", Napi::Function::New<doing<drop_tensor>>(env, "dropTensor"));
    exports.Set("mayVanish", Napi::Function::New<returning<may_vanish>>(env, "mayVanish"));
    exports.Set("checkSignal", Napi::Function::New<doing<check_signal>>(env, "checkSignal"));
    exports.Set("info", Napi::Function::New<returning<info>>(env, "info"));
    exports.Set("setThreads", Napi::Function::New<doing<set_threads>>(env, "setThreads"));
    exports.Set("explain", Napi::Function::New<returning<explain>>(env, "explain"));
    return nullptr;
  });
  return exports;
}

}  // namespace
}  // namespace attn::js

static Napi::Object init_module(Napi::Env env, Napi::Object exports) { return attn::js::initialize(env, exports); }
NODE_API_MODULE(hybrid_attention, init_module)
