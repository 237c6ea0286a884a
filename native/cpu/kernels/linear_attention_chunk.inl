// Linear attention, form "chunk": long sequences. Takes every call; sequences of few tokens go to the recurrent form, by
// their own length alone, so that neighbours in a batch never change a result.
//
// Equation: see linear_attention_chunk_prepare.inl
// Layout:   a task is one (sequence, state head) unit, some heads of a sequence side by side, or some column panels of one.
//           Its panels pass over a segment of prepared blocks one after the other, and between two of them a part of the
//           next segment is prepared: all of it stays in the second-level cache, and memory is read at an even pace.
//           Heads that share a task take turns, segment by segment: their rows lie on the same pages.
// Edge:     what shares a task changes no bit: every panel meets the same blocks in the same order.
// Cost:     per worker kGroupBytes of panels and kSegmentBytes of prepared blocks, whatever the number of tokens.
// Oracle:   test/oracle/linear-attention.ts

inline constexpr int64_t kGroupBytes = 256 << 10;
inline constexpr int64_t kSegmentBytes = 40 << 10;
inline constexpr int64_t kMaxTaskHeads = 4;
inline constexpr int64_t kMinSegmentBlocks = 2;
inline constexpr int64_t kMaxSegmentBlocks = 32;

struct ChunkPlan {
  BlockLayout block;
  int64_t tasks;
  int64_t task_heads, groups;  // several heads in one task, or several tasks for the panels of one
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

// Heads of a sequence that take turns in one task: at most `fitting`, and so few that each thread has two tasks or more, of
// which one that is held up leaves some to the others.
inline int64_t shared_heads(const LinearShape& shape, int64_t fitting, int64_t threads) {
  for (int64_t heads = linear_min(fitting, kMaxTaskHeads); heads > 1; --heads) {
    if (shape.state_heads % heads != 0) continue;
    if (shape.sequences * shape.state_heads % (2 * heads * threads) == 0) return heads;
  }
  return 1;
}

inline ChunkPlan chunk_plan(const LinearShape& shape, int64_t threads) {
  ChunkPlan plan;
  plan.block = block_layout(shape);
  const int64_t units = shape.sequences * shape.state_heads;
  plan.panels = linear_max(1, linear_ceil(shape.V, kPanel));
  plan.panel_floats = shape.K * kPanel;
  const int64_t fitting = kGroupBytes / linear_max(1, plan.panel_floats * 4);
  const int64_t least = linear_ceil(plan.panels, linear_max(1, fitting));
  plan.group_panels = linear_ceil(plan.panels, panel_groups(units, plan.panels, least, threads));
  plan.groups = linear_ceil(plan.panels, plan.group_panels);
  plan.task_heads = plan.groups > 1 ? 1 : shared_heads(shape, fitting / plan.panels, threads);
  plan.tasks = units / plan.task_heads * plan.groups;
  const int64_t blocks = kSegmentBytes / (plan.block.floats * 4);
  plan.segment_blocks = linear_max(kMinSegmentBlocks, linear_min(blocks, kMaxSegmentBlocks));
  plan.worker_floats = plan.task_heads * (plan.group_panels * plan.panel_floats + shape.row) +
                       2 * plan.segment_blocks * plan.block.floats + block_rows_floats(shape);
  return plan;
}

// One task's memory.
struct ChunkScratch {
  float* panels;  // of each head
  float* segments[2];
  float* normalizers;
  float* rows;

