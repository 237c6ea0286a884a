// Linear attention, form "chunk": long sequences. Takes every call; sequences of few tokens go to the recurrent form, by
// their own length alone, so that neighbours in a batch never change a result.
//
// Equation: see linear_attention_chunk_prepare.inl
// Layout:   a task is one (sequence, state head) unit, or some of its column panels. Its panels pass over a segment of
//           prepared blocks one after the other, and between two of them a part of the next segment is prepared: all of it
//           stays in the second-level cache, and memory is read at an even pace.
// Edge:     which panels share a task changes no bit: every panel meets the same blocks in the same order.
// Cost:     per worker kGroupBytes of panels and kSegmentBytes of prepared blocks, whatever the number of tokens.
// Oracle:   test/oracle/linear-attention.ts

inline constexpr int64_t kGroupBytes = 128 << 10;
inline constexpr int64_t kSegmentBytes = 80 << 10;
inline constexpr int64_t kMinSegmentBlocks = 2;
inline constexpr int64_t kMaxSegmentBlocks = 32;

struct ChunkPlan {
  BlockLayout block;
  int64_t units, groups;
  int64_t panels, group_panels, panel_floats;
  int64_t segment_blocks;
  int64_t worker_floats;
};

// How many tasks the panels of a unit are cut into: as few as keep all threads busy, since each prepares the blocks again.
inline int64_t panel_groups(int64_t units, int64_t panels, int64_t least, int64_t threads) {
  constexpr double kPreparing = 0.1;  // of the work on all panels of a unit
  int64_t best = least;
  double shortest = 0;
  for (int64_t groups = least; groups <= panels; ++groups) {
    const auto rounds = static_cast<double>(linear_ceil(units * groups, threads));
    const double share = static_cast<double>(linear_ceil(panels, groups)) / static_cast<double>(panels);
    const double time = rounds * (share + kPreparing);
    if (groups > least && time >= shortest) continue;
    best = groups;
    shortest = time;
  }
  return best;
}

inline ChunkPlan chunk_plan(const LinearShape& shape, int64_t threads) {
  ChunkPlan plan;
  plan.block = block_layout(shape);
  plan.units = shape.sequences * shape.state_heads;
  plan.panels = linear_max(1, linear_ceil(shape.V, kPanel));
  plan.panel_floats = shape.K * kPanel;
  const int64_t fitting = kGroupBytes / linear_max(1, plan.panel_floats * 4);
  const int64_t least = linear_ceil(plan.panels, linear_max(1, fitting));
  plan.group_panels = linear_ceil(plan.panels, panel_groups(plan.units, plan.panels, least, threads));
  plan.groups = linear_ceil(plan.panels, plan.group_panels);
  const int64_t blocks = kSegmentBytes / (plan.block.floats * 4);
  plan.segment_blocks = linear_max(kMinSegmentBlocks, linear_min(blocks, kMaxSegmentBlocks));
  plan.worker_floats = plan.group_panels * plan.panel_floats + 2 * plan.segment_blocks * plan.block.floats + shape.row +
                       block_rows_floats(shape);
  return plan;
}

// One task's memory.
struct ChunkScratch {
  float* panels;
  float* segments[2];
  float* normalizer;
  float* rows;

  ChunkScratch(const ChunkPlan& plan, const LinearShape& shape, float* worker) {
    panels = worker;
    const int64_t segment = plan.segment_blocks * plan.block.floats;
    segments[0] = panels + plan.group_panels * plan.panel_floats;
    segments[1] = segments[0] + segment;
    normalizer = segments[1] + segment;
    rows = normalizer + shape.row;
  }
};

inline BlockPlace block_place(const LinearSequence& seq, int64_t head, int64_t block) {
  const int64_t first = block * kTokens;
  return {seq, head, first, static_cast<int>(linear_min(kTokens, seq.tokens - first))};
}

// Calls body(index in the group, place, width as std::integral_constant, panel's memory) for every panel of a group.
template <typename Body>
void each_panel(const LinearShape& shape, const ChunkPlan& plan, int64_t group, float* panels, Body&& body) {
  const int64_t begin = group * plan.group_panels;
  const int64_t end = linear_min(begin + plan.group_panels, linear_ceil(shape.V, kPanel));
  for (int64_t index = begin; index < end; ++index) {
    const int64_t first = index * kPanel;
    const PanelPlace place{first, linear_min(kPanel, shape.V - first)};
    float* panel = panels + (index - begin) * plan.panel_floats;
    if (place.count <= kLanes) {
      body(index - begin, place, std::integral_constant<int, 1>(), panel);
    } else {
      body(index - begin, place, std::integral_constant<int, kVectors>(), panel);
    }
  }
}

// Some blocks of the sequence, prepared or to be.
struct Segment {
  int64_t first, count;
  float* memory;
};

template <typename S>
struct UnitPass {
  const LinearAttentionCall& call;
  const LinearShape& shape;
  const ChunkPlan& plan;
  const LinearPass& pass;
  const LinearSequence& seq;
  int64_t head;
  const ChunkScratch& scratch;

