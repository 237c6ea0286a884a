// Linear attention, form "chunk": long sequences. Takes every call; sequences of few tokens go to the recurrent form, by
// their own length alone, so that neighbours in a batch never change a result.
//
// Equation: see linear_attention_chunk_prepare.inl
// Layout:   a wave of (sequence, state head) units at a time: their state panels stay in shared scratch while segments of
//           blocks are prepared and passed over. Tasks: blocks of a segment, then units × column panels.
// Cost:     scratch is bounded by kWaveBytes + kSegmentBytes and one unit's needs, whatever the number of tokens.
// Oracle:   test/oracle/linear-attention.ts

inline constexpr int64_t kWaveBytes = 24 << 20;
inline constexpr int64_t kSegmentBytes = 4 << 20;
inline constexpr int64_t kMinSegmentBlocks = 8;
inline constexpr int64_t kMaxSegmentBlocks = 64;
inline constexpr int64_t kBlocksPerTask = 4;

struct ChunkPlan {
  BlockLayout block;
  int64_t units, wave_units, segment_blocks, blocks;
  int64_t panels, panel_floats, state_floats;  // state_floats: all panels of a unit and its normalizer
  int64_t shared_floats, worker_floats;

  float* state(float* shared, int64_t slot) const { return shared + slot * state_floats; }
  float* normalizer(float* shared, int64_t slot) const { return state(shared, slot) + panels * panel_floats; }
  float* prepared(float* shared, int64_t slot, int64_t block_index) const {
    return shared + wave_units * state_floats + (slot * segment_blocks + block_index) * block.floats;
  }
};

inline ChunkPlan chunk_plan(const LinearAttentionCall& call, const LinearShape& shape) {
  ChunkPlan plan;
  plan.block = block_layout(shape);
  plan.units = shape.sequences * shape.state_heads;
  int64_t longest = 0;
  for (int64_t i = 0; i < shape.sequences; ++i) longest = linear_max(longest, linear_sequence(call, i).tokens);
  plan.blocks = linear_ceil(longest, kTokens);
  plan.panels = linear_ceil(shape.V, kPanel);
  plan.panel_floats = shape.K * kPanel;
  plan.state_floats = linear_ceil(plan.panels * plan.panel_floats + shape.row, 16) * 16;
  const int64_t block_bytes = plan.block.floats * 4;
  const int64_t unit_bytes = plan.state_floats * 4 + kMinSegmentBlocks * block_bytes;
  plan.wave_units = linear_max(1, linear_min(plan.units, kWaveBytes / unit_bytes));
  const int64_t fitting = kSegmentBytes / (plan.wave_units * block_bytes);
  const int64_t bounded = linear_max(kMinSegmentBlocks, linear_min(fitting, kMaxSegmentBlocks));
  plan.segment_blocks = linear_max(1, linear_min(bounded, plan.blocks));
  plan.shared_floats = plan.wave_units * (plan.state_floats + plan.segment_blocks * plan.block.floats);
  plan.worker_floats = block_rows_floats(shape);
  return plan;
}

// One segment of one wave: blocks [first_block, first_block + count) of units [first_unit, first_unit + units).
struct ChunkStep {
  int64_t first_unit, units, first_block, count;
};

inline bool block_place(const LinearAttentionCall& call, const LinearShape& shape, int64_t unit, int64_t block,
                        BlockPlace& place) {
  place.seq = linear_sequence(call, unit / shape.state_heads);
  place.head = unit % shape.state_heads;
  place.first = block * kTokens;
  place.count = static_cast<int>(linear_min(kTokens, place.seq.tokens - place.first));
  return place.count > 0;
}

template <typename S>
void prepare_blocks(const LinearAttentionCall& call, const LinearShape& shape, const ChunkPlan& plan,
                    const LinearPass& pass, const ChunkStep& step, int64_t slot, int64_t first, int64_t count,
                    float* shared, float* scratch) {
  BlockPlace place;
  for (int64_t i = first; i < linear_min(first + count, step.count); ++i) {
    if (!block_place(call, shape, step.first_unit + slot, step.first_block + i, place)) return;
    prepare_block<S>(call, shape, plan.block, pass, place, plan.normalizer(shared, slot), scratch,
                     plan.prepared(shared, slot, i));
  }
}

template <typename S, int kWidth>
void pass_blocks(const LinearAttentionCall& call, const LinearShape& shape, const ChunkPlan& plan,
                 const LinearPass& pass, const ChunkStep& step, int64_t slot, const PanelPlace& columns, float* panel,
                 float* shared) {
  BlockPlace place;
  const bool begins = step.first_block == 0 && pass.writes;
  block_place(call, shape, step.first_unit + slot, 0, place);
  const int64_t blocks = linear_ceil(place.seq.tokens, kTokens);
  if (begins) {
    load_panel<kWidth>(state_before(call, place.seq.index, place.head), columns.first, columns.count, shape.K, panel);
  }
  for (int64_t i = 0; i < step.count; ++i) {
    if (!block_place(call, shape, step.first_unit + slot, step.first_block + i, place)) break;
    pass_block<S, kWidth>(call, shape, plan.block, pass, place, columns, plan.prepared(shared, slot, i), panel);
  }
  const StateMemory after = state_after(call, place.seq.index, place.head);
  const bool ends = linear_max(blocks, 1) > step.first_block && blocks <= step.first_block + step.count;
  if (after.data == nullptr || !ends) return;
  store_panel<kWidth>(panel, columns.first, columns.count, shape.K, after);
}

