// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {

enum class RotaryEmbeddingScalingType : int32_t { absent = -1, linear, llama3, yarn };

struct RotaryEmbeddingScaling {
  bool present = false;
  RotaryEmbeddingScalingType type = RotaryEmbeddingScalingType::absent;  // linear divides every frequency by factor; llama3 and yarn only the slow ones
  OptionalNumber factor;  // ratio of the stretched to the original length
  OptionalNumber original_length;  // positions the model was trained on; llama3 and yarn
  OptionalNumber low_frequency;  // llama3: turns per original length below which a frequency is divided; 1 when absent
  OptionalNumber high_frequency;  // llama3: turns per original length above which it is kept; 4 when absent
  OptionalNumber beta_fast;  // yarn: turns per original length above which a frequency is kept; 32 when absent
  OptionalNumber beta_slow;  // yarn: turns per original length below which it is divided; 1 when absent
  bool exact_range = false;  // yarn: do not round the ends of the ramp to whole pairs
};

struct RotaryEmbeddingOptions {
  bool interleaved = false;  // pairs are dims (2i, 2i + 1); otherwise (i, i + R), rotate-half
  OptionalNumber theta;  // base of the frequencies theta^(−i / R); 10000 when absent
  OptionalInteger rotary_dim;  // leading dims that rotate, 2R; all of D when absent
  RotaryEmbeddingScaling scaling;  // how a model stretches its frequencies beyond the length it was trained on
  OptionalNumber amplitude;  // factor on cosine and sine (YaRN's attention factor); 1 when absent
  TensorView inverse_frequencies;  // angle per position of each pair, in place of theta and scaling
  IntegerOrTensor position_start;  // position of the first token; 0 when absent
  TensorView positions;  // position of each token; in the table, where one is given
  TensorView cos;  // cosine of each token and pair
  TensorView sin;  // sine of each token and pair
  TensorView cos_table;  // cosine of each position and pair
  TensorView sin_table;  // sine of each position and pair
};

struct RotaryEmbeddingAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // tokens
  int64_t H = 0;  // heads
  int64_t D = 0;  // head dim
  int64_t R = 0;  // rotated pairs
  int64_t P = 0;  // positions in the table
};

// Rotates pairs of each head's dims by an angle that grows with the position: position · frequency, or given cosines and sines. Dims beyond the rotated ones pass through.
struct RotaryEmbeddingCall {
  TensorView x;  // [B, T, H, D] queries or keys
  RotaryEmbeddingOptions options;
  TensorView out;  // [B, T, H, D] rotated values
  RotaryEmbeddingAxes axes;  // bound by validate
};

}  // namespace attn
