// attention, form decode: a few query rows per key-value head, bound by reading keys and values once.
//
// Equation: attention_mask.inl and attention_decode_rows.inl
// Shapes:   q [B, T, Hq, K], k [B, S, Hkv, K], v [B, S, Hkv, V]; at most 16 queries per sequence, or any number when
//   each names its keys (keyIndices)
// Layout:   all query heads of a key-value head and all queries go over the keys together. Blocks of 64 keys are taken
//   under all key-value heads before the next block, so that memory is read in the order of [tokens, heads, dim]. Only
//   visible keys are read
// Types:    S: f32, f16, bf16; sums f32
// Edge:     the keys are cut in parts by the sequence's own length alone, and parts merge in order: neither threads nor
//   the rest of the batch change a bit
// Cost:     scratch O(threads · rows · (K + V) + parts · rows · V), at most 33 parts a sequence
// Oracle:   test/oracle/attention

#include "cpu/kernels/attention_decode_tile.inl"

#include "cpu/kernels/attention_decode_rows.inl"

#include "cpu/kernels/attention_source.inl"

#include "cpu/kernels/attention_lowest.inl"

inline constexpr int64_t kDecodeQueries = 16;
inline constexpr int64_t kTaskRows = 64;  // rows that one task takes through its keys, over all its heads

// One sequence, or one query of it when queries name their keys.
struct DecodeItem {
  SequenceRules rules;
  KeyRange queries;     // [first, last) of the sequence
  KeyRange keys;        // that any of the queries sees; entries of the list when listed
  RowBlock rows;        // all of them
  int64_t padded_rows;  // per key-value head
  int64_t row_blocks;
  int64_t heads;  // key-value heads per task
  int64_t head_blocks;
  int64_t part_keys;
  int64_t parts;

  int64_t tasks() const { return parts * head_blocks * row_blocks; }
};

// Rows that go through a tile together.
inline int64_t tile_rows(int64_t rows) { return rows >= 3 ? 4 : rows; }

// Options whose terms differ from row to row.
inline bool has_terms(const AttentionOptions& options) {
  return options.alibi_slopes.present || options.bias.present || options.mask.present;
}

// Whether a sequence is for this form.
inline bool decode_takes(const AttentionCall& call, const SequenceRules& rules) {
  return call.options.key_indices.present || rules.queries <= kDecodeQueries;
}

inline int64_t decode_items(const AttentionCall& call) {
  if (!call.options.key_indices.present) return call.axes.B;
  return call.options.cu_seqlens.present ? call.axes.T : call.axes.B * call.axes.T;
}

struct ItemPlace {
  int64_t batch;
  int64_t query;  // of the sequence, where queries name their keys
};

inline ItemPlace item_place(const AttentionCall& call, int64_t index) {
  if (!call.options.key_indices.present) return {index, 0};
  if (!call.options.cu_seqlens.present) return {index / call.axes.T, index % call.axes.T};
  const TensorView& offsets = call.options.cu_seqlens.q;
  const int64_t batch = sequence_of(offsets, call.axes.B, index);
  return {batch, index - offsets.as<const int32_t>()[batch * offsets.strides[0]]};
}

// The queries of an item and the keys they see; none where another form takes the sequence.
inline void choose_queries(const AttentionCall& call, int64_t query, DecodeItem& item) {
  const int64_t queries = item.rules.queries;
  if (queries == 0 || !decode_takes(call, item.rules)) return;
  if (call.options.key_indices.present) {
    item.queries = {query, query + 1};
    item.keys = {0, call.axes.I};
  } else {
    item.queries = {0, queries};
    item.keys = {visible_keys(item.rules, 0).first, visible_keys(item.rules, queries - 1).last};
  }
}

