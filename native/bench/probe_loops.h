// The loops of the probe, one set per instruction set, each as fast as the hardware goes.
#pragma once

#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace probe {

constexpr size_t kBlock = 128;  // floats per turn of the memory loops
constexpr int kTurns = 4096;    // per call of the arithmetic loops, some microseconds

struct Loops {
  const char* isa;
  double (*fma)();   // returns the floating-point operations done
  double (*bf16)();  // null where there is no such instruction
  void (*read)(const float* data, size_t count);
  void (*update)(float* data, size_t count);
};

// Results end here, so that no loop is optimised away.
inline volatile float sink;
// Unknown to the compiler, which else would merge sums that begin alike. Repeating x · factor + term from the start
// stays finite and far from denormals.
inline volatile float kStart = 1.0f, kFactor = 0.999f, kTerm = 1e-3f;

// The accumulators have to be registers, which takes a fully unrolled loop over them.
#define PROBE_UNROLL _Pragma("GCC unroll 32")

#if defined(__x86_64__)
#define PROBE_TARGET(list) __attribute__((target(list)))

// Without FMA the fastest pair is one multiplication and one addition, which run in parallel.
inline double fma_x86_64_v2() {
  __m128 sums[6], products[6];
  PROBE_UNROLL for (int i = 0; i < 6; ++i) {
    sums[i] = _mm_set1_ps(kStart);
    products[i] = _mm_set1_ps(kStart);
  }
  __m128 factor = _mm_set1_ps(kFactor), term = _mm_set1_ps(kTerm);
  for (int turn = 0; turn < kTurns; ++turn) {
    PROBE_UNROLL for (int i = 0; i < 6; ++i) {
      sums[i] = _mm_add_ps(sums[i], term);
      products[i] = _mm_mul_ps(products[i], factor);
    }
  }
  PROBE_UNROLL for (int i = 0; i < 6; ++i) sink = _mm_cvtss_f32(_mm_add_ps(sums[i], products[i]));
  return 2.0 * 4 * 6 * kTurns;
}

PROBE_TARGET("avx2,fma") inline double fma_avx2() {
  constexpr int kSums = 12;
  __m256 sums[kSums];
  PROBE_UNROLL for (auto& sum : sums) sum = _mm256_set1_ps(kStart);
  __m256 factor = _mm256_set1_ps(kFactor), term = _mm256_set1_ps(kTerm);
  for (int turn = 0; turn < kTurns; ++turn) {
    PROBE_UNROLL for (auto& sum : sums) sum = _mm256_fmadd_ps(sum, factor, term);
  }
  PROBE_UNROLL for (auto& sum : sums) sink = _mm256_cvtss_f32(sum);
  return 2.0 * 8 * kSums * kTurns;
}

PROBE_TARGET("avx512f") inline double fma_avx512() {
  constexpr int kSums = 24;
  __m512 sums[kSums];
  PROBE_UNROLL for (auto& sum : sums) sum = _mm512_set1_ps(kStart);
  __m512 factor = _mm512_set1_ps(kFactor), term = _mm512_set1_ps(kTerm);
  for (int turn = 0; turn < kTurns; ++turn) {
    PROBE_UNROLL for (auto& sum : sums) sum = _mm512_fmadd_ps(sum, factor, term);
  }
  PROBE_UNROLL for (auto& sum : sums) sink = _mm512_cvtss_f32(sum);
  return 2.0 * 16 * kSums * kTurns;
}

PROBE_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16") inline double bf16_avx512() {
  constexpr int kSums = 24;
  __m512 sums[kSums];
  PROBE_UNROLL for (auto& sum : sums) sum = _mm512_set1_ps(kStart);
  const __m512 ones = _mm512_set1_ps(kTerm);
  const __m512bh a = _mm512_cvtne2ps_pbh(ones, ones), b = a;
  for (int turn = 0; turn < kTurns; ++turn) {
    PROBE_UNROLL for (auto& sum : sums) sum = _mm512_dpbf16_ps(sum, a, b);
  }
  PROBE_UNROLL for (auto& sum : sums) sink = _mm512_cvtss_f32(sum);
  return 2.0 * 32 * kSums * kTurns;
}

inline void read_x86_64_v2(const float* data, size_t count) {
  __m128 sums[8];
  PROBE_UNROLL for (auto& sum : sums) sum = _mm_setzero_ps();
  for (size_t at = 0; at < count; at += 32) {
    PROBE_UNROLL for (int i = 0; i < 8; ++i) sums[i] = _mm_add_ps(sums[i], _mm_load_ps(data + at + 4 * i));
  }
  PROBE_UNROLL for (auto& sum : sums) sink = _mm_cvtss_f32(sum);
}

