// Rows of [B, T, H, D] tensors, for operations that treat each row by itself.
//
// Shapes: [B, T, H, D]; a row is the last axis, broadcast axes have stride 0

struct Row {
  int64_t b, t, h;
};

inline int64_t row_offset(const TensorView& view, const Row& row) {
  return row.b * view.strides[0] + row.t * view.strides[1] + row.h * view.strides[2];
}

// A row of an optional tensor, f32 or of the inputs' dtype, its elements one apart or all the same.
template <typename S>
struct RowOperand {
  const float* f32 = nullptr;
  const S* own = nullptr;
  bool same = false;

  explicit operator bool() const { return f32 != nullptr || own != nullptr; }
};

template <typename S>
inline RowOperand<S> row_operand(const TensorView& view, int64_t offset) {
  RowOperand<S> operand;
  if (!view.present) return operand;
  operand.same = view.strides[view.rank - 1] == 0;
  if (view.dtype == DType::f32) {
    operand.f32 = view.as<const float>() + offset;
  } else {
    operand.own = view.as<const S>() + offset;
  }
  return operand;
}

template <typename E>
[[gnu::always_inline]] inline F32 load_lanes(const E* from, int64_t n) {
  return n >= kLanes ? load(from) : load_partial(from, n);
}

template <typename E>
[[gnu::always_inline]] inline void store_lanes(E* to, F32 value, int64_t n) {
  if (n >= kLanes) {
    store(to, value);
  } else {
    store_partial(to, value, n);
  }
}

template <typename S>
[[gnu::always_inline]] inline F32 load_operand(const RowOperand<S>& operand, int64_t d, int64_t n) {
  if (operand.same) return splat(operand.f32 != nullptr ? *operand.f32 : to_float(*operand.own));
  return operand.f32 != nullptr ? load_lanes(operand.f32 + d, n) : load_lanes(operand.own + d, n);
}

// Calls body(row, worker) for every row; tasks are blocks of rows of a fixed size.
template <typename Axes, typename Body>
inline void for_each_row(ExecContext& exec, const Axes& axes, int64_t work_per_row, Body body) {
  constexpr int64_t kRowsPerTask = 32;
  const int64_t rows = axes.B * axes.T * axes.H;
  exec.parallel_for((rows + kRowsPerTask - 1) / kRowsPerTask,
                    [&](int64_t task, std::byte* worker) {
                      const int64_t end = (task + 1) * kRowsPerTask < rows ? (task + 1) * kRowsPerTask : rows;
                      for (int64_t n = task * kRowsPerTask; n < end; ++n) {
                        body(Row{n / (axes.T * axes.H), n / axes.H % axes.T, n % axes.H}, worker);
                      }
                    },
                    rows * work_per_row);
}
