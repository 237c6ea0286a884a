// Decode attention: the tasks of a call, where their parts lie in the shared scratch, and the two passes over them.
// Included by attention_decode.inl.
//
// Shapes: rows of a part [heads, rows, V], with their sum and maximum [heads, rows], per part of the keys

// Sequences with more queries than the form takes have no tasks here.
template <typename S, typename C>
struct DecodePlan {
  const AttentionCall& call;
  AttentionSource source;
  int64_t items;
  int64_t tasks = 0;
  int64_t shared_bytes = 0;
  int64_t worker_bytes = 0;
  int64_t work = 0;               // multiply-adds
  bool merges = false;            // some item has several parts
  int64_t* first_task = nullptr;  // per item and their end; in shared scratch
  int64_t* first_part = nullptr;  // bytes into the shared scratch where an item's parts lie

  // With `takes` false a plan of nothing.
  explicit DecodePlan(const AttentionCall& c, bool takes = true, const CacheView* cache = nullptr)
      : call(c), source{c, cache}, items(takes ? decode_items(c) : 0) {
    shared_bytes = 2 * round_up((items + 1) * static_cast<int64_t>(sizeof(int64_t)), 64);
    for (int64_t i = 0; i < items; ++i) {
      const DecodeItem item = decode_item(source, i);
      if (item.rows.rows == 0) continue;
      tasks += item.tasks();
      shared_bytes += parts_bytes(item);
      merges = merges || item.parts > 1;
      work += (item.keys.last - item.keys.first) * item.rows.rows * call.axes.Hkv * (call.axes.K + call.axes.V);
      DecodeRows<S, C> work_rows;
      ScratchCursor cursor{nullptr};
      work_rows.take(call, item, cursor);
      const int64_t bytes = cursor.at - static_cast<std::byte*>(nullptr);
      worker_bytes = bytes > worker_bytes ? bytes : worker_bytes;
    }
  }

  int64_t rows_of_part(const DecodeItem& item) const { return call.axes.Hkv * item.padded_rows; }
  int64_t states_bytes(const DecodeItem& item) const {
    return round_up(item.parts * rows_of_part(item) * static_cast<int64_t>(sizeof(RowState)), 64);
  }
  int64_t parts_bytes(const DecodeItem& item) const {
    if (item.parts < 2) return 0;
    const int64_t floats = item.parts * rows_of_part(item) * DecodeRows<S, C>::stride_of(call);
    return states_bytes(item) + floats * static_cast<int64_t>(sizeof(float));
  }

  void place(std::byte* shared) {
    ScratchCursor cursor{shared};
    first_task = cursor.take<int64_t>(items + 1);
    first_part = cursor.take<int64_t>(items + 1);
    int64_t task = 0, byte = cursor.at - shared;
    for (int64_t i = 0; i < items; ++i) {
      const DecodeItem item = decode_item(source, i);
      first_task[i] = task;
      first_part[i] = byte;
      if (item.rows.rows == 0) continue;
      task += item.tasks();
      byte += parts_bytes(item);
    }
    first_task[items] = task;
    first_part[items] = byte;
  }

  int64_t item_of_task(int64_t task) const {
    return part_of(items, task, [&](int64_t item) { return first_task[item]; });
  }
};

template <typename S, typename C>
inline void attend_lowest_row(const AttentionSource& source, const SequenceRules& rules, int64_t kv_head, int64_t head,
                              int64_t query) {
  const auto attend = [&](const auto& rows) {
    attend_lowest<S>(source.call, rules, head, query, [&](int64_t key, int64_t first, int64_t count, float* sums) {
      add_value(rows, key, first, count, sums);
    });
  };
  if (source.cache != nullptr) {
    attend(PageRows<C>(source, rules, kv_head));
  } else {
    attend(TensorRows<C>(source, rules, kv_head));
  }
}

template <typename S, typename C>
inline void finish_rows(const AttentionSource& source, const DecodeItem& item, const RowBlock& rows, int64_t kv_head,
                        const RowState* states, int64_t states_stride, const float* values, int64_t values_stride,
                        float* row) {
  const AttentionCall& call = source.call;
  const int64_t stride = DecodeRows<S, C>::stride_of(call);
  for (int64_t r = 0; r < rows.rows; ++r) {
    const int64_t head = rows.head(r, kv_head), query = rows.query(r);
    const RowTarget target = row_target(call, item.rules, head, query);
    const bool seen = finish_row<C>(target, item.parts, states + r, states_stride, values + r * stride, values_stride,
                                    call.axes.V, row);
    if (!seen) attend_lowest_row<S, C>(source, item.rules, kv_head, head, query);
  }
}

