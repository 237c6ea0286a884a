// Softmax attention, prefill form: any number of queries, any mask, any head size.
//
// Equation: out = softmax(scale · q kᵀ + bias) v per query head; query head h reads key head floor(h · Hkv / Hq).
// Shapes: q [B, T, Hq, K], k [B, S, Hkv, K], v [B, S, Hkv, V], out [B, T, Hq, V], lse [B, Hq, T]; packed calls have all
// sequences' tokens on one token axis.
// Layout: last axes contiguous, the rest strided; the blocks are described in attention_prefill_plan.inl.
// Units: scores and references in log2 inside, natural logarithms outside.
// Types: f32, f16, bf16; sums in f32. With bf16 products P is rounded to bf16.
// Edge: T, S or the visible keys may be none: zeros, lse −∞. What a hidden key holds never reaches an output.
// Cost: 2 · pairs · (K + V) flops over the visible pairs; memory beyond the tensors as the plan states, per thread and
// independent of T and S.
// Source: arXiv 2205.14135 (online softmax over tiles); rescaling only on growth as in FlashAttention 4.
// Oracle: test/oracle, float64, from the equation.

#include "cpu/kernels/attention_prefill_plan.inl"

#include "cpu/kernels/attention_prefill_pack.inl"

#include "cpu/kernels/attention_prefill_scores.inl"

#include "cpu/kernels/attention_prefill_matrix.inl"

#include "cpu/kernels/attention_prefill_adjust.inl"

#include "cpu/kernels/attention_prefill_values.inl"

#include "cpu/kernels/attention_prefill_rows.inl"

// Bounds and factors of the task's rows, and their packed queries.
template <class E, typename S>
void prefill_load_rows(const PrefillPlan& plan, const SequenceRules& rules, int64_t head, int64_t row_begin,
                       int64_t row_end, const PrefillScratch<E>& scratch) {
  const AttentionCall& call = plan.call;
  const TensorView& q = call.q;
  const S* base = q.as<const S>() + rules.batch * q.strides[0] + rules.query_begin * q.strides[1];
  const S* none = reinterpret_cast<const S*>(scratch.none);
  const int64_t longest = at_least(call.axes.K, call.axes.V);
  std::memset(scratch.none, 0, static_cast<size_t>(longest) * sizeof(float));
  const int64_t tiles = divide_up(row_end - row_begin, E::kTile);
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const S* rows[E::kTile];
    PrefillTileBounds bounds{INT64_MAX, 0, 0, INT64_MAX, false};
    for (int r = 0; r < E::kTile; ++r) {
      const int64_t at = tile * E::kTile + r;
      // Rows past the end repeat the last row's bounds over zero queries, so that they never need the edge path.
      const int64_t row = at_most(row_begin + at, row_end - 1);
      const int64_t query = row / plan.group;
      const KeyRange keys = visible_keys(rules, query);
      scratch.low[at] = keys.first;
      scratch.high[at] = keys.last;
      if (keys.first < keys.last) {
        bounds.low = at_most(bounds.low, keys.first);
        bounds.high = at_least(bounds.high, keys.last);
      }
      bounds.full_low = at_least(bounds.full_low, keys.first);
      bounds.full_high = at_most(bounds.full_high, keys.last);
      scratch.scale[at] = score_factor(call, rules, query);
      scratch.start[at] = 0.0f;
      scratch.started[at] = false;
      store(scratch.sum + at * kLanes, zero());
      const int64_t query_head = head * plan.group + row % plan.group;
      rows[r] = row_begin + at < row_end ? base + query * q.strides[1] + query_head * q.strides[2] : none;
    }
    scratch.tiles[tile] = bounds;
    typename E::Element* packed = scratch.q + tile * E::kTile * plan.steps * E::kPair;
    if constexpr (E::kMatrix) {
      prefill_pack_matrix_queries<E>(packed, rows, call.axes.K, plan.steps);
    } else {
      prefill_pack_query_tile<E>(packed, rows, scratch.scale + tile * E::kTile, call.axes.K, plan.steps);
    }
  }
  const int64_t floats = tiles * E::kTile * plan.columns * kPrefillPanel;
  for (int64_t i = 0; i < floats; i += kLanes) store(scratch.o + i, zero());
}

template <class E, bool kSlopes, typename S>
[[gnu::noinline]] void prefill_weigh_tile(const PrefillTile<E>& tile, const ScoreTerms<S>* terms) {
  if constexpr (E::kMatrix) {
    prefill_weigh_matrix_tile<E, kSlopes>(tile, terms);
  } else {
    for (int64_t panel = tile.begin; panel < tile.end; ++panel) prefill_weigh_panel<E, kSlopes>(tile, terms, panel);
  }
}

