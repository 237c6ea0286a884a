// Linear attention in float64, written from the equations. S is [K, V] per state head, z is [K]; per token
//   linear             S ← S + k ⊗ v
//   gated              S ← e^g S + k ⊗ βv
//   delta              S ← S + k ⊗ β(v − kᵀS)
//   gated_delta        S ← e^g S, then the delta rule
//   generalized_delta  S ← e^g S + b ⊗ (aᵀS) + k ⊗ v        (both S on the right are the state before this token)
//   z ← z + k;  o = scale · qᵀS [/ (q·z + 1e-6)] [+ skip · v]
// where q and k went through the l2 norm x / √(Σx² + 1e-6) and the feature map. Row i of S decays by e^g of key channel i.
import { Dense } from './dense';

export type UpdateRule = 'linear' | 'gated' | 'delta' | 'gated_delta' | 'generalized_delta';
export type FeatureMap = 'identity' | 'elu1' | 'relu' | 'softmax';

export interface LinearAttentionCase {
  /** [B, T, Hq, K]; packed [T, Hq, K] */
  q: Dense;
  /** [B, T, Hk, K] */
  k: Dense;
  /** [B, T, Hv, V] */
  v: Dense;
  updateRule?: UpdateRule;
  /** [Hs], [B, T, Hs] or [B, T, Hs, K] */
  decay?: Dense;
  /** [B, T, Hs] or [B, T, 1] */
  beta?: Dense;
  /** [B, T, Hs, K] */
  a?: Dense;
  /** [B, T, Hs, K] */
  b?: Dense;
  scale?: number;
  causal?: boolean;
  featureMap?: FeatureMap;
  normalize?: boolean;
  qkL2Norm?: boolean;
  /** [B, Hs, K, V] */
  state?: Dense;
  /** [B, Hs, K] */
  normalizer?: Dense;
  /** [H] */
  skip?: Dense;
  cuSeqlens?: readonly number[];
}

export interface LinearAttentionAnswer {
  out: Dense;
  state: Dense;
  normalizer: Dense;
}

function l2Normalized(x: Float64Array): Float64Array {
  const length = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) + 1e-6);
  return x.map((value) => value / length);
}

function mapped(x: Float64Array, featureMap: FeatureMap): Float64Array {
  if (featureMap === 'elu1') return x.map((value) => (value > 0 ? value + 1 : Math.exp(value)));
  if (featureMap === 'relu') return x.map((value) => Math.max(value, 0));
  if (featureMap === 'softmax') {
    const largest = x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const sum = x.reduce((total, value) => total + Math.exp(value - largest), 0);
    return x.map((value) => Math.exp(value - largest) / sum);
  }
  return x;
}

/** The recurrence of one state head, advanced token by token. */
class Head {
  readonly state: Float64Array; // [K, V]
  readonly normalizer: Float64Array; // [K]
  readonly keyDim: number;
  readonly valueDim: number;

  constructor(keyDim: number, valueDim: number) {
    this.keyDim = keyDim;
    this.valueDim = valueDim;
    this.state = new Float64Array(keyDim * valueDim);
    this.normalizer = new Float64Array(keyDim);
  }

  /** xᵀS */
  read(x: ArrayLike<number>): Float64Array {
    const result = new Float64Array(this.valueDim);
    for (let i = 0; i < this.keyDim; ++i) {
      for (let j = 0; j < this.valueDim; ++j) result[j]! += x[i]! * this.state[i * this.valueDim + j]!;
    }
    return result;
  }

  /** S += x ⊗ y */
  write(x: ArrayLike<number>, y: ArrayLike<number>): void {
    for (let i = 0; i < this.keyDim; ++i) {
      for (let j = 0; j < this.valueDim; ++j) this.state[i * this.valueDim + j]! += x[i]! * y[j]!;
    }
  }

  decay(gate: (channel: number) => number): void {
    for (let i = 0; i < this.keyDim; ++i) {
      const factor = Math.exp(gate(i));
      for (let j = 0; j < this.valueDim; ++j) this.state[i * this.valueDim + j]! *= factor;
    }
  }
}

interface Sizes {
  queryHeads: number;
  keyHeads: number;
  valueHeads: number;
  stateHeads: number;
  heads: number;
  keyDim: number;
  valueDim: number;
}

function sizesOf({ q, k, v }: LinearAttentionCase): Sizes {
  const [queryHeads, keyHeads, valueHeads] = [q.shape[2]!, k.shape[2]!, v.shape[2]!];
  const stateHeads = Math.max(keyHeads, valueHeads);
  const heads = Math.max(queryHeads, stateHeads);
  return { queryHeads, keyHeads, valueHeads, stateHeads, heads, keyDim: q.shape[3]!, valueDim: v.shape[3]! };
}

const vector = (x: Dense, ...index: number[]): Float64Array => {
  const from = x.offset([...index, 0]);
  return x.data.slice(from, from + x.shape[x.shape.length - 1]!);
};