  void prepare(const Segment& segment, int64_t begin, int64_t end) const {
    for (int64_t i = begin; i < end; ++i) {
      prepare_block<S>(call, shape, plan.block, pass, block_place(seq, head, segment.first + i), scratch.normalizer,
                       scratch.rows, segment.memory + i * plan.block.floats);
    }
  }

  // Fetches part `part` of `parts` of the rows that prepare will read.
  void fetch(const Segment& segment, int64_t begin, int64_t end, int64_t part, int64_t parts) const {
    const int64_t tokens = (end - begin) * kTokens, first = (segment.first + begin) * kTokens;
    const int64_t last = linear_min(first + tokens * (part + 1) / parts, seq.tokens);
    for (int64_t t = first + tokens * part / parts; t < last; ++t) prefetch_token<S>(call, shape, pass, seq, head, t);
  }
};

template <typename S>
void pass_segments(const UnitPass<S>& unit, int64_t group, const ExecContext& exec) {
  const ChunkPlan& plan = unit.plan;
  const int64_t blocks = linear_ceil(unit.seq.tokens, kTokens);
  const int64_t panels = linear_min(plan.group_panels, linear_ceil(unit.shape.V, kPanel) - group * plan.group_panels);
  auto segment_at = [&](int64_t first, int side) {
    return Segment{first, linear_max(0, linear_min(plan.segment_blocks, blocks - first)), unit.scratch.segments[side]};
  };
  Segment now = segment_at(0, 0);
  unit.prepare(now, 0, now.count);
  for (int side = 1; now.count > 0 && !exec.stopped(); side = 1 - side) {
    const Segment next = segment_at(now.first + now.count, side);
    auto pass_panel = [&](int64_t index, const PanelPlace& columns, auto width, float* panel) {
      const int64_t begin = next.count * index / panels, end = next.count * (index + 1) / panels;
      for (int64_t i = 0; i < now.count; ++i) {
        unit.fetch(next, begin, end, i, now.count);
        pass_block<S, width.value>(unit.call, unit.shape, plan.block, unit.pass,
                                   block_place(unit.seq, unit.head, now.first + i), columns,
                                   now.memory + i * plan.block.floats, panel);
      }
      unit.prepare(next, begin, end);
    };
    each_panel(unit.shape, plan, group, unit.scratch.panels, pass_panel);
    now = next;
  }
}

template <typename S>
void chunk_task(const LinearAttentionCall& call, const LinearShape& shape, const ChunkPlan& plan, int64_t unit,
                int64_t group, const ChunkScratch& scratch, const ExecContext& exec) {
  const LinearSequence seq = linear_sequence(call, unit / shape.state_heads);
  const int64_t head = unit % shape.state_heads;
  const bool causal = call.options.causal;
  if (causal && seq.tokens <= kRecurrentTokens) return;
  load_normalizer(call, shape, unit, scratch.normalizer);
  const StateMemory before = state_before(call, seq.index, head);
  each_panel(shape, plan, group, scratch.panels, [&](int64_t, const PanelPlace& columns, auto width, float* panel) {
    load_panel<width.value>(before, columns.first, columns.count, shape.K, panel);
  });
  const LinearPass passes[] = {{true, causal}, {false, true}};
  for (int i = 0; i < (causal ? 1 : 2); ++i) {
    pass_segments(UnitPass<S>{call, shape, plan, passes[i], seq, head, scratch}, group, exec);
  }
  if (exec.stopped()) return;
  const StateMemory after = state_after(call, seq.index, head);
  if (after.data != nullptr) {
    each_panel(shape, plan, group, scratch.panels, [&](int64_t, const PanelPlace& columns, auto width, float* panel) {
      store_panel<width.value>(panel, columns.first, columns.count, shape.K, after);
    });
  }
  if (call.options.normalize && group == 0) {
    copy_row(scratch.normalizer, reinterpret_cast<float*>(exec.shared()) + unit * shape.row, shape.row);
  }
}

template <typename S>
Status chunk_run(const LinearAttentionCall& call, ExecContext& exec) {
  const LinearShape shape = linear_shape(call);
  const ChunkPlan plan = chunk_plan(shape, exec.threads());
  const RecurrentPlan recurrent = recurrent_plan(shape);
  const int64_t floats = linear_max(plan.worker_floats, recurrent.worker_floats);
  Status status = exec.reserve(normalizer_bytes(call, shape), static_cast<size_t>(floats) * sizeof(float));
  if (!status.is_ok()) return status;
  int64_t tokens = 0;
  for (int64_t i = 0; i < shape.sequences; ++i) tokens += linear_sequence(call, i).tokens;
  exec.parallel_for(
      plan.units * plan.groups,
      [&](int64_t task, std::byte* worker) {
        const ChunkScratch scratch(plan, shape, reinterpret_cast<float*>(worker));
        chunk_task<S>(call, shape, plan, task / plan.groups, task % plan.groups, scratch, exec);
      },
      tokens * shape.state_heads * shape.K * shape.V * 3);
  if (!exec.stopped() && call.options.causal) run_recurrent<S>(call, shape, recurrent, exec);
  store_normalizers(call, shape, reinterpret_cast<const float*>(exec.shared()), exec);
  return status;
}

inline const char* chunk_supports(const LinearAttentionCall&) { return nullptr; }