// One tile of a task's rows against one packed key block.
template <class E, typename S>
void prefill_tile(const PrefillPlan& plan, const SequenceRules& rules, int64_t head, int64_t row_begin, int64_t row_end,
                  int64_t index, int64_t first_key, bool finite, const PrefillScratch<E>& scratch) {
  const PrefillTileBounds& bounds = scratch.tiles[index];
  const int64_t panels = plan.block_keys / kPrefillPanel;
  PrefillTile<E> tile{plan,
                      scratch,
                      index,
                      first_key,
                      at_least(0, bounds.low - first_key) / kPrefillPanel,
                      at_most(panels, divide_up(at_least(0, bounds.high - first_key), kPrefillPanel))};
  if (tile.begin >= tile.end) return;
  ScoreTerms<S> terms[E::kTile];
  for (int r = 0; r < E::kTile && (plan.adjusts || plan.slopes); ++r) {
    const int64_t row = at_most(row_begin + tile.row(r), row_end - 1);
    terms[r] = score_terms<S>(plan.call, rules, head * plan.group + row % plan.group, row / plan.group);
  }
  if (terms[0].hides()) prefill_shrink_tile(tile, terms);
  if (tile.begin >= tile.end) return;
  if (plan.adjusts) {
    prefill_adjust_tile(tile, terms);
  } else if (plan.slopes) {
    prefill_weigh_tile<E, true>(tile, terms);
  } else {
    prefill_weigh_tile<E, false>(tile, terms);
  }
  prefill_weigh_values(tile, finite);
}

// Packs keys [begin, end) of the block at key `first`, as prefill_pack_keys.
using PrefillPack = FunctionRef<bool(int64_t first, int64_t begin, int64_t end)>;

// Rows [row_begin, row_end) of one sequence and key head.
template <class E, typename S>
void prefill_task(const PrefillPlan& plan, const SequenceRules& rules, int64_t head, int64_t row_begin, int64_t row_end,
                  PrefillPack pack, AddValue add, const PrefillScratch<E>& scratch, const ExecContext& exec) {
  prefill_load_rows<E, S>(plan, rules, head, row_begin, row_end, scratch);
  [[maybe_unused]] const typename E::Unit unit{};
  const int64_t rows = row_end - row_begin, tiles = divide_up(rows, E::kTile);
  int64_t low = INT64_MAX, high = 0;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    low = at_most(low, scratch.tiles[tile].low);
    high = at_least(high, scratch.tiles[tile].high);
  }
  for (int64_t key = low / plan.block_keys * plan.block_keys; key < high; key += plan.block_keys) {
    const int64_t begin = at_least(0, low - key) / kPrefillPanel * kPrefillPanel;
    const int64_t end = at_most(plan.block_keys, divide_up(high - key, kPrefillPanel) * kPrefillPanel);
    const bool finite = pack(key, begin, end);
    for (int64_t tile = 0; tile < tiles; ++tile) {
      if (tile % 16 == 0 && exec.stopped()) return;
      prefill_tile<E, S>(plan, rules, head, row_begin, row_end, tile, key, finite, scratch);
    }
  }
  const int64_t panel = E::kTile * kPrefillPanel;
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t query_head = head * plan.group + (row_begin + row) % plan.group;
    const PrefillEnd end = prefill_end(plan.call.options.sinks, query_head, scratch.started[row], -scratch.start[row],
                                       reduce_add(load(scratch.sum + row * kLanes)));
    const float* o = scratch.o + row / E::kTile * plan.columns * panel + row % E::kTile * kPrefillPanel;
    const int64_t query = (row_begin + row) / plan.group;
    prefill_store_row<S>(plan.call, rules, query_head, query, o, panel, end);
    if (!scratch.started[row]) attend_lowest<S>(plan.call, rules, query_head, query, add);
  }
}

// How the call falls into tasks: the longest first, all heads of one stretch of queries side by side.
class PrefillTasks {
 public:
  // Sequences that the decode form takes have no tasks here, so that what becomes of them does not depend on the
  // sequences beside them. Where some sequences may be such, `varied`, `place` has to name memory for a table.
  PrefillTasks(const PrefillPlan& plan, const AttentionSource& source, bool varied)
      : plan_(plan), source_(source), varied_(varied) {
    const AttentionAxes& axes = plan.call.axes;
    if (!varied) {
      groups_ = groups_of(axes.T);
      count_ = groups_ * axes.B * axes.Hkv;
      work_ = axes.B * axes.T * at_least(axes.S, 1);
    }
    for (int64_t b = 0; varied && b < axes.B; ++b) {
      const SequenceRules rules = source.rules(b);
      if (decode_takes(plan.call, rules)) continue;
      count_ += groups_of(rules.queries) * axes.Hkv;
      work_ += rules.queries * at_least(rules.counted.last - rules.counted.first, 1);
    }
    work_ *= axes.Hq * (axes.K + axes.V);
  }
  int64_t count() const { return count_; }
  int64_t work() const { return work_; }  // multiply-adds, were every key seen
  size_t table_bytes() const { return varied_ ? static_cast<size_t>(plan_.call.axes.B + 1) * sizeof(int64_t) : 0; }
  void place(std::byte* table) {
    if (!varied_) return;
    table_ = reinterpret_cast<int64_t*>(table);
    int64_t groups = 0;
    for (int64_t b = 0; b < plan_.call.axes.B; ++b) {
      table_[b] = groups;
      const SequenceRules rules = source_.rules(b);
      if (!decode_takes(plan_.call, rules)) groups += groups_of(rules.queries);
    }
    table_[plan_.call.axes.B] = groups;
  }

