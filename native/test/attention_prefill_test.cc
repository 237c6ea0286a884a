// The prefill kernels of every instruction set of this machine against float64: random shapes, layouts and options.
#include <cstring>
#include <memory>
#include <random>
#include <string>

#include "attn/attn.h"
#include "core/dispatch.h"
#include "core/registry.h"
#include "core/thread_pool.h"
#include "test/attention_reference.h"
#include "test/harness.h"

namespace attn::test {
namespace {

using Random = std::mt19937;

int64_t between(Random& random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
}
bool chance(Random& random, int percent) { return between(random, 1, 100) <= percent; }

// Memory of a call's tensors.
class Arena {
 public:
  explicit Arena(uint32_t seed) : random(seed) {}

  // Axes in a random order of memory with random gaps; the last axis stays contiguous.
  TensorView tensor(DType dtype, std::initializer_list<int64_t> shape, bool gaps = true) {
    TensorView view;
    view.dtype = dtype;
    view.present = true;
    for (int64_t extent : shape) view.shape[view.rank++] = extent;
    int order[kMaxRank];
    for (int axis = 0; axis < view.rank; ++axis) order[axis] = axis;
    if (gaps && view.rank == 4 && chance(random, 40)) std::swap(order[1], order[2]);
    int64_t stride = 1;
    for (int i = view.rank - 1; i >= 0; --i) {
      view.strides[order[i]] = stride;
      stride *= std::max<int64_t>(1, view.shape[order[i]]);
      if (gaps && i > 0 && chance(random, 30)) stride += between(random, 1, 5);
    }
    blocks_.push_back(std::make_unique<std::byte[]>(static_cast<size_t>(stride) * 4 + 64));
    view.data = blocks_.back().get();
    std::memset(view.data, 0xff, static_cast<size_t>(stride) * 4 + 64);  // NaN, −1
    return view;
  }

  template <typename Fill>
  TensorView filled(DType dtype, std::initializer_list<int64_t> shape, Fill fill) {
    TensorView view = tensor(dtype, shape);
    int64_t index[kMaxRank] = {};
    for (int64_t n = view.elements(); n > 0; --n) {
      int64_t at = 0;
      for (int axis = 0; axis < view.rank; ++axis) at += index[axis] * view.strides[axis];
      put(view, at, fill());
      for (int axis = view.rank - 1; axis >= 0 && ++index[axis] == view.shape[axis]; --axis) index[axis] = 0;
    }
    return view;
  }
  TensorView normal(DType dtype, std::initializer_list<int64_t> shape, double deviation = 1) {
    std::normal_distribution<double> values(0, deviation);
    return filled(dtype, shape, [&] { return values(random); });
  }

  static void put(const TensorView& view, int64_t at, double value) {
    switch (view.dtype) {
      case DType::f32:
        view.as<float>()[at] = static_cast<float>(value);
        break;
      case DType::f16:
        view.as<f16>()[at] = from_float<f16>(static_cast<float>(value));
        break;
      case DType::bf16:
        view.as<bf16>()[at] = from_float<bf16>(static_cast<float>(value));
        break;
      case DType::i32:
        view.as<int32_t>()[at] = static_cast<int32_t>(value);
        break;
      default:
        view.as<uint8_t>()[at] = static_cast<uint8_t>(value);
    }
  }

