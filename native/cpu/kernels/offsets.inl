// Which part of a whole an index falls into, from where each part begins.

// The last of `count` parts with begin(part) <= index; empty ones before it are passed over.
template <typename Begin>
inline int64_t part_of(int64_t count, int64_t index, Begin begin) {
  int64_t low = 0, high = count;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (begin(middle) <= index ? low : high) = middle;
  }
  return low;
}

// The sequence that token `t` of a packed batch of `count` belongs to.
inline int64_t sequence_of(const TensorView& offsets, int64_t count, int64_t t) {
  return part_of(count, t, [&](int64_t b) { return offsets.as<const int32_t>()[b * offsets.strides[0]]; });
}
