#include "attn/convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cpu/scalar.h"

namespace attn {
namespace {

// Two views walked together: axes of extent 1 dropped, neighbours that continue each other in both joined.
struct Walk {
  int rank = 0;
  int64_t shape[kMaxRank];
  int64_t from[kMaxRank];
  int64_t to[kMaxRank];
};

Walk plan(const TensorView& from, const TensorView& to) {
  Walk walk;
  for (int axis = 0; axis < from.rank; ++axis) {
    if (from.shape[axis] == 1) continue;
    const int last = walk.rank - 1;
    const bool joins = last >= 0 && walk.from[last] == from.strides[axis] * from.shape[axis] &&
                       walk.to[last] == to.strides[axis] * to.shape[axis];
    const int place = joins ? last : walk.rank++;
    walk.shape[place] = joins ? walk.shape[place] * from.shape[axis] : from.shape[axis];
    walk.from[place] = from.strides[axis];
    walk.to[place] = to.strides[axis];
  }
  if (walk.rank == 0) {
    walk.rank = 1;
    walk.shape[0] = walk.from[0] = walk.to[0] = 1;
  }
  return walk;
}

// Calls row(from, to, count, from stride, to stride) for each innermost row.
template <typename From, typename To, typename Row>
void for_each_row(const Walk& walk, const From* from, To* to, Row row) {
  const int inner = walk.rank - 1;
  int64_t index[kMaxRank] = {};
  for (;;) {
    row(from, to, walk.shape[inner], walk.from[inner], walk.to[inner]);
    int axis = inner - 1;
    for (; axis >= 0; --axis) {
      from += walk.from[axis];
      to += walk.to[axis];
      if (++index[axis] < walk.shape[axis]) break;
      from -= walk.from[axis] * walk.shape[axis];
      to -= walk.to[axis] * walk.shape[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

template <typename Bits>
void copy_as(const TensorView& from, const TensorView& to) {
  for_each_row(plan(from, to), from.as<const Bits>(), to.as<Bits>(),
               [](const Bits* source, Bits* target, int64_t count, int64_t from_stride, int64_t to_stride) {
                 if (from_stride == 1 && to_stride == 1) {
                   std::memcpy(target, source, static_cast<size_t>(count) * sizeof(Bits));
                   return;
                 }
                 for (int64_t i = 0; i < count; ++i) target[i * to_stride] = source[i * from_stride];
               });
}

struct boolean {
  uint8_t byte;
};
using attn::to_float;  // else the next two would hide the ones for plain types
float to_float(boolean value) { return value.byte != 0 ? 1.0f : 0.0f; }
float to_float(int32_t value) { return static_cast<float>(value); }

template <typename To>
To converted(float value) {
  return from_float<To>(value);
}
template <>
boolean converted<boolean>(float value) {
  return {static_cast<uint8_t>(value != 0.0f)};
}
template <>
int32_t converted<int32_t>(float value) {
  if (std::isnan(value)) return 0;
  if (value >= 2147483648.0f) return INT32_MAX;
  if (value <= -2147483648.0f) return INT32_MIN;
  return static_cast<int32_t>(std::nearbyint(value));
}

template <typename From, typename To>
void convert_as(const TensorView& from, const TensorView& to) {
  for_each_row(plan(from, to), from.as<const From>(), to.as<To>(),
               [](const From* source, To* target, int64_t count, int64_t from_stride, int64_t to_stride) {
                 if (from_stride == 1 && to_stride == 1) {
                   for (int64_t i = 0; i < count; ++i) target[i] = converted<To>(to_float(source[i]));
                   return;
                 }
                 for (int64_t i = 0; i < count; ++i) {
                   target[i * to_stride] = converted<To>(to_float(source[i * from_stride]));
                 }
               });
}

// Calls visit with a value of the storage type.
template <typename Visit>
void with_type(DType dtype, Visit visit) {
  switch (dtype) {
    case DType::f32:
      return visit(float());
    case DType::f16:
      return visit(f16());
    case DType::bf16:
      return visit(bf16());
    case DType::i32:
      return visit(int32_t());
    case DType::i8:
      return visit(int8_t());
    case DType::f8e4m3:
      return visit(f8e4m3());
    case DType::bool_:
      return visit(boolean());
  }
}

}  // namespace

void set_contiguous(TensorView& view) {
  int64_t stride = 1;
  for (int axis = view.rank - 1; axis >= 0; --axis) {
    view.strides[axis] = stride;
    stride *= std::max<int64_t>(view.shape[axis], 1);
  }
}

bool is_contiguous(const TensorView& view) {
  int64_t stride = 1;
  bool dense = true;
  for (int axis = view.rank - 1; axis >= 0; --axis) {
    if (view.shape[axis] == 0) return true;
    dense = dense && (view.shape[axis] == 1 || view.strides[axis] == stride);
    stride *= view.shape[axis];
  }
  return dense;
}

void copy_elements(const TensorView& from, const TensorView& to) {
  if (from.elements() == 0) return;
  switch (dtype_bytes(from.dtype)) {
    case 4:
      return copy_as<uint32_t>(from, to);
    case 2:
      return copy_as<uint16_t>(from, to);
    default:
      return copy_as<uint8_t>(from, to);
  }
}

void convert_elements(const TensorView& from, const TensorView& to) {
  if (from.dtype == to.dtype) return copy_elements(from, to);
  if (from.elements() == 0) return;
  with_type(from.dtype, [&](auto source) {
    with_type(to.dtype, [&](auto target) { convert_as<decltype(source), decltype(target)>(from, to); });
  });
}

}  // namespace attn
