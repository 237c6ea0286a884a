// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {



struct DecayGateOptions {
  TensorView log_a;  // log of the decay rate of each head; 0 when absent
  TensorView bias;  // added to x; 0 when absent
  OptionalNumber lower_bound;  // takes the bounded form: decay lies between this and 0
  OptionalNumber rate_min;  // least rate (Mamba-2's lower time-step limit); 0 when absent
  OptionalNumber rate_max;  // largest rate (upper time-step limit); open when absent
  bool return_rate = false;  // also return the rate, which scales Mamba-2's write as beta
};

struct DecayGateAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // tokens
  int64_t C = 0;  // gates per token (heads, or heads · key dim)
  int64_t H = 0;  // heads
};

// Log decay from a projection: rate = clamp(softplus(x + bias)), decay = −exp(logA) · rate; or decay = lowerBound · sigmoid(exp(logA) · (x + bias)).
struct DecayGateCall {
  TensorView x;  // [B, T, C] projection of the gate, before its bias
  DecayGateOptions options;
  TensorView decay;  // [B, T, C] natural-log gate ≤ 0
  TensorView rate;  // [B, T, C] softplus(x + bias) within its limits
  DecayGateAxes axes;  // bound by validate
};

}  // namespace attn
