#include "napi/wrapped.h"

#include <cstring>
#include <utility>

namespace attn::js {

napi_property_descriptor accessor(const char* name, napi_callback read) {
  return {name,
          nullptr,
          nullptr,
          read,
          nullptr,
          nullptr,
          static_cast<napi_property_attributes>(napi_enumerable | napi_configurable),
          nullptr};
}

napi_property_descriptor method(const char* name, napi_callback call) {
  return {name, nullptr, call, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

napi_property_descriptor static_method(const char* name, napi_callback call) {
  napi_property_descriptor descriptor = method(name, call);
  descriptor.attributes = static_cast<napi_property_attributes>(napi_default_method | napi_static);
  return descriptor;
}

void define_class(Environment& environment, napi_value exports, const char* name, const void* kind,
                  napi_callback construct, std::vector<napi_property_descriptor> members) {
  const napi_env env = environment.env();
  napi_value global;
  check(env, napi_get_global(env, &global));
  napi_value symbol = get(env, get(env, global, "Symbol"), "dispose");
  for (size_t i = 0, count = members.size(); i < count && type_of(env, symbol) == napi_symbol; ++i) {
    if (std::strcmp(members[i].utf8name, "dispose") != 0) continue;
    napi_property_descriptor disposal = members[i];
    disposal.utf8name = nullptr;
    disposal.name = symbol;
    members.push_back(disposal);
    break;
  }
  napi_value constructor;
  check(env, napi_define_class(env, name, NAPI_AUTO_LENGTH, construct, nullptr, members.size(), members.data(),
                               &constructor));
  check(env, napi_create_reference(env, constructor, 1, &environment.constructors[kind]));
  set(env, exports, name, constructor);
}

napi_value create_object(Environment& environment, std::unique_ptr<Wrapped> native) {
  const napi_env env = environment.env();
  napi_value constructor;
  napi_value object;
  check(env, napi_get_reference_value(env, environment.constructors[native->kind()], &constructor));
  environment.incoming = std::move(native);
  const napi_status status = napi_new_instance(env, constructor, 0, nullptr, &object);
  environment.incoming.reset();  // still there when the constructor did not come to take it
  check(env, status);
  return object;
}

std::unique_ptr<Wrapped> take_incoming(Environment& environment) { return std::move(environment.incoming); }

}  // namespace attn::js
