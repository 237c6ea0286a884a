// Linear attention, form "recurrent": few tokens per sequence, so the state's own bytes are the cost. The state is read
// and written once, row by row of its V-major memory; the tokens of a call pass over a row group while it is in L1.
//
// Equation: with γ the token's decay, r = −β γ∘k (a for generalized_delta) and S the state before the token,
//             u = β v + rᵀS;  o = (scale γ∘q)ᵀS + (scale q·k) u;  S' = γ S + k uᵀ
//           generalized_delta: y = aᵀS;  o = (scale γ∘q)ᵀS + (scale q·b) y + (scale q·k) v;  S' = γ S + b yᵀ + k vᵀ
// Layout:   state [B,Hs,V,K] in memory, K innermost; other orders are gathered row group by row group on the way in
// Cost:     bound by memory: 4 bytes read and 4 written per state element; two sweeps of a row group, the second from L1.
//           For one token the sweep that writes a group also reads the next, which hides the wait for the group's sums.
// Source:   arXiv 2412.06464, arXiv 2503.14456
// Oracle:   test/oracle/linear-attention.ts

inline constexpr int64_t kRecurrentTokens = 8;
inline constexpr int64_t kMostPieces = 8;  // of a task

inline RecurrentPlan recurrent_plan(const LinearShape& shape) {
  RecurrentPlan plan;
  int64_t next = 0;
  auto take = [&](int64_t floats) {
    const int64_t at = next;
    next += linear_ceil(floats, 16) * 16;
    return at;
  };
  plan.row = shape.row;
  plan.read = take(shape.row);
  plan.write = take(shape.row);
  plan.second = take(shape.row);
  plan.gate = take(shape.row);
  plan.factor = take(shape.row);
  plan.whole = take(shape.row);
  plan.query = take(shape.readers * shape.row);
  plan.scalars = take(2 + 3 * shape.readers);
  plan.token_floats = next;
  plan.tile = next * kRecurrentTokens;
  plan.worker_floats = plan.tile + kRows * shape.row + shape.row;
  // Rows per task follow from the call's sizes alone: each task prepares the token again, so many heads get larger tasks.
  const int64_t piece_bytes = shape.sequences * shape.state_heads >= 16 ? 128 << 10 : 16 << 10;
  plan.piece_rows = linear_max(kRows, piece_bytes / 4 / linear_max(shape.row, 1) / kRows * kRows);
  plan.pieces = linear_ceil(shape.V, plan.piece_rows);
  plan.per_task = linear_max(1, linear_min(kMostPieces, shape.sequences * shape.state_heads * plan.pieces / 256));
  return plan;
}

// γ, and what it leaves of the state.
template <typename S>
void recurrent_decay(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPlan& plan,
                     const LinearSequence& seq, int64_t head, int64_t token, float* to) {
  const TensorView& decay = call.options.decay;
  Keeps keeps = Keeps::all;
  if (shape.decay == LinearDecay::channel) {
    load_gate_row<S>(decay, seq, token, head, shape.K, to + plan.gate);
    keeps = kept_row(to + plan.gate, shape.K, to + plan.factor, to + plan.whole);
  } else {
    const float gate = shape.decay == LinearDecay::scalar ? linear_scalar<S>(decay, seq, token, head) : 0.0f;
    if (shape.decay == LinearDecay::scalar) keeps = kept_row(gate, shape.K, to + plan.factor);
    const F32 left = exp(splat(gate));
    for (int64_t i = 0; i < shape.row; i += kLanes) store(to + plan.gate + i, left);
  }
  to[plan.scalars + 1] = static_cast<float>(keeps);
}