template <typename S, typename C>
inline void decode_task(const DecodePlan<S, C>& plan, const ExecContext& exec, int64_t task, std::byte* worker) {
  const AttentionCall& call = plan.call;
  const int64_t index = plan.item_of_task(task);
  const DecodeItem item = decode_item(plan.source, index);
  task -= plan.first_task[index];
  const int64_t row_block = task % item.row_blocks;
  const int64_t head_block = task / item.row_blocks % item.head_blocks;
  const int64_t part = task / item.row_blocks / item.head_blocks;
  ScratchCursor cursor{worker};
  DecodeRows<S, C> work;
  work.take(call, item, cursor);
  const int64_t first_row = row_block * kTaskRows;
  const int64_t rest = item.rows.rows - first_row;
  work.rows = {item.rows.first_row + first_row, rest < kTaskRows ? rest : kTaskRows, item.rows.group};
  work.padded = round_up(work.rows.rows, tile_rows(item.rows.rows));
  work.first_head = head_block * item.heads;
  const int64_t heads_left = call.axes.Hkv - work.first_head;
  work.heads = heads_left < item.heads ? heads_left : item.heads;
  if (item.parts > 1) {
    std::byte* parts = exec.shared() + plan.first_part[index];
    const int64_t at = part * plan.rows_of_part(item) + work.first_head * item.padded_rows + first_row;
    work.states = reinterpret_cast<RowState*>(parts) + at;
    work.values = reinterpret_cast<float*>(parts + plan.states_bytes(item)) + at * work.dim_stride;
    work.states_stride_head = item.padded_rows;
    work.values_stride_head = item.padded_rows * work.dim_stride;
  }
  KeyRange ranges[kDecodeQueries];
  for (int64_t t = item.queries.first; t < item.queries.last; ++t) {
    ranges[t - item.queries.first] = visible_keys(item.rules, t);
  }
  const int64_t first = item.keys.first + part * item.part_keys;
  const KeyRange keys{first, first + item.part_keys < item.keys.last ? first + item.part_keys : item.keys.last};
  auto take = [&](const auto& fill) {
    switch (tile_rows(item.rows.rows)) {
      case 1:
        return take_part<1, S, C>(call, item, ranges, fill, keys, exec, work);
      case 2:
        return take_part<2, S, C>(call, item, ranges, fill, keys, exec, work);
      default:
        return take_part<4, S, C>(call, item, ranges, fill, keys, exec, work);
    }
  };
  const ItemKeys list{call, item, ranges, work.first_head};
  if (plan.source.cache != nullptr) {
    take(BlockKeys<PageRows<C>>{PageRows<C>(plan.source, item.rules, 0), list});
  } else {
    take(BlockKeys<TensorRows<C>>{TensorRows<C>(plan.source, item.rules, 0), list});
  }
  if (item.parts > 1) return;
  for (int64_t h = 0; h < work.heads; ++h) {
    finish_rows<S, C>(plan.source, item, work.rows, work.first_head + h, work.states + h * work.states_stride_head, 0,
                      work.values + h * work.values_stride_head, 0, work.row);
  }
}

// Attends with all sequences that the plan has tasks for. exec has reserved what the plan asks for; the plan's shared
// bytes begin at exec.shared().
template <typename S, typename C>
inline void decode_sequences(DecodePlan<S, C>& plan, ExecContext& exec) {
  const AttentionCall& call = plan.call;
  if (plan.tasks == 0) return;
  plan.place(exec.shared());
  exec.parallel_for(
      plan.tasks, [&](int64_t task, std::byte* worker) { decode_task<S, C>(plan, exec, task, worker); }, plan.work);
  if (!plan.merges || exec.stopped()) return;
  const int64_t heads = call.axes.Hkv;
  exec.parallel_for(
      plan.items * heads,
      [&](int64_t task, std::byte* worker) {
        const DecodeItem item = decode_item(plan.source, task / heads);
        if (item.rows.rows == 0 || item.parts < 2) return;
        const std::byte* parts = exec.shared() + plan.first_part[task / heads];
        const int64_t at = task % heads * item.padded_rows;
        const int64_t stride = DecodeRows<S, C>::stride_of(call);
        const float* values = reinterpret_cast<const float*>(parts + plan.states_bytes(item)) + at * stride;
        finish_rows<S, C>(plan.source, item, item.rows, task % heads, reinterpret_cast<const RowState*>(parts) + at,
                          plan.rows_of_part(item), values, plan.rows_of_part(item) * stride,
                          reinterpret_cast<float*>(worker));
      },
      plan.shared_bytes / 4);
}

template <typename S>
Status decode_run(const AttentionCall& call, ExecContext& exec) {
  DecodePlan<S, S> plan(call);
  if (plan.tasks == 0) return {};
  const Status reserved = exec.reserve(static_cast<size_t>(plan.shared_bytes), static_cast<size_t>(plan.worker_bytes));
  if (!reserved.is_ok()) return reserved;
  decode_sequences(plan, exec);
  return {};
}
