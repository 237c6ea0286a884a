// AVX-512 with AMX.
#if defined(__x86_64__)
#include "test/vec/prelude.h"

#if defined(__clang__)
#pragma clang attribute push(                                                                                     \
    __attribute__((target(                                                                                        \
        "amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target( \
    "amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt")
#endif

namespace attn::vec_avx512_amx {

#include "cpu/vec/avx512.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/avx512_amx.h"

#include "cpu/vec/math.inl"

#include "test/vec/probe.inl"

inline void probe_matrix_tiles(Checks& checks) {
  constexpr int kSide = 32, kGap = 5;  // rows of a and of the sums lie apart
  bf16 a[kSide * (kSide + kGap)], b[kSide * kSide];
  float sums[kSide * (kSide + kGap)];
  for (int i = 0; i < kSide * (kSide + kGap); ++i) {
    a[i] = from_float<bf16>(static_cast<float>(i % 7) - 3.0f);
    sums[i] = static_cast<float>(i % 11);
  }
  for (int i = 0; i < kSide * kSide; ++i) b[i] = from_float<bf16>(0.25f * static_cast<float>(i % 13) - 1.5f);
  auto product = [&](int row, int column) {
    float sum = 0;
    for (int k = 0; k < kSide; ++k) {
      sum += to_float(a[row * (kSide + kGap) + k]) * to_float(b[k / 2 * 2 * kSide + 2 * column + k % 2]);
    }
    return sum;
  };
  float added[kSide * (kSide + kGap)], alone[kSide * kSide];
  {
    const MatrixTiles tiles;
    MatrixTiles::load_sums(sums, kSide + kGap);
    MatrixTiles::add_product(a, kSide + kGap, b);
    MatrixTiles::store_sums(added, kSide + kGap);
    MatrixTiles::clear();
    MatrixTiles::add_product(a, kSide + kGap, b);
    MatrixTiles::store_sums(alone, kSide);
  }
  for (int row = 0; row < kSide; ++row) {
    for (int column = 0; column < kSide; ++column) {
      const int at = row * (kSide + kGap) + column;
      const float wanted = product(row, column);
      checks.expect(alone[row * kSide + column] == wanted, "product", at, alone[row * kSide + column], wanted);
      checks.expect(added[at] == sums[at] + wanted, "product added", at, added[at], sums[at] + wanted);
    }
  }
  bf16 rounded[2 * kLanes];
  store_rounded(rounded, iota(), add(iota(), splat(1000.5f)));
  for (int i = 0; i < 2 * kLanes; ++i) {
    const float wanted = to_float(from_float<bf16>(static_cast<float>(i % kLanes) + (i < kLanes ? 0.0f : 1000.5f)));
    checks.expect(to_float(rounded[i]) == wanted, "store_rounded", i, to_float(rounded[i]), wanted);
  }
}

}  // namespace attn::vec_avx512_amx

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace attn::test {

void probe_avx512_amx(Checks& checks) {
  vec_avx512_amx::probe(checks);
  vec_avx512_amx::probe_matrix_tiles(checks);
}

}  // namespace attn::test

#endif
