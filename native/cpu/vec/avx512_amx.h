// Matrix tiles of AMX. Included after avx512.h and bf16_pairs.inl, inside namespace attn::avx512_amx and its target region.
//
// Layout: 32 × 32 sums are four tiles of 16 × 16: 0 and 1 above 2 and 3. A product takes 32 rows of 16 pairs of bf16, in
// tiles 4 and 5, and 16 rows of 32 pairs, one of each column, in tiles 6 and 7.
// Edge: products and sums round to nearest even and take subnormal numbers as zero.

inline constexpr bool kHasMatrixTiles = true;

// The tiles of a thread, to be used while this lives. Left configured, the system would save their 8 KiB at each switch of
// threads.
struct MatrixTiles {
  static constexpr int kRows = 16;
  struct alignas(64) Shapes {
    uint8_t palette = 1;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {kRows, kRows, kRows, kRows, kRows, kRows, kRows, kRows};
  };
  static const Shapes kShapes;

  MatrixTiles() { _tile_loadconfig(&kShapes); }
  ~MatrixTiles() { _tile_release(); }
  MatrixTiles(const MatrixTiles&) = delete;
  MatrixTiles& operator=(const MatrixTiles&) = delete;

  // The compiler's intrinsics do not say which memory they read.
  [[gnu::always_inline]] static void order_memory() { asm volatile("" ::: "memory"); }

  [[gnu::always_inline]] static void clear() {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  // Strides are elements from row to row.
  [[gnu::always_inline]] static void load_sums(const float* from, int64_t stride) {
    const int64_t bytes = stride * static_cast<int64_t>(sizeof(float));
    const float* below = from + kRows * stride;
    order_memory();
    _tile_loadd(0, from, bytes);
    _tile_loadd(1, from + kRows, bytes);
    _tile_loadd(2, below, bytes);
    _tile_loadd(3, below + kRows, bytes);
  }
  [[gnu::always_inline]] static void store_sums(float* to, int64_t stride) {
    const int64_t bytes = stride * static_cast<int64_t>(sizeof(float));
    float* below = to + kRows * stride;
    _tile_stored(0, to, bytes);
    _tile_stored(1, to + kRows, bytes);
    _tile_stored(2, below, bytes);
    _tile_stored(3, below + kRows, bytes);
    order_memory();
  }
  // sums[r][c] += Σ_k a[r][k] · b[k / 2][c][k % 2] over 32 values of k; the rows of b follow each other.
  [[gnu::always_inline]] static void add_product(const bf16* a, int64_t a_stride, const bf16* b) {
    constexpr int64_t kElement = sizeof(bf16);
    constexpr int64_t b_bytes = 4 * kRows * kElement;
    order_memory();
    _tile_loadd(6, b, b_bytes);
    _tile_loadd(4, a, a_stride * kElement);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, b + 2 * kRows, b_bytes);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, a + kRows * a_stride, a_stride * kElement);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
};
inline constexpr MatrixTiles::Shapes MatrixTiles::kShapes;

// Stores first, then second, rounded: 2 · kLanes values.
[[gnu::always_inline]] inline void store_rounded(bf16* to, F32 first, F32 second) {
  _mm512_storeu_si512(to,
                      (__m512i)_mm512_cvtne2ps_pbh(second, first));  // NOLINT: vector types convert by this cast alone
}
