// What every ISA unit needs before it opens its target region: whatever is included inside would be compiled for it,
// and shared code compiled so could then run on machines that lack it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#if defined(__x86_64__)
// GCC 12 takes the undefined pass-through operands of its own intrinsics for a mistake of their callers.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "attn/cache_view.h"
#include "attn/exec.h"
#include "attn/kernel.h"
#include "attn/status.h"
#include "attn/tensor_view.h"
#include "cpu/scalar.h"
#include "generated/activation.h"
#include "generated/attention.h"
#include "generated/cached_attention.h"
#include "generated/causal_conv1d.h"
#include "generated/decay_gate.h"
#include "generated/l2_norm.h"
#include "generated/layer_norm.h"
#include "generated/linear_attention.h"
#include "generated/merge_attention.h"
#include "generated/rms_norm.h"
#include "generated/rotary_embedding.h"
#include "generated/token_shift.h"