/** φ(q) or φ(k) of one token and head. */
function features(args: LinearAttentionCase, x: Dense, batch: number, t: number, head: number): Float64Array {
  const raw = vector(x, batch, t, head);
  return mapped(args.qkL2Norm ? l2Normalized(raw) : raw, args.featureMap ?? 'identity');
}

function gateOf(decay: Dense, batch: number, t: number, head: number): (channel: number) => number {
  if (decay.shape.length === 1) return () => decay.at(head);
  if (decay.shape.length === 3) return () => decay.at(batch, t, head);
  return (channel) => decay.at(batch, t, head, channel);
}

function step(args: LinearAttentionCase, sizes: Sizes, head: Head, s: number, batch: number, t: number): void {
  const rule = args.updateRule ?? 'linear';
  const k = features(args, args.k, batch, t, Math.floor((s * sizes.keyHeads) / sizes.stateHeads));
  const v = vector(args.v, batch, t, Math.floor((s * sizes.valueHeads) / sizes.stateHeads));
  const beta = args.beta ? args.beta.at(batch, t, args.beta.shape[2] === 1 ? 0 : s) : 1;
  const correction = rule === 'generalized_delta' ? head.read(vector(args.a!, batch, t, s)) : undefined;
  if (args.decay) head.decay(gateOf(args.decay, batch, t, s));
  if (correction) head.write(vector(args.b!, batch, t, s), correction);
  const old = rule === 'delta' || rule === 'gated_delta' ? head.read(k) : new Float64Array(sizes.valueDim);
  head.write(
    k,
    v.map((value, j) => beta * (value - old[j]!)),
  );
  for (let i = 0; i < sizes.keyDim; ++i) head.normalizer[i]! += k[i]!;
}

function readOut(args: LinearAttentionCase, sizes: Sizes, head: Head, h: number, batch: number, t: number) {
  const q = features(args, args.q, batch, t, Math.floor((h * sizes.queryHeads) / sizes.heads));
  const v = vector(args.v, batch, t, Math.floor((h * sizes.valueHeads) / sizes.heads));
  const scale = args.scale ?? 1 / Math.sqrt(sizes.keyDim);
  const normalizer = args.normalize ? q.reduce((sum, x, i) => sum + x * head.normalizer[i]!, 0) + 1e-6 : 1;
  const skip = args.skip?.at(h) ?? 0;
  return head.read(q).map((value, j) => (scale * value) / normalizer + (skip === 0 ? 0 : skip * v[j]!));
}

/** Packed tensors become a batch of one, so that everything else sees one layout. */
function withBatchAxis(args: LinearAttentionCase): LinearAttentionCase {
  if (!args.cuSeqlens) return args;
  const lift = (x: Dense): Dense => new Dense([1, ...x.shape], x.data);
  return {
    ...args,
    q: lift(args.q),
    k: lift(args.k),
    v: lift(args.v),
    ...(args.decay && { decay: args.decay.shape.length === 1 ? args.decay : lift(args.decay) }),
    ...(args.beta && { beta: lift(args.beta) }),
    ...(args.a && { a: lift(args.a) }),
    ...(args.b && { b: lift(args.b) }),
  };
}

export function linearAttention(given: LinearAttentionCase): LinearAttentionAnswer {
  const args = withBatchAxis(given);
  const sizes = sizesOf(args);
  const { stateHeads, heads, keyDim, valueDim } = sizes;
  const [batches, tokens] = [args.q.shape[0]!, args.q.shape[1]!];
  const starts = args.cuSeqlens;
  const count = starts ? starts.length - 1 : batches;
  const out = Dense.filled([batches, tokens, heads, valueDim], 0);
  const state = Dense.filled([count, stateHeads, keyDim, valueDim], 0);
  const normalizer = Dense.filled([count, stateHeads, keyDim], 0);

  for (let sequence = 0; sequence < count; ++sequence) {
    const batch = starts ? 0 : sequence;
    const [from, to] = starts ? [starts[sequence]!, starts[sequence + 1]!] : [0, tokens];
    for (let s = 0; s < stateHeads; ++s) {
      const head = new Head(keyDim, valueDim);
      const at = state.offset([sequence, s, 0, 0]);
      if (args.state) head.state.set(args.state.data.subarray(at, at + keyDim * valueDim));
      if (args.normalizer) head.normalizer.set(vector(args.normalizer, sequence, s));
      const read = (t: number): void => {
        for (let h = 0; h < heads; ++h) {
          if (Math.floor((h * stateHeads) / heads) !== s) continue;
          out.data.set(readOut(args, sizes, head, h, batch, t), out.offset([batch, t, h, 0]));
        }
      };
      for (let t = from; t < to; ++t) {
        step(args, sizes, head, s, batch, t);
        if (args.causal !== false) read(t);
      }
      if (args.causal === false) for (let t = from; t < to; ++t) read(t);
      state.data.set(head.state, at);
      normalizer.data.set(head.normalizer, normalizer.offset([sequence, s, 0]));
    }
  }
  return { out: new Dense(starts ? out.shape.slice(1) : out.shape, out.data), state, normalizer };
}
