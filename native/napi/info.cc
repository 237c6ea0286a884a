// What this process has: ISA, threads, kernels; and which kernel would take a call.
#include "napi/info.h"

#include <cstring>
#include <vector>

#include "attn/attn.h"
#include "napi/call.h"

namespace attn::js {
namespace {

const OpDesc& find_op(napi_env env, napi_value value) {
  if (type_of(env, value) != napi_string) {
    fail(ErrorCode::arg_type, "explain: op must be a string, got " + describe(env, value));
  }
  const std::string name = Text<64>(env, value).chars;
  const OpTable table = op_table();
  for (size_t i = 0; i < table.count; ++i) {
    if (name == table.rows[i].key) return table.rows[i];
  }
  std::string known;
  for (size_t i = 0; i < table.count; ++i) {
    const bool own = std::strcmp(table.rows[i].key, table.rows[i].js_name) == 0;  // not another form of a function
    if (own) known += std::string(known.empty() ? "" : ", ") + table.rows[i].js_name;
  }
  fail(ErrorCode::value, "explain: op is '" + name + "', expected one of " + known);
}

}  // namespace

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  check(isa_status());
  check(threads_status());
  auto result = Napi::Object::New(env);
  auto isas = Napi::Array::New(env);
  uint32_t count = 0;
  for (const Isa isa : available_isas()) isas.Set(count++, isa_name(isa));
  auto rows = Napi::Array::New(env);
  count = 0;
  for (const KernelInfo* kernel : kernels()) {
    auto row = Napi::Object::New(env);
    row.Set("id", kernel->id);
    row.Set("op", op_desc(kernel->op).js_name);
    row.Set("isa", isa_name(kernel->isa));
    row.Set("form", kernel->form);
    row.Set("dtype", kernel->dtype);
    rows.Set(count++, row);
  }
  result.Set("isa", isa_name(selected_isa()));
  result.Set("isas", isas);
  result.Set("threads", threads(Environment::of(env).pool()));
  result.Set("kernels", rows);
  return result;
}

void set_threads(const Napi::CallbackInfo& call) {
  const napi_env env = call.Env();
  napi_value value = call[0];
  if (type_of(env, value) != napi_number) {
    fail(ErrorCode::arg_type, "setThreads: threads must be an integer, got " + describe(env, value));
  }
  int64_t count;
  if (!to_integer(env, value, &count)) fail(ErrorCode::value, "setThreads: threads must be an integer from 1 to 1024");
  check(attn::set_threads(Environment::of(env).pool(), count));
}

Napi::Value explain(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  OpCall op_call(Environment::of(env), find_op(env, call[0]), OpCall::Mode::sync);
  std::vector<napi_value> arguments;
  for (size_t i = 1; i < call.Length(); ++i) arguments.push_back(call[i]);
  op_call.read(arguments.data(), arguments.size());
  op_call.validate();
  const Explanation explanation = attn::explain(op_call.op(), op_call.data());
  auto result = Napi::Object::New(env);
  result.Set("kernel",
             explanation.kernel != nullptr ? Napi::Value(Napi::String::New(env, explanation.kernel->id)) : env.Null());
  auto refused = Napi::Array::New(env);
  uint32_t count = 0;
  for (const Explanation::Refusal& refusal : explanation.refused) {
    auto row = Napi::Object::New(env);
    row.Set("kernel", refusal.kernel->id);
    row.Set("reason", refusal.reason);
    refused.Set(count++, row);
  }
  result.Set("refused", refused);
  return result;
}

}  // namespace attn::js