  struct Task {
    SequenceRules rules;
    int64_t head, row_begin, row_end;
  };
  Task at(int64_t index) const {
    const AttentionAxes& axes = plan_.call.axes;
    int64_t b, group;
    const int64_t head = index % axes.Hkv;
    if (varied_) {
      const int64_t entry = index / axes.Hkv;
      b = part_of(axes.B, entry, [&](int64_t sequence) { return table_[sequence]; });
      group = table_[b + 1] - 1 - entry;
    } else {
      b = index / axes.Hkv % axes.B;
      group = groups_ - 1 - index / axes.Hkv / axes.B;
    }
    const SequenceRules rules = source_.rules(b);
    const int64_t blocks = divide_up(rules.queries * plan_.group, kPrefillRows);
    const int64_t groups = groups_of(rules.queries);
    return {rules, head, blocks * group / groups * kPrefillRows,
            at_most(blocks * (group + 1) / groups * kPrefillRows, rules.queries * plan_.group)};
  }

 private:
  int64_t groups_of(int64_t queries) const {
    return divide_up(divide_up(queries * plan_.group, kPrefillRows), plan_.group_blocks);
  }
  const PrefillPlan& plan_;
  const AttentionSource& source_;
  bool varied_;
  int64_t* table_ = nullptr;
  int64_t groups_ = 0;
  int64_t count_ = 0;
  int64_t work_ = 0;
};

// Attends with every sequence of a call: those with few queries by the decode form, where `few` has tasks for them, the
// others here. Queries are of S, keys and values of C. `prepare` runs once, when the memory is there.
template <typename S, typename C, class Rows, typename Few, typename Prepare>
Status attend_sequences(const AttentionSource& source, Few& few, bool varied, ExecContext& exec, Prepare prepare) {
  using E = PrefillEngine<S, C>;
  const PrefillPlan plan = prefill_plan<E>(source.call, exec.threads());
  PrefillTasks tasks(plan, source, varied);
  size_t worker_bytes = 0;
  if (tasks.count() > 0) PrefillScratch<E>::carve(plan, nullptr, &worker_bytes);
  const auto few_bytes = static_cast<size_t>(few.worker_bytes);
  const auto few_shared = static_cast<size_t>(few.shared_bytes);
  const Status reserved =
      exec.reserve(few_shared + tasks.table_bytes(), few_bytes > worker_bytes ? few_bytes : worker_bytes);
  if (!reserved.is_ok()) return reserved;
  prepare();
  if (exec.stopped()) return {};
  decode_sequences(few, exec);
  if (tasks.count() == 0) return {};
  tasks.place(exec.shared() + few_shared);
  exec.parallel_for(
      tasks.count(),
      [&](int64_t index, std::byte* worker) {
        size_t bytes;
        const PrefillScratch<E> scratch = PrefillScratch<E>::carve(plan, worker, &bytes);
        const PrefillTasks::Task task = tasks.at(index);
        const Rows rows(source, task.rules, task.head);
        const auto pack = [&](int64_t first, int64_t begin, int64_t end) {
          return prefill_pack_keys<E>(plan, task.rules, rows, first, begin, end, scratch);
        };
        const auto add = [&](int64_t key, int64_t first, int64_t count, float* sums) {
          add_value(rows, key, first, count, sums);
        };
        prefill_task<E, S>(plan, task.rules, task.head, task.row_begin, task.row_end, pack, add, scratch, exec);
      },
      tasks.work());
  return {};
}

template <typename S>
Status attention_prefill(const AttentionCall& call, ExecContext& exec) {
  const AttentionSource source{call, nullptr};
  const bool packed = call.options.cu_seqlens.present;
  DecodePlan<S, S> few(call, packed);
  Status status = attend_sequences<S, S, TensorRows<S>>(source, few, packed, exec, [] {});
  if (status.is_ok() && call.scores.present) prefill_inspect<S>(call, exec);
  return status;
}

inline const char* attention_prefill_supports(const AttentionCall& call) {
  return call.options.key_indices.present ? "queries that name their keys" : nullptr;
}

inline constexpr KernelInfo kAttentionPrefill[] = {
    {"cpu." ATTN_ISA "/attention.prefill.f32", OpId::attention, kIsa, "prefill", "f32",
     supports_as<AttentionCall, attention_prefill_supports>, run_as<AttentionCall, attention_prefill<float>>},
    {"cpu." ATTN_ISA "/attention.prefill.f16", OpId::attention, kIsa, "prefill", "f16",
     supports_as<AttentionCall, attention_prefill_supports>, run_as<AttentionCall, attention_prefill<f16>>},
    {"cpu." ATTN_ISA "/attention.prefill.bf16", OpId::attention, kIsa, "prefill", "bf16",
     supports_as<AttentionCall, attention_prefill_supports>, run_as<AttentionCall, attention_prefill<bf16>>},
};
