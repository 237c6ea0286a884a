// Linear attention, form "recurrent": few tokens per sequence, so the state's own bytes are the cost. The state is read
// and written once, row by row of its V-major memory; the tokens of a call pass over a row group while it is in L1.
//
// Equation: with γ the token's decay, r = −β γ∘k (a for generalized_delta) and S the state before the token,
//             u = β v + rᵀS;  o = (scale γ∘q)ᵀS + (scale q·k) u;  S' = γ S + k uᵀ
//           generalized_delta: y = aᵀS;  o = (scale γ∘q)ᵀS + (scale q·b) y + (scale q·k) v;  S' = γ S + b yᵀ + k vᵀ
// Layout:   state [B,Hs,V,K] in memory, K innermost; other orders are gathered row group by row group on the way in
// Cost:     bound by memory: 4 bytes read and 4 written per state element; two sweeps of a row group, the second from L1
// Source:   arXiv 2412.06464, arXiv 2503.14456
// Oracle:   test/oracle/linear-attention.ts

inline constexpr int64_t kRecurrentTokens = 8;
inline constexpr int kRows = 4;       // rows of the state that share the loads of k and q
inline constexpr int kRowsAhead = 8;  // that are fetched: fewer come too late, more push each other out

// What one token brings to every row of a state head; offsets in floats within the token's part of the scratch.
struct RecurrentPlan {
  int64_t row;
  int64_t read, write, second, gate, factor, whole, query;
  int64_t scalars;  // β, what decay keeps, then per reader q·k, q·b, 1/(q·z)
  int64_t token_floats;
  int64_t tile;  // [kRows][row] where the state is not written through
  int64_t worker_floats;
  int64_t pieces, piece_rows;
};

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

// Asks for the state some row groups further on, half of it in each sweep, spread evenly: rows follow each other in
// memory, but the hardware does not see a pattern in sweeps over kRows of them at a time.
inline void prefetch_rows(const float* state, int64_t stride, int64_t k, int half) {
  const float* ahead = state + kRowsAhead * stride + k * kRows;
#pragma GCC unroll 8
  for (int i = half * 16; i < kRows * kLanes; i += 32) prefetch_l1(ahead + i);
}

// One step of a sweep. The unrolling keeps the sums in registers: GCC 12 leaves them on the stack otherwise.
template <bool kPair>
[[gnu::always_inline]] inline void row_step(const float* state, int64_t stride, int64_t n, F32 x, F32 y, F32* sum,
                                            F32* sum_y) {
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    F32 value = n == kLanes ? load(state + r * stride) : load_partial(state + r * stride, n);
    keep(value);
    sum[r] = fma(value, x, sum[r]);
    if (kPair) sum_y[r] = fma(value, y, sum_y[r]);
  }
}

// Products of kRows rows with one vector, or with two in one sweep: to[r] = state[r] · x, to_y[r] = state[r] · y.
template <bool kPair>
void read_rows(const float* state, int64_t stride, const float* x, const float* y, int64_t K, float* to, float* to_y) {
  F32 sum[kRows], sum_y[kRows];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) sum[r] = sum_y[r] = zero();
  int64_t k = 0;
  for (; k + kLanes <= K; k += kLanes) {
    prefetch_rows(state, stride, k, 0);
    row_step<kPair>(state + k, stride, kLanes, load(x + k), kPair ? load(y + k) : zero(), sum, sum_y);
  }
  if (k < K) row_step<kPair>(state + k, stride, K - k, load(x + k), kPair ? load(y + k) : zero(), sum, sum_y);
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    to[r] = reduce_add(sum[r]);
    if (kPair) to_y[r] = reduce_add(sum_y[r]);
  }
}

// The factors of one step of write_rows along K.
struct WriteStep {
  F32 factor, whole, write, second;
};

template <bool kSecond, Keeps kKeeps>
[[gnu::always_inline]] inline F32 written(F32 value, const WriteStep& step, F32 u, F32 y) {
  keep(value);
  F32 change = fma(step.write, u, begin_kept<kKeeps>(value, step.factor));
  if (kSecond) change = fma(step.second, y, change);
  return finish_kept<kKeeps>(change, value, step.whole);
}

// to[r] = γ ∘ from[r] + write · u[r] (+ second · y[r]); to may be from.
template <bool kSecond, Keeps kKeeps>
void write_rows(const float* from, int64_t from_stride, const float* token, const RecurrentPlan& plan, int64_t K,
                const float* u, const float* y, int64_t to_stride, float* to) {
  const float* factor = token + plan.factor;
  const float* whole = token + plan.whole;
  const float* write = token + plan.write;
  const float* second = token + plan.second;
  F32 by_u[kRows], by_y[kRows];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    by_u[r] = splat(u[r]);
    by_y[r] = kSecond ? splat(y[r]) : zero();
  }
  auto step_at = [&](int64_t k) {
    return WriteStep{kKeeps == Keeps::all ? zero() : load(factor + k),
                     kKeeps == Keeps::mixed ? load(whole + k) : zero(), load(write + k),
                     kSecond ? load(second + k) : zero()};
  };
  int64_t k = 0;
  for (; k + kLanes <= K; k += kLanes) {
    prefetch_rows(from, from_stride, k, 1);
    const WriteStep step = step_at(k);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      store(to + r * to_stride + k, written<kSecond, kKeeps>(load(from + r * from_stride + k), step, by_u[r], by_y[r]));
    }
  }
  if (k == K) return;
  const WriteStep step = step_at(k);
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    const F32 value = load_partial(from + r * from_stride + k, K - k);
    store_partial(to + r * to_stride + k, written<kSecond, kKeeps>(value, step, by_u[r], by_y[r]), K - k);
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

