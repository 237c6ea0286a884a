// Objects of options: which names they may have, and reading those that are there.
#pragma once

#include "attn/exec.h"
#include "napi/js.h"

namespace attn::js {

// The options that an object may have, by index. Names are null at indexes that stand for none.
struct KnownOptions {
  const char* operation;
  const char* group;  // of which operation's options the object is; null for all of them
  int count;
  FunctionRef<const char*(int index)> name;
};

// Fails with the nearest of the known options, or all of them.
[[noreturn]] void unknown_option(const char* name, const KnownOptions& known);

// Fails unless the value is an object; `what` names it.
void check_object(napi_env env, napi_value value, const std::string& what);

// Calls read(index, value) for each option that is there and not undefined; fails for one that is not known.
void read_options(napi_env env, napi_value object, const KnownOptions& known, FunctionRef<void(int, napi_value)> read);

}  // namespace attn::js