template <typename S>
void run_step(const LinearAttentionCall& call, const LinearShape& shape, const ChunkPlan& plan, const LinearPass& pass,
              const ChunkStep& step, int64_t few_tokens, float* shared, ExecContext& exec) {
  auto skipped = [&](int64_t slot) {
    return linear_sequence(call, (step.first_unit + slot) / shape.state_heads).tokens <= few_tokens;
  };
  // The normalizer grows along the sequence, so its segment is one task.
  const int64_t per_task = call.options.normalize ? step.count : kBlocksPerTask;
  const int64_t pieces = linear_ceil(step.count, per_task);
  const int64_t block_work = plan.block.floats * kTokens;
  exec.parallel_for(
      step.units * pieces,
      [&](int64_t task, std::byte* worker) {
        const int64_t slot = task / pieces;
        if (skipped(slot)) return;
        prepare_blocks<S>(call, shape, plan, pass, step, slot, task % pieces * per_task, per_task, shared,
                          reinterpret_cast<float*>(worker));
      },
      step.units * step.count * block_work);
  if (exec.stopped()) return;
  exec.parallel_for(
      step.units * plan.panels,
      [&](int64_t task, std::byte*) {
        const int64_t slot = task / plan.panels, index = task % plan.panels;
        if (skipped(slot)) return;
        const int64_t count = linear_min(kPanel, shape.V - index * kPanel);
        const PanelPlace columns{index * kPanel, count, index == 0 ? shape.V : count};
        float* panel = plan.state(shared, slot) + index * plan.panel_floats;
        if (columns.count <= kLanes) {
          pass_blocks<S, 1>(call, shape, plan, pass, step, slot, columns, panel, shared);
        } else {
          pass_blocks<S, kVectors>(call, shape, plan, pass, step, slot, columns, panel, shared);
        }
      },
      step.units * step.count * kTokens * shape.K * shape.V * 3);
}

template <typename S>
void run_chunks(const LinearAttentionCall& call, const LinearShape& shape, const ChunkPlan& plan, int64_t few_tokens,
                ExecContext& exec) {
  float* shared = reinterpret_cast<float*>(exec.shared());
  const bool causal = call.options.causal;
  const LinearPass passes[] = {{true, causal}, {false, true}};
  for (int64_t unit = 0; unit < plan.units; unit += plan.wave_units) {
    const int64_t units = linear_min(plan.wave_units, plan.units - unit);
    for (int64_t slot = 0; slot < units; ++slot) {
      load_normalizer(call, shape, unit + slot, plan.normalizer(shared, slot));
    }
    for (int i = 0; i < (causal ? 1 : 2); ++i) {
      for (int64_t block = 0; block < linear_max(plan.blocks, 1); block += plan.segment_blocks) {
        const ChunkStep step{unit, units, block, linear_min(plan.segment_blocks, plan.blocks - block)};
        run_step<S>(call, shape, plan, passes[i], step, few_tokens, shared, exec);
        if (exec.stopped()) return;
      }
    }
    for (int64_t slot = 0; call.options.normalize && slot < units; ++slot) {
      if (linear_sequence(call, (unit + slot) / shape.state_heads).tokens <= few_tokens) continue;
      store_normalizer(call, shape, unit + slot, plan.normalizer(shared, slot));
    }
  }
}

template <typename S>
Status chunk_run(const LinearAttentionCall& call, ExecContext& exec) {
  const LinearShape shape = linear_shape(call);
  const ChunkPlan plan = chunk_plan(call, shape);
  const RecurrentPlan recurrent = recurrent_plan(shape);
  const int64_t few_tokens = call.options.causal ? kRecurrentTokens : -1;
  Status status =
      exec.reserve(static_cast<size_t>(plan.shared_floats) * sizeof(float),
                   static_cast<size_t>(linear_max(plan.worker_floats, recurrent.worker_floats)) * sizeof(float));
  if (!status.is_ok()) return status;
  if (plan.units == 0) return status;
  if (plan.blocks * kTokens > few_tokens) run_chunks<S>(call, shape, plan, few_tokens, exec);
  if (!exec.stopped() && few_tokens >= 0) run_recurrent<S>(call, shape, recurrent, exec);
  return status;
}

inline const char* chunk_supports(const LinearAttentionCall&) { return nullptr; }