template <typename S>
void recurrent_rows(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPlan& plan,
                    const LinearSequence& seq, int64_t head, const float* tokens, RowGroup& group) {
  const int64_t value_head = head * call.axes.Hv / shape.state_heads;
  const TensorView& skip = call.options.skip;
  float v[kRows], u[kRows], y[kRows], o[kRows];
  for (int64_t t = 0; t < seq.tokens; ++t) {
    const float* token = tokens + t * plan.token_floats;
    const float* scalars = token + plan.scalars;
    const S* values = linear_row<S>(call.v, seq, t, value_head) + group.first;
    for (int r = 0; r < kRows; ++r) v[r] = r < group.count ? to_float(values[r]) : 0.0f;
    for (int64_t reader = 0; reader < shape.readers; ++reader) {
      const float* query = token + plan.query + reader * plan.row;
      const float* products = scalars + 2 + 3 * reader;
      if (reader == 0 && shape.delta) {
        read_rows<true>(group.from, group.from_stride, token + plan.read, query, shape.K, y, o);
      } else {
        read_rows<false>(group.from, group.from_stride, query, nullptr, shape.K, o, nullptr);
      }
      if (reader == 0) {
        for (int r = 0; r < kRows; ++r) u[r] = scalars[0] * v[r] + (shape.delta && !shape.free_vectors ? y[r] : 0.0f);
      }
      const int64_t out_head = head * shape.readers + reader;
      S* out = const_cast<S*>(linear_row<S>(call.out, seq, t, out_head)) + group.first;
      for (int r = 0; r < group.count; ++r) {
        float sum = o[r] + products[0] * u[r];
        if (shape.free_vectors) sum += products[1] * y[r];
        sum *= products[2];
        if (skip.present) {
          const S* own = linear_row<S>(call.v, seq, t, out_head * call.axes.Hv / shape.out_heads) + group.first;
          sum += linear_scalar<S>(skip, out_head * skip.strides[0]) * to_float(own[r]);
        }
        out[r] = from_float<S>(sum);
      }
    }
    if (t + 1 == seq.tokens && !group.kept) return;
    with_keeps(static_cast<Keeps>(scalars[1]), [&](auto keeps) {
      if (shape.free_vectors) {
        write_rows<true, keeps.value>(group.from, group.from_stride, token, plan, shape.K, u, y, group.to_stride,
                                      group.to);
      } else {
        write_rows<false, keeps.value>(group.from, group.from_stride, token, plan, shape.K, u, y, group.to_stride,
                                       group.to);
      }
    });
    group.from = group.to;
    group.from_stride = group.to_stride;
  }
}

// Rows [first, last) of one state head.
template <typename S>
void recurrent_piece(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPlan& plan,
                     const LinearSequence& seq, int64_t head, int64_t first, int64_t last, const float* tokens,
                     float* tile) {
  const StateMemory before = state_before(call, seq.index, head);
  const StateMemory after = state_after(call, seq.index, head);
  for (int64_t v = first; v < last; v += kRows) {
    RowGroup group{
        v, static_cast<int>(linear_min(kRows, last - v)), tile, plan.row, tile, plan.row, after.data != nullptr};
    const bool whole = group.count == kRows;
    if (whole && before.plain()) {
      group.from = before.at<const float>(0, v);
      group.from_stride = before.stride_v;
    } else {
      zero_row(tile, kRows * plan.row);
      if (before.data != nullptr) gather_rows(before, v, group.count, shape.K, plan.row, tile);
    }
    const bool through = whole && after.plain() && seq.tokens > 0;
    if (through) {
      group.to = after.at<float>(0, v);
      group.to_stride = after.stride_v;
    }
    recurrent_rows<S>(call, shape, plan, seq, head, tokens, group);
    if (after.data == nullptr || through) continue;
    if (seq.tokens > 0) {
      scatter_rows(tile, plan.row, after, v, group.count, shape.K);
    } else {
      scatter_rows(group.from, group.from_stride, after, v, group.count, shape.K);
    }
  }
}

// Every sequence of at most kRecurrentTokens tokens; the others are left alone.
template <typename S>
void run_recurrent(const LinearAttentionCall& call, const LinearShape& shape, const RecurrentPlan& plan,
                   ExecContext& exec) {
  auto* normalizers = reinterpret_cast<float*>(exec.shared());
  const int64_t per_sequence = shape.state_heads * plan.pieces;
  exec.parallel_for(
      shape.sequences * per_sequence,
      [&](int64_t task, std::byte* worker) {
        const LinearSequence seq = linear_sequence(call, task / per_sequence);
        if (seq.tokens > kRecurrentTokens) return;
        const int64_t head = task % per_sequence / plan.pieces, piece = task % plan.pieces;
        float* scratch = reinterpret_cast<float*>(worker);
        float* normalizer = scratch + plan.tile + kRows * plan.row;
        const int64_t unit = task / plan.pieces;
        if (call.options.normalize) load_normalizer(call, shape, unit, normalizer);
        for (int64_t t = 0; t < seq.tokens; ++t) {
          recurrent_token<S>(call, shape, plan, seq, head, t, normalizer, scratch + t * plan.token_floats);
        }
        if (piece == 0 && call.options.normalize) copy_row(normalizer, normalizers + unit * shape.row, shape.row);
        const int64_t first = piece * plan.piece_rows;
        recurrent_piece<S>(call, shape, plan, seq, head, first, linear_min(first + plan.piece_rows, shape.V), scratch,
                           scratch + plan.tile);
      },
      shape.sequences * per_sequence * plan.piece_rows * shape.K * 4);
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