// The token's vectors; `normalizer` holds Σφ(k) up to the token before and takes the token's own.
template <typename S>
void recurrent_token(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPlan& plan,
                     const LinearSequence& seq, int64_t head, int64_t token, float* normalizer, float* to) {
  const LinearAttentionOptions& options = call.options;
  const int64_t row = shape.row;
  float* scalars = to + plan.scalars;
  scalars[0] = options.beta.present ? linear_scalar<S>(options.beta, seq, token, head) : 1.0f;
  load_features<S>(options, call.k, seq, token, head * call.axes.Hk / shape.state_heads, shape.K, row, to + plan.write);
  recurrent_decay<S>(call, shape, plan, seq, head, token, to);
  if (shape.free_vectors) {
    load_gate_row<S>(options.a, seq, token, head, shape.K, to + plan.read);
    load_gate_row<S>(options.b, seq, token, head, shape.K, to + plan.second);
  } else {
    for (int64_t i = 0; i < row; i += kLanes) {
      const F32 decayed = mul(load(to + plan.write + i), load(to + plan.gate + i));
      store(to + plan.read + i, mul(splat(-scalars[0]), decayed));
    }
  }
  if (options.normalize) {
    for (int64_t i = 0; i < row; i += kLanes)
      store(normalizer + i, add(load(normalizer + i), load(to + plan.write + i)));
  }
  for (int64_t reader = 0; reader < shape.readers; ++reader) {
    float* query = to + plan.query + reader * row;
    float* products = scalars + 2 + 3 * reader;
    const int64_t out_head = head * shape.readers + reader;
    load_features<S>(options, call.q, seq, token, out_head * call.axes.Hq / shape.out_heads, shape.K, row, query);
    products[2] = options.normalize ? 1.0f / (dot_rows(query, normalizer, row) + 1e-6f) : 1.0f;
    products[0] = shape.scale * dot_rows(query, to + plan.write, row);
    products[1] = shape.free_vectors ? shape.scale * dot_rows(query, to + plan.second, row) : 0.0f;
    for (int64_t i = 0; i < row; i += kLanes) {
      store(query + i, mul(mul(load(query + i), splat(shape.scale)), load(to + plan.gate + i)));
    }
  }
}

// kRows rows of the state and all tokens of the sequence.
struct RowGroup {
  int64_t first;  // first column of v
  int count;      // of them in the state; the rest repeat the tile's zeros
  const float* from;
  int64_t from_stride;
  float* to;
  int64_t to_stride;
  bool kept;  // the state after the last token is asked for
};

// What the group writes, u, and the outputs of one reader, from the rows' products: y with `read`, o with the query.
// Spelled out operation by operation, so that a token gives the same bits in every form of call.
template <typename S>
void recurrent_outputs(const LinearAttentionCall& call, const LinearShape& shape, const LinearSequence& seq, int64_t t,
                       int64_t head, int64_t reader, const RowGroup& group, const float* scalars,
                       RowProducts& products) {
  const F32 y = load(products.y);
  F32 u = load(products.u);
  if (reader == 0) {
    const S* values = linear_row<S>(call.v, seq, t, head * call.axes.Hv / shape.state_heads) + group.first;
    const F32 v = load_partial(values, group.count);
    const F32 beta = splat(scalars[0]);
    u = shape.delta && !shape.free_vectors ? fma(beta, v, y) : mul(beta, v);
    store(products.u, u);
  }
  const TensorView& skip = call.options.skip;
  const float* terms = scalars + 2 + 3 * reader;
  const int64_t out_head = head * shape.readers + reader;
  F32 sum = fma(splat(terms[0]), u, load(products.o));
  if (shape.free_vectors) sum = fma(splat(terms[1]), y, sum);
  sum = mul(sum, splat(terms[2]));
  if (skip.present) {
    const S* own = linear_row<S>(call.v, seq, t, out_head * call.axes.Hv / shape.out_heads) + group.first;
    sum = fma(splat(linear_scalar<S>(skip, out_head * skip.strides[0])), load_partial(own, group.count), sum);
  }
  with_output<S>(call.out, seq, t, out_head, [&](auto* out) { store_partial(out + group.first, sum, group.count); });
}

// All tokens of the sequence over one group.
template <typename S>
void recurrent_rows(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPlan& plan,
                    const LinearSequence& seq, int64_t head, const float* tokens, RowGroup& group) {
  RowProducts products{};
  for (int64_t t = 0; t < seq.tokens; ++t) {
    const float* token = tokens + t * plan.token_floats;
    const float* ahead = group.from + kRowsAhead * group.from_stride;
    for (int64_t reader = 0; reader < shape.readers; ++reader) {
      const float* query = token + plan.query + reader * plan.row;
      if (reader == 0 && shape.delta) {
        RowReader<true> read(group.from, group.from_stride, token + plan.read, query);
        sweep(shape.K, ahead, read);
        read.finish(products.y, products.o);
      } else {
        RowReader<false> read(group.from, group.from_stride, query, nullptr);
        sweep(shape.K, ahead, read);
        read.finish(products.o, nullptr);
      }
      recurrent_outputs<S>(call, shape, seq, t, head, reader, group, token + plan.scalars, products);
    }
    if (t + 1 == seq.tokens && !group.kept) return;
    with_keeps(static_cast<Keeps>(token[plan.scalars + 1]), [&](auto keeps) {
      auto write = [&](auto second) {
        RowWriter<second.value, keeps.value> rows(plan, token, group.from, group.from_stride, group.to, group.to_stride,
                                                  products);
        sweep(shape.K, ahead, rows);
      };
      shape.free_vectors ? write(std::true_type()) : write(std::false_type());
    });
    group.from = group.to;
    group.from_stride = group.to_stride;
  }
}