  Random random;

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

struct Case {
  AttentionCall call;
  std::string text;
  bool poisoned = false;
};

void add_bounds(Arena& arena, Case& c, int64_t B, int64_t S, bool packed) {
  Random& random = arena.random;
  AttentionOptions& o = c.call.options;
  if (chance(random, 40)) o.causal = true;
  if (chance(random, 25)) {
    o.window.present = true;
    if (chance(random, 70)) o.window.left = {true, between(random, 0, S)};
    if (chance(random, 50)) o.window.right = {true, between(random, 0, S)};
  }
  if (chance(random, 15)) o.chunk = {true, between(random, 1, S + 2)};
  if (!o.causal && !o.chunk.present && chance(random, 15)) o.block = {true, between(random, 1, S + 2)};
  if (chance(random, 20)) o.query_start.scalar = {true, between(random, -3, S)};
  if (!o.query_start.present() && chance(random, 20)) {
    o.query_start.tensor = arena.filled(DType::i32, {B}, [&] { return between(random, -3, S); });
  }
  if (packed) return;
  if (chance(random, 25)) o.kv_lengths.tensor = arena.filled(DType::i32, {B}, [&] { return between(random, 0, S); });
  if (chance(random, 15)) o.kv_start.tensor = arena.filled(DType::i32, {B}, [&] { return between(random, 0, S); });
  c.text += std::string(o.causal ? " causal" : "") + (o.window.present ? " window" : "") +
            (o.chunk.present ? " chunk" : "") + (o.block.present ? " block" : "") +
            (o.query_start.present() ? " queryStart" : "") + (o.kv_lengths.present() ? " kvLengths" : "") +
            (o.kv_start.present() ? " kvStart" : "");
}

void add_terms(Arena& arena, Case& c, DType dtype, int64_t B, int64_t T, int64_t S, int64_t Hq, bool matrices) {
  Random& random = arena.random;
  AttentionOptions& o = c.call.options;
  std::normal_distribution<double> values(0, 1);
  auto extent = [&](int64_t full) { return chance(random, 30) ? 1 : full; };
  if (chance(random, 20)) o.softcap = {true, 0.5 + static_cast<double>(between(random, 0, 30))};
  if (chance(random, 25)) o.sinks = arena.normal(chance(random, 50) ? DType::f32 : dtype, {Hq}, 3);
  if (chance(random, 20)) o.alibi_slopes = arena.normal(DType::f32, {Hq}, 0.1);
  if (matrices && chance(random, 20)) {
    o.bias = arena.filled(chance(random, 50) ? DType::f32 : dtype, {extent(B), extent(Hq), extent(T), extent(S)}, [&] {
      return chance(random, 20) ? -std::numeric_limits<double>::infinity() : values(random);
    });
  }
  if (matrices && chance(random, 20)) {
    const int percent = chance(random, 50) ? 80 : 3;
    o.mask = arena.filled(DType::bool_, {extent(B), extent(Hq), extent(T), extent(S)},
                          [&] { return chance(random, percent); });
  }
  c.text += std::string(o.softcap.present ? " softcap" : "") + (o.sinks.present ? " sinks" : "") +
            (o.alibi_slopes.present ? " alibi" : "") + (o.bias.present ? " bias" : "") +
            (o.mask.present ? " mask" : "");
}

Case random_case(Arena& arena, DType dtype) {
  Random& random = arena.random;
  constexpr int64_t dims[] = {1, 3, 8, 16, 17, 31, 32, 33, 40, 64, 80, 100};
  Case c;
  AttentionOptions& o = c.call.options;
  const bool large = chance(random, 25);
  int64_t B = between(random, 1, 3), T = between(random, 0, large ? 300 : 40), S = between(random, 0, large ? 700 : 60);
  const int64_t Hkv = between(random, 1, 2), Hq = Hkv * between(random, 1, 4);
  constexpr int64_t published[][2] = {{192, 128}, {576, 512}, {256, 432}};
  int64_t K = dims[random() % 12], V = chance(random, 50) ? K : dims[random() % 12];
  if (chance(random, 6)) {
    const int64_t(&pair)[2] = published[random() % 3];
    K = pair[0], V = pair[1];
  }
  const bool packed = chance(random, 15);
  const double deviation = chance(random, 20) ? 6 : 1;
  c.text = "B" + std::to_string(B) + " T" + std::to_string(T) + " S" + std::to_string(S) + " Hq" + std::to_string(Hq) +
           " Hkv" + std::to_string(Hkv) + " K" + std::to_string(K) + " V" + std::to_string(V);
  if (packed) {
    std::vector<int64_t> q = {0}, k = {0};
    for (int64_t b = 0; b < B; ++b)
      q.push_back(q.back() + between(random, 0, T)), k.push_back(k.back() + between(random, 0, S));
    T = q.back(), S = k.back();
    size_t next = 0;
    o.cu_seqlens.present = true;
    o.cu_seqlens.q = arena.filled(DType::i32, {B + 1}, [&] { return q[next++]; });
    next = 0;
    o.cu_seqlens.k = arena.filled(DType::i32, {B + 1}, [&] { return k[next++]; });
    c.call.q = arena.normal(dtype, {T, Hq, K}, deviation);
    c.call.k = arena.normal(dtype, {S, Hkv, K});
    c.call.v = arena.normal(dtype, {S, Hkv, V});
    c.text += " packed";
  } else {
    c.call.q = arena.normal(dtype, {B, T, Hq, K}, deviation);
    c.call.k = arena.normal(dtype, {B, S, Hkv, K});
    c.call.v = arena.normal(dtype, {B, S, Hkv, V});
  }
  add_bounds(arena, c, B, S, packed);
  add_terms(arena, c, dtype, B, T, S, Hq, !packed);
  const int64_t rank4 = packed ? 0 : 1;
  if (chance(random, 15)) {
    std::uniform_real_distribution<double> factor(0.5, 2);
    auto fill = [&] { return factor(random); };
    o.query_scale = rank4 ? arena.filled(DType::f32, {B, T}, fill) : arena.filled(DType::f32, {T}, fill);
    c.text += " queryScale";
  }
  if (chance(random, 15)) {
    const DType gate = chance(random, 50) ? DType::f32 : dtype;
    o.gate = rank4 ? arena.normal(gate, {B, T, Hq, V}) : arena.normal(gate, {T, Hq, V});
    c.text += " gate";
  }
  o.return_lse = chance(random, 60);
  if (!packed && chance(random, 30)) {
    o.scores = static_cast<AttentionScores>(between(random, 0, 3));
    c.text += " scores" + std::to_string(static_cast<int>(o.scores));
  }
  if (S > 0 && o.scores == AttentionScores::absent && chance(random, 25)) {
    c.poisoned = true;
    c.text += " poisoned";
    constexpr double poisons[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; ++i) {
      const bool key = chance(random, 50);
      const TensorView& view = key ? c.call.k : c.call.v;
      const int64_t row = between(random, 0, view.shape[view.rank - 3] - 1) * view.strides[view.rank - 3];
      Arena::put(view, row + between(random, 0, view.shape[view.rank - 1] - 1), poisons[key ? 0 : random() % 3]);
    }
  }
  return c;
}

struct Tolerance {
  double out, lse;
};
Tolerance tolerance(DType dtype, Isa isa) {
  if (dtype == DType::f32) return {3e-5, 1e-5};
  if (dtype == DType::f16) return {1e-3, 1e-5};
  const bool rounds_weights = isa == Isa::avx512_bf16 || isa == Isa::avx512_amx;
  return {rounds_weights ? 1.2e-2 : 6e-3, rounds_weights ? 1e-3 : 1e-5};
}

struct Compared {
  bool holds = true;
  std::string what;

