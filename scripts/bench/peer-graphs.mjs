// The peer's one-operator graphs for our cases, over the same memory where the layouts agree: [B, T, H, D] is its
// [B, T, H·D]. Each in the form that runs fastest there: outputs allocated once; keys, values and states in place.
import { onnxModel } from './onnx-model.mjs';

const domain = 'com.microsoft';
const outOnly = [{ name: 'out' }];
const packed = (ort, tensor) => {
  const [B, T, ...rest] = tensor.shape;
  return new ort.Tensor('float32', tensor.data, [B, T, rest.reduce((product, extent) => product * extent, 1)]);
};
const empty = (ort, shape) =>
  new ort.Tensor('float32', new Float32Array(shape.reduce((product, extent) => product * extent, 1)), shape);
const i32 = (ort, values) => new ort.Tensor('int32', Int32Array.from(values), [values.length]);

function multiHeadAttention(ort, { Hq }, { q, k, v, out }) {
  return {
    operator: 'MultiHeadAttention',
    model: {
      inputs: [{ name: 'q' }, { name: 'k' }, { name: 'v' }],
      outputs: outOnly,
      attributes: { num_heads: Hq },
    },
    feeds: { q: packed(ort, q), k: packed(ort, k), v: packed(ort, v) },
    fetches: { out: empty(ort, packed(ort, out).dims) },
  };
}

// Without present outputs it takes a slower path.
function groupQueryPrefill(ort, { B, T, Hq, Hkv, D }, { q, k, v, out }) {
  return {
    operator: 'GroupQueryAttention',
    model: groupQueryModel({ Hq, Hkv }, [undefined, undefined]),
    feeds: {
      q: packed(ort, q),
      k: packed(ort, k),
      v: packed(ort, v),
      last: i32(ort, [T - 1]),
      total: i32(ort, [T]),
    },
    fetches: {
      out: empty(ort, packed(ort, out).dims),
      keys: empty(ort, [B, Hkv, T, D]),
      values: empty(ort, [B, Hkv, T, D]),
    },
  };
}

// The newest token's key and value are inputs, those before it lie in the cache, which the operator extends in place.
function groupQueryDecode(ort, { B, S, Hq, Hkv, D }, { q, k, v, out }) {
  const cache = (tensor) => new ort.Tensor('float32', tensor.permute([0, 2, 1, 3]).contiguous().data, [B, Hkv, S, D]);
  const newest = (tensor) => packed(ort, tensor.slice(1, S - 1, S).contiguous());
  const keys = cache(k);
  const values = cache(v);
  return {
    operator: 'GroupQueryAttention',
    model: groupQueryModel({ Hq, Hkv }, [{ name: 'pastKeys' }, { name: 'pastValues' }]),
    feeds: {
      q: packed(ort, q),
      k: newest(k),
      v: newest(v),
      pastKeys: keys,
      pastValues: values,
      last: i32(ort, [S - 1]),
      total: i32(ort, [S]),
    },
    fetches: { out: empty(ort, packed(ort, out).dims), keys, values },
  };
}

const groupQueryModel = ({ Hq, Hkv }, past) => ({
  inputs: [
    { name: 'q' },
    { name: 'k' },
    { name: 'v' },
    ...past,
    { name: 'last', type: 'int32' },
    { name: 'total', type: 'int32' },
  ],
  outputs: [...outOnly, { name: 'keys' }, { name: 'values' }],
  attributes: { num_heads: Hq, kv_num_heads: Hkv },
});

function linearAttention(ort, { B, T, H, D, updateRule, state }, { q, k, v, decay, beta }) {
  const past = state && empty(ort, [B, H, D, D]); // as our sessions begin
  const given = { state: past, decay: decay && packed(ort, decay), beta: beta && packed(ort, beta) };
  const optional = Object.entries(given).map(([name, tensor]) => tensor && { name });
  while (optional.length > 0 && optional.at(-1) === undefined) optional.pop();
  return {
    operator: 'LinearAttention',
    model: {
      inputs: [{ name: 'q' }, { name: 'k' }, { name: 'v' }, ...optional],
      outputs: [...outOnly, { name: 'newState' }],
      attributes: { q_num_heads: H, kv_num_heads: H, update_rule: updateRule },
    },
    feeds: {
      q: packed(ort, q),
      k: packed(ort, k),
      v: packed(ort, v),
      ...Object.fromEntries(Object.entries(given).filter(([, tensor]) => tensor)),
    },
    fetches: { out: empty(ort, [B, T, H * D]), newState: past ?? empty(ort, [B, H, D, D]) },
  };
}

function graphOf(spec) {
  if (spec.op === 'linearAttention') return linearAttention;
  if (spec.T === 1) return groupQueryDecode;
  return spec.options.causal ? groupQueryPrefill : multiHeadAttention;
}

export function peerGraph(ort, spec, tensors) {
  const { operator, model, feeds, fetches } = graphOf(spec)(ort, spec, tensors);
  return { operator: `${domain}.${operator}`, bytes: onnxModel({ op: operator, domain, ...model }), feeds, fetches };
}
