// Arrays of kernels as one.

template <size_t kMost>
struct KernelRows {
  KernelInfo rows[kMost + 1] = {};
  size_t count = 0;

  constexpr void add(const KernelInfo& row) { rows[count++] = row; }
  KernelTable table() const { return {rows, count}; }
};

// One after the other.
template <size_t... kCounts>
constexpr KernelRows<(kCounts + ... + 0)> join_rows(const KernelInfo (&... arrays)[kCounts]) {
  KernelRows<(kCounts + ... + 0)> joined;
  auto append = [&](const KernelInfo* rows, size_t count) {
    for (size_t i = 0; i < count; ++i) joined.add(rows[i]);
  };
  (append(arrays, kCounts), ...);
  return joined;
}

// Those of one dtype. What the others would have run is not compiled.
template <size_t kMost>
constexpr KernelRows<kMost> rows_of_dtype(const KernelRows<kMost>& all, const char* dtype) {
  KernelRows<kMost> chosen;
  for (size_t i = 0; i < all.count; ++i) {
    if (__builtin_strcmp(all.rows[i].dtype, dtype) == 0) chosen.add(all.rows[i]);
  }
  return chosen;
}