inline DecodeItem decode_item(const AttentionSource& source, int64_t index) {
  const AttentionCall& call = source.call;
  const TensorView& indices = call.options.key_indices;
  DecodeItem item{};
  const ItemPlace place = item_place(call, index);
  item.rules = source.rules(place.batch);
  choose_queries(call, place.query, item);
  const int64_t group = call.axes.Hkv > 0 ? call.axes.Hq / call.axes.Hkv : 0;
  const int64_t rows = (item.queries.last - item.queries.first) * group;
  if (rows == 0) return item;
  item.rows = {item.queries.first * group, rows, group};
  item.padded_rows = round_up(rows, tile_rows(rows));
  item.row_blocks = (rows + kTaskRows - 1) / kTaskRows;
  item.heads = item.padded_rows >= kTaskRows ? 1 : kTaskRows / item.padded_rows;
  if (item.heads > call.axes.Hkv || item.heads < 1) item.heads = call.axes.Hkv;
  if (indices.present && indices.strides[2] != 0) item.heads = 1;
  item.head_blocks = (call.axes.Hkv + item.heads - 1) / item.heads;
  // One part writes its rows at once: enough where the queries themselves are many tasks.
  const int64_t keys = item.keys.last > item.keys.first ? item.keys.last - item.keys.first : 0;
  item.part_keys = round_up(keys / 32, kBlockKeys);
  if (item.part_keys < 4 * kBlockKeys) item.part_keys = 4 * kBlockKeys;
  if (indices.present && item.rules.queries > kDecodeQueries) item.part_keys = keys > 0 ? keys : 1;
  item.parts = keys == 0 ? 1 : (keys + item.part_keys - 1) / item.part_keys;
  return item;
}

// The keys behind the entries of an item.
struct ItemKeys {
  const AttentionCall& call;
  const DecodeItem& item;
  const KeyRange* ranges;  // per query of the item
  int64_t kv_head;         // whose list counts when heads have their own

  // Calls add(key) for those of entries [first, last) that are there; of a list's, those that its query sees.
  template <typename Add>
  void each(int64_t first, int64_t last, Add add) const {
    const TensorView& indices = call.options.key_indices;
    if (!indices.present) {
      for (int64_t key = first; key < last; ++key) add(key);
      return;
    }
    const int32_t* list = indices.as<const int32_t>() + item.rules.batch * indices.strides[0] +
                          (item.rules.query_begin + item.queries.first) * indices.strides[1] +
                          kv_head * indices.strides[2];
    for (int64_t entry = first; entry < last; ++entry) {
      const int64_t key = list[entry * indices.strides[3]];
      if (key >= ranges[0].first && key < ranges[0].last) add(key);
    }
  }
};

// Fills blocks with entries [first, last) of the item's keys, at most kBlockKeys.
template <class Rows>
struct BlockKeys {
  Rows rows;  // of head 0
  ItemKeys items;

  void operator()(KeyBlock<typename Rows::Element>& block, int64_t first, int64_t last) const {
    block.first = first;
    block.count = 0;
    block.key_stride_head = rows.key_stride_head();
    block.value_stride_head = rows.value_stride_head();
    items.each(first, last, [&](int64_t key) {
      const auto* key_row = rows.key(key);
      const auto* value_row = rows.value(key);
      const int64_t entry = block.count++;
      block.listed[entry] = key;
      block.keys[entry] = key_row;
      block.values[entry] = value_row;
      if constexpr (Rows::kScaled) {
        block.key_scales[entry] = &rows.key_scale(key);
        block.value_scales[entry] = &rows.value_scale(key);
      }
    });
    block.repeat_last();
  }
};

// Scratch of a worker, cut in pieces of whole cache lines.
struct ScratchCursor {
  std::byte* at;
  template <typename E>
  E* take(int64_t count) {
    E* piece = reinterpret_cast<E*>(at);
    at += round_up(count * static_cast<int64_t>(sizeof(E)), 64);
    return piece;
  }
};

// The rows of one task: all of `heads` key-value heads from `first_head` on. What belongs to a head lies together, with
// rows padded to whole tiles.
template <typename S, typename C>
struct DecodeRows {
  using Product = KeyProduct<S, C>;
  using Vector = typename Product::Vector;

