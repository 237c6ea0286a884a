// Calls that are made later, in pieces or as one of several: checked as a whole, with tensors that stay until then.
#include <algorithm>
#include <cstring>

#include "napi/call.h"

namespace attn::js {
namespace {

// None where the value is undefined.
std::vector<std::string> read_names(napi_env env, napi_value array) {
  std::vector<std::string> names;
  if (is_undefined(env, array)) return names;
  uint32_t count = 0;
  check(env, napi_get_array_length(env, array, &count));
  for (uint32_t i = 0; i < count; ++i) {
    napi_value item;
    check(env, napi_get_element(env, array, i, &item));
    names.emplace_back(Text<64>(env, item).chars);
  }
  return names;
}

// An operation under the names of the function that makes its calls, for messages: an array of that of the function and
// those of its inputs, or undefined where they are the operation's own.
class NamedOp {
 public:
  NamedOp(napi_env env, const OpDesc& op, napi_value names) : op_(op), names_(read_names(env, names)) {
    if (names_.empty()) return;
    inputs_.assign(op.inputs, op.inputs + op.input_count);
    op_.js_name = names_[0].c_str();
    for (size_t i = 0; i < inputs_.size(); ++i) inputs_[i].name = inputs_[i].path = names_.at(i + 1).c_str();
    op_.inputs = inputs_.data();
  }
  NamedOp(const NamedOp&) = delete;
  NamedOp& operator=(const NamedOp&) = delete;

  const OpDesc& op() const { return op_; }

 private:
  OpDesc op_;
  std::vector<FieldDesc> inputs_;
  std::vector<std::string> names_;
};

}  // namespace

std::vector<OpCall::Named> OpCall::tensors(FunctionRef<bool(const char*)> wanted) {
  std::vector<Named> tensors;
  const auto lacks = [&](const char* name) {
    const auto is_it = [&](const Named& tensor) { return std::strcmp(tensor.name, name) == 0; };
    return wanted(name) && std::none_of(tensors.begin(), tensors.end(), is_it);
  };
  for (Given& given : given_) {
    if (given.listed || !lacks(given.path)) continue;
    const bool in_javascript = given.parts.storage->kind() == Storage::Kind::plain;
    const bool copy = given.copied || (mode_ == Mode::async && given.output < 0 && in_javascript);
    const Where where{op_.js_name, given.path};
    tensors.push_back({given.path, copy ? js::copied(environment_, given.parts.view, where) : std::move(given.parts)});
  }
  for (int i = 0; i < op_.output_count; ++i) {
    const char* name = op_.outputs[i].option;
    if (name == nullptr || !wants_output(op_, call_, i) || !lacks(name)) continue;
    tensors.push_back({name, allocate_tensor(environment_, output_layout(op_, call_, i), false, {op_.js_name, name})});
  }
  return tensors;
}

// Whether the call is to be made asynchronously; the names of the tensors that are wanted, or undefined for all; names as
// NamedOp takes them; then arguments as OpCall::read does.
napi_value bind_call(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    constexpr size_t own = 3;
    Arguments<kMaxArguments + own> arguments(env, info);
    bool asynchronous = false;
    check(env, napi_get_value_bool(env, arguments[0], &asynchronous));
    const std::vector<std::string> names = read_names(env, arguments[1]);
    const auto wanted = [&](const char* name) {
      return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    };
    const NamedOp named(env, *static_cast<const OpDesc*>(arguments.data), arguments[2]);
    Environment& environment = Environment::of(env);
    OpCall call(environment, named.op(), asynchronous ? OpCall::Mode::async : OpCall::Mode::sync);
    call.read(arguments.values + own, arguments.count - own);
    throw_if_aborted(env, call.signal());
    call.validate();
    std::vector<OpCall::Named> tensors = call.tensors(wanted);
    napi_value object;
    check(env, napi_create_object(env, &object));
    for (auto& [name, parts] : tensors) set(env, object, name, Tensor::create(environment, std::move(parts)));
    return object;
  });
}

}  // namespace attn::js