  void compare(const char* name, double got, double wanted, double allowed, int64_t b, int64_t h, int64_t t,
               int64_t i) {
    if (!holds) return;
    const bool same = std::isfinite(wanted)
                          ? std::abs(got - wanted) <= allowed
                          : (std::isnan(wanted) ? !std::isfinite(got) : got == wanted || std::isnan(got));
    if (same) return;
    holds = false;
    what = std::string(name) + "[" + std::to_string(b) + "," + std::to_string(h) + "," + std::to_string(t) + "," +
           std::to_string(i) + "] is " + std::to_string(got) + ", wanted " + std::to_string(wanted);
  }
};

const std::vector<double>& stage_of(const AttentionRow& row, AttentionScores stage) {
  if (stage == AttentionScores::raw) return row.raw;
  if (stage == AttentionScores::capped) return row.capped;
  return stage == AttentionScores::biased ? row.biased : row.weights;
}

// How much the rounding of a row's scores, which grows with their size, moves its weights.
double sharpness(const AttentionRow& row) {
  double largest = 0;
  for (const double score : row.biased) {
    if (std::isfinite(score)) largest = std::max(largest, std::abs(score));
  }
  return 1 + largest / 32;
}

Compared check(const AttentionCall& call, const std::vector<std::vector<AttentionRow>>& rows, Tolerance allowed) {
  Compared compared;
  const AttentionReference reference{call};
  for (int64_t b = 0; b < call.axes.B; ++b) {
    const AttentionReference::Sequence s = reference.sequence(b);
    for (int64_t h = 0; h < call.axes.Hq; ++h) {
      for (int64_t t = 0; t < s.queries; ++t) {
        const AttentionRow& row = rows[b * call.axes.Hq + h][t];
        const int64_t batch = call.options.cu_seqlens.present ? 0 : b, token = s.query_begin + t;
        const double sharp = sharpness(row);
        for (int64_t i = 0; i < call.axes.V; ++i) {
          const double wanted = row.out[i];
          compared.compare("out", element(call.out, batch, token, h, i), wanted,
                           allowed.out * sharp * (1 + std::abs(wanted)), b, h, t, i);
        }
        if (call.lse.present) {
          compared.compare("lse", element(call.lse, batch, h, token), row.lse, allowed.lse * (1 + std::abs(row.lse)), b,
                           h, t, 0);
        }
        if (!call.scores.present) continue;
        const std::vector<double>& scores = stage_of(row, call.options.scores);
        for (int64_t j = 0; j < call.axes.S; ++j) {
          compared.compare("scores", element(call.scores, b, h, t, j), scores[j], 3e-5 * (1 + std::abs(scores[j])), b,
                           h, t, j);
        }
      }
    }
  }
  return compared;
}

void allocate_outputs(const OpDesc& op, Arena& arena, AttentionCall& call) {
  TensorView AttentionCall::*outputs[] = {&AttentionCall::out, &AttentionCall::lse, &AttentionCall::scores};
  for (int i = 0; i < op.output_count; ++i) {
    call.*outputs[i] = TensorView();
    if (!wants_output(op, &call, i)) continue;
    TensorView layout = output_layout(op, &call, i);
    layout.data = arena.tensor(layout.dtype, {std::max<int64_t>(1, layout.elements())}, false).data;
    layout.present = true;
    call.*outputs[i] = layout;
  }
}

void random_calls(DType dtype, uint32_t seeds) {
  const OpDesc& op = op_desc(OpId::attention);
  ThreadPool pool(2), alone(1);
  for (uint32_t seed = 0; seed < seeds; ++seed) {
    Arena arena(seed * 3 + static_cast<uint32_t>(dtype));
    Case c = random_case(arena, dtype);
    const Status valid = validate(op, &c.call);
    expect(valid.is_ok(), "seed " + std::to_string(seed) + ": " + valid.message());
    if (!valid.is_ok()) continue;
    const AttentionReference reference{c.call};
    std::vector<std::vector<AttentionRow>> rows(c.call.axes.B * c.call.axes.Hq);
    for (int64_t i = 0; i < c.call.axes.B * c.call.axes.Hq; ++i) {
      const int64_t b = i / c.call.axes.Hq, queries = reference.sequence(b).queries;
      for (int64_t t = 0; t < queries; ++t) rows[i].push_back(reference.row(b, i % c.call.axes.Hq, t));
    }
    for (const KernelInfo* kernel : kernels()) {
      if (kernel->op != OpId::attention || std::strcmp(kernel->form, "prefill") != 0) continue;
      if (std::strcmp(kernel->dtype, dtype_name(dtype)) != 0) continue;
      allocate_outputs(op, arena, c.call);
      const Status status = run_with(op, &c.call, {kernel}, pool, nullptr);
      const Compared compared = check(c.call, rows, tolerance(dtype, kernel->isa));
      expect(status.is_ok() && compared.holds, std::string(kernel->id) + " seed " + std::to_string(seed) + " " +
                                                   c.text + ": " + status.message() + compared.what);
      const TensorView first = c.call.out;
      const ByteRange bytes = byte_range(first);
      allocate_outputs(op, arena, c.call);
      const Status again = run_with(op, &c.call, {kernel}, alone, nullptr);
      expect(again.is_ok() && std::memcmp(first.data, c.call.out.data, static_cast<size_t>(bytes.last)) == 0,
             std::string(kernel->id) + " seed " + std::to_string(seed) + ": other bits on one thread than on two");
    }
  }
}

void random_f32() { random_calls(DType::f32, 400); }
void random_f16() { random_calls(DType::f16, 150); }
void random_bf16() { random_calls(DType::bf16, 150); }

const Test tests[] = {
    {"attention_prefill.f32", random_f32},
    {"attention_prefill.f16", random_f16},
    {"attention_prefill.bf16", random_bf16},
};

}  // namespace

Tests attention_prefill_tests() { return list(tests); }

}  // namespace attn::test