  ChunkScratch(const ChunkPlan& plan, const LinearShape& shape, float* worker) {
    panels = worker;
    const int64_t segment = plan.segment_blocks * plan.block.floats;
    segments[0] = panels + plan.task_heads * plan.group_panels * plan.panel_floats;
    segments[1] = segments[0] + segment;
    normalizers = segments[1] + segment;
    rows = normalizers + plan.task_heads * shape.row;
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

// Some blocks of one head of the task, prepared or to be.
struct Segment {
  int64_t head;  // within the task
  int64_t first, count;
  float* memory;
};

// One way through a sequence for the heads of a task and a group of their panels.
template <typename S>
struct TaskPass {
  const LinearAttentionCall& call;
  const LinearShape& shape;
  const ChunkPlan& plan;
  const LinearSequence& seq;
  int64_t first_head, group;
  const ChunkScratch& scratch;
  LinearPass pass;

  float* panels(int64_t head) const { return scratch.panels + head * plan.group_panels * plan.panel_floats; }
  float* normalizer(int64_t head) const { return scratch.normalizers + head * shape.row; }

  void prepare(const Segment& segment, int64_t begin, int64_t end) const {
    for (int64_t i = begin; i < end; ++i) {
      prepare_block<S>(call, shape, plan.block, pass, block_place(seq, first_head + segment.head, segment.first + i),
                       normalizer(segment.head), scratch.rows, segment.memory + i * plan.block.floats);
    }
  }

  // Fetches part `part` of `parts` of the rows that prepare will read.
  void fetch(const Segment& segment, int64_t begin, int64_t end, int64_t part, int64_t parts) const {
    const int64_t tokens = (end - begin) * kTokens, first = (segment.first + begin) * kTokens;
    const int64_t last = linear_min(first + tokens * (part + 1) / parts, seq.tokens);
    for (int64_t t = first + tokens * part / parts; t < last; ++t) {
      prefetch_token<S>(call, shape, pass, seq, first_head + segment.head, t);
    }
  }

  // The segment that follows: of the next head, or of the first one further on.
  Segment after(const Segment& segment, float* memory) const {
    const bool again = segment.head + 1 == plan.task_heads;
    const int64_t first = again ? segment.first + plan.segment_blocks : segment.first;
    const int64_t left = linear_ceil(seq.tokens, kTokens) - first;
    return {again ? 0 : segment.head + 1, first, linear_max(0, linear_min(plan.segment_blocks, left)), memory};
  }

  void run(const ExecContext& exec) const {
    const int64_t count = linear_min(plan.group_panels, linear_ceil(shape.V, kPanel) - group * plan.group_panels);
    Segment now = after({plan.task_heads - 1, -plan.segment_blocks, 0, nullptr}, scratch.segments[0]);
    prepare(now, 0, now.count);
    for (int side = 1; now.count > 0 && !exec.stopped(); side = 1 - side) {
      const Segment next = after(now, scratch.segments[side]);
      auto pass_panel = [&](int64_t index, const PanelPlace& columns, auto width, float* panel) {
        const int64_t begin = next.count * index / count, end = next.count * (index + 1) / count;
        for (int64_t i = 0; i < now.count; ++i) {
          fetch(next, begin, end, i, now.count);
          pass_block<S, width.value>(call, shape, plan.block, pass,
                                     block_place(seq, first_head + now.head, now.first + i), columns,
                                     now.memory + i * plan.block.floats, panel);
        }
        prepare(next, begin, end);
      };
      each_panel(shape, plan, group, panels(now.head), pass_panel);
      now = next;
    }
  }
};

template <typename S>
void chunk_task(const LinearAttentionCall& call, const LinearShape& shape, const ChunkPlan& plan, int64_t task,
                const ChunkScratch& scratch, const ExecContext& exec) {
  const int64_t first_unit = task / plan.groups * plan.task_heads, group = task % plan.groups;
  const LinearSequence seq = linear_sequence(call, first_unit / shape.state_heads);
  const bool causal = call.options.causal;
  if (causal && seq.tokens <= kRecurrentTokens) return;
  TaskPass<S> way{call, shape, plan, seq, first_unit % shape.state_heads, group, scratch, {true, causal}};
  for (int64_t head = 0; head < plan.task_heads; ++head) {
    load_normalizer(call, shape, first_unit + head, way.normalizer(head));
    const StateMemory before = state_before(call, seq.index, way.first_head + head);
    each_panel(shape, plan, group, way.panels(head), [&](int64_t, const PanelPlace& place, auto width, float* panel) {
      load_panel<width.value>(before, place.first, place.count, shape.K, panel);
    });
  }
  way.run(exec);
  if (!causal) {
    way.pass = {false, true};
    way.run(exec);
  }
  if (exec.stopped()) return;
  for (int64_t head = 0; head < plan.task_heads; ++head) {
    const StateMemory after = state_after(call, seq.index, way.first_head + head);
    if (after.data != nullptr) {
      each_panel(shape, plan, group, way.panels(head), [&](int64_t, const PanelPlace& place, auto width, float* panel) {
        store_panel<width.value>(panel, place.first, place.count, shape.K, after);
      });
    }
    if (!call.options.normalize || group != 0) continue;
    float* to = reinterpret_cast<float*>(exec.shared()) + (first_unit + head) * shape.row;
    copy_row(way.normalizer(head), to, shape.row);
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
      plan.tasks,
      [&](int64_t task, std::byte* worker) {
        const ChunkScratch scratch(plan, shape, reinterpret_cast<float*>(worker));
        chunk_task<S>(call, shape, plan, task, scratch, exec);
      },
      tokens * shape.state_heads * shape.K * shape.V * 3);
  if (!exec.stopped() && call.options.causal) run_recurrent<S>(call, shape, recurrent, exec);
  store_normalizers(call, shape, reinterpret_cast<const float*>(exec.shared()), exec);
  return status;
}

inline const char* chunk_supports(const LinearAttentionCall&) { return nullptr; }