  RowBlock rows;
  int64_t padded;  // rows per head, to whole tiles
  int64_t first_head, heads;
  int64_t vectors;  // per row of q
  int64_t dim_stride;
  Vector* q;             // [heads][padded][vectors]
  float* scores;         // [heads][padded / kRows][kBlockKeys][kRows]
  float* tops;           // [heads][padded / kRows][kLanes], its lanes [key][row]
  float* sums;           // the same
  float* shrink;         // the same
  float* factors;        // [padded / kRows][kLanes]: from products to bits
  ScoreTerms<S>* terms;  // [heads][padded]; none unless has_terms
  float* row;            // one row as floats
  RowState* states;      // of this part: [heads][padded]
  float* values;         // sums of this part: [heads][padded][dim_stride]
  int64_t states_stride_head, values_stride_head;

  static int64_t vectors_of(const AttentionCall& call) { return (call.axes.K + Product::kWidth - 1) / Product::kWidth; }
  static int64_t stride_of(const AttentionCall& call) { return round_up(call.axes.V, 2 * kLanes); }

  void take(const AttentionCall& call, const DecodeItem& item, ScratchCursor& cursor) {
    padded = item.padded_rows < kTaskRows ? item.padded_rows : kTaskRows;
    vectors = vectors_of(call);
    dim_stride = stride_of(call);
    const int64_t all = padded * item.heads;
    q = cursor.take<Vector>(all * vectors);
    scores = cursor.take<float>(all * kBlockKeys);
    tops = cursor.take<float>(all * kLanes);
    sums = cursor.take<float>(all * kLanes);
    shrink = cursor.take<float>(all * kLanes);
    factors = cursor.take<float>(padded * kLanes);
    terms = cursor.take<ScoreTerms<S>>(has_terms(call.options) ? all : 0);
    row = cursor.take<float>(dim_stride > call.axes.K ? dim_stride : call.axes.K);
    states = cursor.take<RowState>(all);
    values = cursor.take<float>(all * dim_stride);
    states_stride_head = padded;
    values_stride_head = padded * dim_stride;
  }
};

#include "cpu/kernels/attention_decode_adjust.inl"

#include "cpu/kernels/attention_decode_task.inl"

#include "cpu/kernels/attention_decode_plan.inl"

template <typename S>
const char* decode_supports(const AttentionCall& call) {
  if (call.options.scores != AttentionScores::absent) return "scores are written by the prefill form";
  if (call.q.dtype != dtype_of<S>()) return "another dtype";
  if (call.options.key_indices.present) return nullptr;
  const TensorView& offsets = call.options.cu_seqlens.q;
  if (!call.options.cu_seqlens.present) {
    return call.axes.T > kDecodeQueries ? "more than 16 queries per sequence" : nullptr;
  }
  for (int64_t b = 0; b < call.axes.B; ++b) {
    const int32_t* offset = offsets.as<const int32_t>() + b * offsets.strides[0];
    if (offset[offsets.strides[0]] - offset[0] > kDecodeQueries) return "more than 16 queries in a sequence";
  }
  return nullptr;
}

inline constexpr KernelInfo kAttentionDecode[] = {
    {"cpu." ATTN_ISA "/attention.decode.f32", OpId::attention, kIsa, "decode", "f32",
     supports_as<AttentionCall, decode_supports<float>>, run_as<AttentionCall, decode_run<float>>},
    {"cpu." ATTN_ISA "/attention.decode.f16", OpId::attention, kIsa, "decode", "f16",
     supports_as<AttentionCall, decode_supports<f16>>, run_as<AttentionCall, decode_run<f16>>},
    {"cpu." ATTN_ISA "/attention.decode.bf16", OpId::attention, kIsa, "decode", "bf16",
     supports_as<AttentionCall, decode_supports<bf16>>, run_as<AttentionCall, decode_run<bf16>>},
};