// A part of one state: rows [first, last) of one head.
struct RecurrentPiece {
  LinearSequence seq;
  int64_t head;
  int64_t unit;  // counts sequences × state heads
  int64_t first, last;
};

inline RecurrentPiece recurrent_piece(const LinearAttentionCall& call, const LinearShape& shape,
                                      const RecurrentPlan& plan, int64_t index) {
  const int64_t unit = index / plan.pieces, first = index % plan.pieces * plan.piece_rows;
  return {linear_sequence(call, unit / shape.state_heads), unit % shape.state_heads, unit, first,
          linear_min(first + plan.piece_rows, shape.V)};
}

// One token, for whole groups of a state that is read and written where it lies, and that one output head reads. `next`
// is where this thread goes on: its first rows are fetched after the last ones here.
template <typename S, bool kDelta, bool kSecond, Keeps kKeeps>
void recurrent_step(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPlan& plan,
                    const RecurrentPiece& piece, int64_t last, const float* token, const StateMemory& before,
                    const StateMemory& after, const float* next) {
  const int64_t from_stride = before.stride_v, to_stride = after.stride_v;
  const float* query = token + plan.query;
  const float* x = kDelta ? token + plan.read : query;
  auto row = [&](int64_t v) { return before.at<const float>(0, v); };
  RowProducts products{};
  float* by_x = kDelta ? products.y : products.o;
  RowReader<kDelta> read(row(piece.first), from_stride, x, query);
  sweep(shape.K, row(piece.first) + kRows * from_stride, read);
  read.finish(by_x, products.o);
  for (int64_t v = piece.first; v < last; v += kRows) {
    const RowGroup group{v, kRows, row(v), from_stride, after.at<float>(0, v), to_stride, true};
    recurrent_outputs<S>(call, shape, piece.seq, 0, piece.head, 0, group, token + plan.scalars, products);
    const int64_t beyond = v + kRows + kRowsAhead - last;
    const float* ahead = beyond < 0 ? row(v + kRows + kRowsAhead) : next + beyond * from_stride;
    RowWriter<kSecond, kKeeps> write(plan, token, group.from, from_stride, group.to, to_stride, products);
    if (v + kRows == last) {
      sweep(shape.K, ahead, write);
      return;
    }
    RowReader<kDelta> following(row(v + kRows), from_stride, x, query);
    sweep(shape.K, ahead, following, write);
    following.finish(by_x, products.o);
  }
}

template <typename S>
void run_piece(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPlan& plan,
               const RecurrentPiece& piece, const float* tokens, float* tile, const float* next) {
  const StateMemory before = state_before(call, piece.seq.index, piece.head);
  const StateMemory after = state_after(call, piece.seq.index, piece.head);
  int64_t v = piece.first;
  const int64_t groups_end = v + (piece.last - v) / kRows * kRows;
  if (piece.seq.tokens == 1 && shape.readers == 1 && before.plain() && after.plain() && v < groups_end) {
    with_keeps(static_cast<Keeps>(tokens[plan.scalars + 1]), [&](auto keeps) {
      auto step = [&](auto delta, auto second) {
        recurrent_step<S, delta.value, second.value, keeps.value>(call, shape, plan, piece, groups_end, tokens, before,
                                                                  after, next);
      };
      if (shape.free_vectors) {
        step(std::true_type(), std::true_type());
      } else {
        shape.delta ? step(std::true_type(), std::false_type()) : step(std::false_type(), std::false_type());
      }
    });
    v = groups_end;
  }
  for (; v < piece.last; v += kRows) {
    RowGroup group{
        v, static_cast<int>(linear_min(kRows, piece.last - v)), tile, plan.row, tile, plan.row, after.data != nullptr};
    const bool whole = group.count == kRows;
    if (whole && before.plain()) {
      group.from = before.at<const float>(0, v);
      group.from_stride = before.stride_v;
    } else {
      zero_row(tile, kRows * plan.row);
      if (before.data != nullptr) gather_rows(before, v, group.count, shape.K, plan.row, tile);
    }
    const bool through = whole && after.plain() && piece.seq.tokens > 0;
    if (through) {
      group.to = after.at<float>(0, v);
      group.to_stride = after.stride_v;
    }
    recurrent_rows<S>(call, shape, plan, piece.seq, piece.head, tokens, group);
    if (after.data == nullptr || through) continue;
    if (piece.seq.tokens > 0) {
      scatter_rows(tile, plan.row, after, v, group.count, shape.K);
    } else {
      scatter_rows(group.from, group.from_stride, after, v, group.count, shape.K);
    }
  }
}

