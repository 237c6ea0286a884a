// Softmax attention in float64 from its equation, one score at a time, over a call that validate has expanded.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "attn/attn.h"
#include "cpu/scalar.h"
#include "generated/attention.h"

namespace attn::test {

// The element at these indices, as a double; indices of missing trailing axes are not given.
template <typename... Index>
double element(const TensorView& view, Index... index) {
  const int64_t indices[] = {index...};
  int64_t at = 0;
  for (size_t axis = 0; axis < sizeof...(index); ++axis) at += indices[axis] * view.strides[axis];
  switch (view.dtype) {
    case DType::f32:
      return view.as<const float>()[at];
    case DType::f16:
      return to_float(view.as<const f16>()[at]);
    case DType::bf16:
      return to_float(view.as<const bf16>()[at]);
    case DType::i32:
      return view.as<const int32_t>()[at];
    default:
      return view.as<const uint8_t>()[at];
  }
}

struct AttentionRow {
  std::vector<double> out;
  double lse;
  std::vector<double> raw, capped, biased, weights;  // over the keys (or gathered keys)
};

inline int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0)); }

struct AttentionReference {
  const AttentionCall& call;

  struct Sequence {
    int64_t batch, query_begin, queries, key_begin, keys, counted, start;
  };

  Sequence sequence(int64_t b) const {
    const AttentionOptions& o = call.options;
    Sequence s{b, 0, call.axes.T, 0, call.axes.S, call.axes.S, 0};
    if (o.cu_seqlens.present) {
      s.query_begin = static_cast<int64_t>(element(o.cu_seqlens.q, b));
      s.queries = static_cast<int64_t>(element(o.cu_seqlens.q, b + 1)) - s.query_begin;
      s.key_begin = static_cast<int64_t>(element(o.cu_seqlens.k, b));
      s.counted = s.keys = static_cast<int64_t>(element(o.cu_seqlens.k, b + 1)) - s.key_begin;
    } else {
      s.counted = std::min(o.kv_lengths.at(b, s.keys), s.keys);
    }
    s.start = o.query_start.at(b, s.counted - s.queries);
    return s;
  }

  bool in_bounds(const Sequence& s, int64_t t, int64_t j) const {
    const AttentionOptions& o = call.options;
    const int64_t p = s.start + t;
    if (j >= s.counted || j < o.kv_start.at(s.batch, 0)) return false;
    if (o.causal && j > p) return false;
    if (o.window.present && o.window.left.present && j < p - o.window.left.value) return false;
    if (o.window.present && o.window.right.present && j > p + o.window.right.value) return false;
    if (o.chunk.present && floor_divide(j, o.chunk.value) != floor_divide(p, o.chunk.value)) return false;
    return !o.block.present || floor_divide(j, o.block.value) <= floor_divide(p, o.block.value);
  }

  AttentionRow row(int64_t b, int64_t head, int64_t t) const {
    const AttentionOptions& o = call.options;
    const double none = -std::numeric_limits<double>::infinity();
    const Sequence s = sequence(b);
    const int64_t kv_head = head * call.axes.Hkv / call.axes.Hq, token = s.query_begin + t;
    double scale = o.scale.present ? o.scale.value : 1 / std::sqrt(static_cast<double>(call.axes.K));
    if (o.query_scale.present) scale *= element(o.query_scale, s.batch, token);
    std::vector<int64_t> keys;
    if (o.key_indices.present) {
      for (int64_t i = 0; i < call.axes.I; ++i) {
        const int64_t key = static_cast<int64_t>(element(o.key_indices, s.batch, t, kv_head, i));
        if (key >= 0) keys.push_back(key);
      }
    } else {
      for (int64_t key = 0; key < s.keys; ++key) keys.push_back(key);
    }
    AttentionRow row{std::vector<double>(call.axes.V, 0.0), none, {}, {}, {}, {}};
    double top = none;
    for (int64_t key : keys) {
      double score = 0;
      for (int64_t i = 0; i < call.axes.K; ++i) {
        score += element(call.q, s.batch, token, head, i) * element(call.k, s.batch, s.key_begin + key, kv_head, i);
      }
      row.raw.push_back(score *= scale);
      if (o.softcap.present) score = o.softcap.value * std::tanh(score / o.softcap.value);
      row.capped.push_back(score);
      const double bias = o.bias.present ? element(o.bias, s.batch, head, t, key) : 0;
      const bool visible =
          in_bounds(s, t, key) && bias != none && (!o.mask.present || element(o.mask, s.batch, head, t, key) != 0);
      score += bias;
      if (o.alibi_slopes.present) score += element(o.alibi_slopes, head) * static_cast<double>(key - s.start - t);
      row.biased.push_back(visible ? score : none);
      if (visible && !std::isnan(top) && !(row.biased.back() <= top)) top = row.biased.back();
    }
    row.weights.assign(keys.size(), 0.0);
    if (top == none) return finish(row, s, head, token);
    double sum = 0;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (row.biased[i] != none) sum += row.weights[i] = std::exp(row.biased[i] - top);
    }
    row.lse = top + std::log(sum);
    if (o.sinks.present) sum += std::exp(element(o.sinks, head) - top);
    for (size_t i = 0; i < keys.size(); ++i) {
      if (row.biased[i] == none) continue;
      row.weights[i] /= sum;
      for (int64_t d = 0; d < call.axes.V; ++d) {
        row.out[d] += row.weights[i] * element(call.v, s.batch, s.key_begin + keys[i], kv_head, d);
      }
    }
    return finish(row, s, head, token);
  }

 private:
  AttentionRow finish(AttentionRow& row, const Sequence& s, int64_t head, int64_t token) const {
    if (call.options.gate.present) {
      for (int64_t d = 0; d < call.axes.V; ++d) {
        row.out[d] /= 1 + std::exp(-element(call.options.gate, s.batch, token, head, d));
      }
    }
    return row;
  }
};

}  // namespace attn::test