PROBE_TARGET("avx2") inline void read_avx2(const float* data, size_t count) {
  __m256 sums[8];
  PROBE_UNROLL for (auto& sum : sums) sum = _mm256_setzero_ps();
  for (size_t at = 0; at < count; at += 64) {
    PROBE_UNROLL for (int i = 0; i < 8; ++i) sums[i] = _mm256_add_ps(sums[i], _mm256_load_ps(data + at + 8 * i));
  }
  PROBE_UNROLL for (auto& sum : sums) sink = _mm256_cvtss_f32(sum);
}

PROBE_TARGET("avx512f") inline void read_avx512(const float* data, size_t count) {
  __m512 sums[8];
  PROBE_UNROLL for (auto& sum : sums) sum = _mm512_setzero_ps();
  for (size_t at = 0; at < count; at += 128) {
    PROBE_UNROLL for (int i = 0; i < 8; ++i) sums[i] = _mm512_add_ps(sums[i], _mm512_load_ps(data + at + 16 * i));
  }
  PROBE_UNROLL for (auto& sum : sums) sink = _mm512_cvtss_f32(sum);
}

inline void update_x86_64_v2(float* data, size_t count) {
  const __m128 factor = _mm_set1_ps(0.999f);
  for (size_t at = 0; at < count; at += 4) _mm_store_ps(data + at, _mm_mul_ps(_mm_load_ps(data + at), factor));
}

PROBE_TARGET("avx2") inline void update_avx2(float* data, size_t count) {
  const __m256 factor = _mm256_set1_ps(0.999f);
  for (size_t at = 0; at < count; at += 8) {
    _mm256_store_ps(data + at, _mm256_mul_ps(_mm256_load_ps(data + at), factor));
  }
}

PROBE_TARGET("avx512f") inline void update_avx512(float* data, size_t count) {
  const __m512 factor = _mm512_set1_ps(0.999f);
  for (size_t at = 0; at < count; at += 16) {
    _mm512_store_ps(data + at, _mm512_mul_ps(_mm512_load_ps(data + at), factor));
  }
}

inline const Loops kLoops[] = {
    {"x86_64_v2", fma_x86_64_v2, nullptr, read_x86_64_v2, update_x86_64_v2},
    {"avx2", fma_avx2, nullptr, read_avx2, update_avx2},
    {"avx512", fma_avx512, nullptr, read_avx512, update_avx512},
    {"avx512_bf16", fma_avx512, bf16_avx512, read_avx512, update_avx512},
    {"avx512_amx", fma_avx512, bf16_avx512, read_avx512, update_avx512},
};
#elif defined(__aarch64__)
inline double fma_neon() {
  constexpr int kSums = 24;
  float32x4_t sums[kSums];
  PROBE_UNROLL for (auto& sum : sums) sum = vdupq_n_f32(kStart);
  const float32x4_t factor = vdupq_n_f32(kFactor), term = vdupq_n_f32(kTerm);
  for (int turn = 0; turn < kTurns; ++turn) {
    PROBE_UNROLL for (auto& sum : sums) sum = vfmaq_f32(sum, factor, term);
  }
  PROBE_UNROLL for (auto& sum : sums) sink = vgetq_lane_f32(sum, 0);
  return 2.0 * 4 * kSums * kTurns;
}

inline void read_neon(const float* data, size_t count) {
  float32x4_t sums[8];
  PROBE_UNROLL for (auto& sum : sums) sum = vdupq_n_f32(0.0f);
  for (size_t at = 0; at < count; at += 32) {
    PROBE_UNROLL for (int i = 0; i < 8; ++i) sums[i] = vaddq_f32(sums[i], vld1q_f32(data + at + 4 * i));
  }
  PROBE_UNROLL for (auto& sum : sums) sink = vgetq_lane_f32(sum, 0);
}

inline void update_neon(float* data, size_t count) {
  for (size_t at = 0; at < count; at += 4) vst1q_f32(data + at, vmulq_n_f32(vld1q_f32(data + at), 0.999f));
}

inline const Loops kLoops[] = {{"neon", fma_neon, nullptr, read_neon, update_neon}};
#endif

inline const Loops* find_loops(const char* isa) {
  for (const Loops& loops : kLoops) {
    if (std::strcmp(loops.isa, isa) == 0) return &loops;
  }
  return nullptr;
}

}  // namespace probe