// Asks for what the piece begins with; gives the first row of its state, or null where it lies in another form.
template <typename S>
const float* fetch_piece(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPiece& piece) {
  const int64_t head = piece.head;
  prefetch_row(linear_row<S>(call.q, piece.seq, 0, head * call.axes.Hq / shape.state_heads), shape.K);
  prefetch_row(linear_row<S>(call.k, piece.seq, 0, head * call.axes.Hk / shape.state_heads), shape.K);
  prefetch_row(linear_row<S>(call.v, piece.seq, 0, head * call.axes.Hv / shape.state_heads), shape.V);
  const StateMemory before = state_before(call, piece.seq.index, head);
  return before.plain() ? before.at<const float>(0, piece.first) : nullptr;
}

// Every sequence of at most kRecurrentTokens tokens; the others are left alone.
template <typename S>
void run_recurrent(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPlan& plan,
                   ExecContext& exec) {
  auto* normalizers = reinterpret_cast<float*>(exec.shared());
  const int64_t count = shape.sequences * shape.state_heads * plan.pieces;
  auto run = [&](const RecurrentPiece& piece, const float* next, float* scratch) {
    if (piece.seq.tokens > kRecurrentTokens) return;
    float* normalizer = scratch + plan.tile + kRows * plan.row;
    if (call.options.normalize) load_normalizer(call, shape, piece.unit, normalizer);
    for (int64_t t = 0; t < piece.seq.tokens; ++t) {
      recurrent_token<S>(call, shape, plan, piece.seq, piece.head, t, normalizer, scratch + t * plan.token_floats);
    }
    if (piece.first == 0 && call.options.normalize) {
      copy_row(normalizer, normalizers + piece.unit * shape.row, shape.row);
    }
    run_piece<S>(call, shape, plan, piece, scratch, scratch + plan.tile, next);
  };
  exec.parallel_for(
      linear_ceil(count, plan.per_task),
      [&](int64_t task, std::byte* worker) {
        const int64_t end = linear_min(count, (task + 1) * plan.per_task);
        RecurrentPiece piece = recurrent_piece(call, shape, plan, task * plan.per_task);
        const float* start = fetch_piece<S>(call, shape, piece);
        if (start != nullptr) prefetch_row(start, (kRows + kRowsAhead) * shape.K);
        for (int64_t index = task * plan.per_task; index < end; ++index) {
          RecurrentPiece following = piece;
          const float* next = start;
          if (index + 1 < end) {
            following = recurrent_piece(call, shape, plan, index + 1);
            next = fetch_piece<S>(call, shape, following);
          }
          run(piece, next != nullptr ? next : start, reinterpret_cast<float*>(worker));
          piece = following;
          start = next;
        }
      },
      count * plan.piece_rows * shape.K * 4);
}

template <typename S>
Status recurrent_run(const LinearAttentionCall& call, ExecContext& exec) {
  const LinearShape shape = linear_shape(call);
  const RecurrentPlan plan = recurrent_plan(shape);
  Status status = exec.reserve(normalizer_bytes(call, shape), static_cast<size_t>(plan.worker_floats) * sizeof(float));
  if (!status.is_ok()) return status;
  run_recurrent<S>(call, shape, plan, exec);
  store_normalizers(call, shape, reinterpret_cast<const float*>(exec.shared()), exec);
  return status;
}

inline const char* recurrent_supports(const LinearAttentionCall& call) {
  if (!call.options.causal) return "not causal";
  for (int64_t i = 0; i < call.axes.B; ++i) {
    if (linear_sequence(call, i).tokens > kRecurrentTokens) return "a sequence of more than 8 tokens";
  }
  return nullptr;
}
