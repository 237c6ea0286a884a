// Functions beside the operations. They are called rarely, so they use the object interface of node-addon-api.
#pragma once

#include "napi/js.h"

namespace attn::js {

Napi::Value info(const Napi::CallbackInfo& call);
void set_threads(const Napi::CallbackInfo& call);
Napi::Value explain(const Napi::CallbackInfo& call);

}  // namespace attn::js
