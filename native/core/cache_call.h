// What a call appends to its sequences: known once its arguments are validated.
#pragma once

#include "attn/op_desc.h"
#include "core/cache_pool.h"

namespace attn {

// After validate: reserves the pages that the call writes to, and completes its CacheView.
Status reserve_cache(const OpDesc& op, void* call, CacheCall& cache);

}  // namespace attn
