// Softmax attention in float64, written from the equations. For query t of head h at position p = queryStart + t:
//   raw_j     = scale · queryScale · q·k_j
//   capped_j  = softcap · tanh(raw_j / softcap)                    (raw_j without softcap)
//   biased_j  = capped_j + bias + slope · (j − p), −∞ where the query may not see key j
//   weights_j = exp(biased_j) / (Σ_i exp(biased_i) + exp(sink))
//   out       = sigmoid(gate) ⊙ Σ_j weights_j v_j
//   lse       = log Σ_j exp(biased_j)                              (without the sink)
// A query that sees nothing gives zeros and lse −∞.
import { Dense } from './dense';

export type ScoreStage = 'raw' | 'capped' | 'biased' | 'weights';

export interface AttentionCase {
  /** [B, T, Hq, K]; packed [T, Hq, K] */
  q: Dense;
  /** [B, S, Hkv, K]; packed [S, Hkv, K] */
  k: Dense;
  /** [B, S, Hkv, V]; packed [S, Hkv, V] */
  v: Dense;
  scale?: number;
  causal?: boolean;
  queryStart?: number | readonly number[];
  window?: { left?: number; right?: number };
  chunk?: number;
  block?: number;
  softcap?: number;
  sinks?: Dense;
  bias?: Dense;
  /** 0 hides */
  mask?: Dense;
  alibiSlopes?: Dense;
  kvLengths?: number | readonly number[];
  kvStart?: number | readonly number[];
  cuSeqlens?: { q: readonly number[]; k: readonly number[] };
  keyIndices?: Dense;
  queryScale?: Dense;
  gate?: Dense;
}

export interface AttentionAnswer {
  out: Dense;
  /** [B, Hq, T]; packed [Hq, T] */
  lse: Dense;
  /** [B, Hq, T, S] at each stage; absent for packed batches and gathered keys, which have no such matrix */
  scores?: Record<ScoreStage, Dense>;
}

/** One sequence: its place in the tensors and its number for the options that have one value per sequence. */
interface Sequence {
  number: number;
  batch: number;
  firstQuery: number;
  queries: number;
  firstKey: number;
  keys: number;
}

const perSequence = (option: number | readonly number[], sequence: number): number =>
  typeof option === 'number' ? option : option[sequence]!;

function sequences(args: AttentionCase): Sequence[] {
  const { q, k, cuSeqlens } = args;
  if (!cuSeqlens) {
    const [batch, queries, keys] = [q.shape[0]!, q.shape[1]!, k.shape[1]!];
    return Array.from({ length: batch }, (_, b) => {
      return { number: b, batch: b, firstQuery: 0, queries, firstKey: 0, keys };
    });
  }
  return cuSeqlens.q.slice(1).map((end, b) => {
    const [firstQuery, firstKey] = [cuSeqlens.q[b]!, cuSeqlens.k[b]!];
    return {
      number: b,
      batch: 0,
      firstQuery,
      queries: end - firstQuery,
      firstKey,
      keys: cuSeqlens.k[b + 1]! - firstKey,
    };
  });
}

/** Whether the query at position p may see key j, by every rule that depends on positions alone. */
export function positionVisible(args: AttentionCase, sequence: number, p: number, j: number, keys: number): boolean {
  const { window, chunk, block } = args;
  if (j < 0 || j >= (args.kvLengths === undefined ? keys : perSequence(args.kvLengths, sequence))) return false;
  if (args.kvStart !== undefined && j < perSequence(args.kvStart, sequence)) return false;
  if (args.causal && j > p) return false;
  if (window?.left !== undefined && j < p - window.left) return false;
  if (window?.right !== undefined && j > p + window.right) return false;
  if (chunk !== undefined && Math.floor(j / chunk) !== Math.floor(p / chunk)) return false;
  if (block !== undefined && Math.floor(j / block) > Math.floor(p / block)) return false;
  return true;
}

function firstPosition(args: AttentionCase, sequence: Sequence): number {
  if (args.queryStart !== undefined) return perSequence(args.queryStart, sequence.number);
  const keys = args.kvLengths === undefined ? sequence.keys : perSequence(args.kvLengths, sequence.number);
  return keys - sequence.queries;
}

function candidateKeys(args: AttentionCase, sequence: Sequence, t: number, keyHead: number): number[] {
  const indices = args.keyIndices;
  if (!indices) return Array.from({ length: sequence.keys }, (_, j) => j);
  const heads = indices.shape.length === 4 ? [keyHead] : [];
  const count = indices.shape[indices.shape.length - 1]!;
  return Array.from({ length: count }, (_, i) => indices.at(sequence.batch, t, ...heads, i)).filter((j) => j >= 0);
}

interface Row {
  raw: number[];
  capped: number[];
  biased: number[];
  weights: number[];
  lse: number;
}

function softmaxRow(biased: readonly number[], sink: number): { weights: number[]; lse: number } {
  const largest = biased.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return { weights: biased.map(() => 0), lse: largest };
  const top = Math.max(largest, sink);
  const exponentials = biased.map((score) => Math.exp(score - top));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  const denominator = sum + Math.exp(sink - top);
  const lse = largest + Math.log(biased.reduce((total, score) => total + Math.exp(score - largest), 0));
  return { weights: exponentials.map((e) => e / denominator), lse };
}

function scoreRow(
  args: AttentionCase,
  sequence: Sequence,
  head: number,
  t: number,
  candidates: readonly number[],
): Row {
  const { q, k, softcap } = args;
  const [batch, heads, keyDim, keyHeads] = [sequence.batch, q.shape[2]!, q.shape[3]!, k.shape[2]!];
  const keyHead = Math.floor((head * keyHeads) / heads);
  const query = sequence.firstQuery + t;
  const p = firstPosition(args, sequence) + t;
  const factor = (args.scale ?? 1 / Math.sqrt(keyDim)) * (args.queryScale?.at(batch, query) ?? 1);
  const raw = candidates.map((j) => {
    const [from, to] = [q.offset([batch, query, head, 0]), k.offset([batch, sequence.firstKey + j, keyHead, 0])];
    let dot = 0;
    for (let d = 0; d < keyDim; ++d) dot += q.data[from + d]! * k.data[to + d]!;
    return factor * dot;
  });
  const capped = raw.map((score) => (softcap === undefined ? score : softcap * Math.tanh(score / softcap)));
  const biased = capped.map((score, i) => {
    const j = candidates[i]!;
    const bias = args.bias?.broadcastAt(batch, head, t, j) ?? 0;
    const seen = positionVisible(args, sequence.number, p, j, sequence.keys);
    if (!seen || args.mask?.broadcastAt(batch, head, t, j) === 0) return Number.NEGATIVE_INFINITY;
    if (bias === Number.NEGATIVE_INFINITY) return bias;
    return score + bias + (args.alibiSlopes?.at(head) ?? 0) * (j - p);
  });
  return { raw, capped, biased, ...softmaxRow(biased, args.sinks?.at(head) ?? Number.NEGATIVE_INFINITY) };
}

/** Packed tensors become a batch of one, so that everything else sees one layout. */
function withBatchAxis(args: AttentionCase): AttentionCase {
  if (!args.cuSeqlens) return args;
  const lift = (x: Dense): Dense => new Dense([1, ...x.shape], x.data);
  return {
    ...args,
    q: lift(args.q),
    k: lift(args.k),
    v: lift(args.v),
    ...(args.queryScale && { queryScale: lift(args.queryScale) }),
    ...(args.gate && { gate: lift(args.gate) }),
  };
}

export function attention(given: AttentionCase): AttentionAnswer {
  const args = withBatchAxis(given);
  const { q, k, v, gate } = args;
  const [batches, queries, heads] = [q.shape[0]!, q.shape[1]!, q.shape[2]!];
  const [keys, keyHeads, valueDim] = [k.shape[1]!, k.shape[2]!, v.shape[3]!];
  const out = Dense.filled([batches, queries, heads, valueDim], 0);
  const lse = Dense.filled([batches, heads, queries], Number.NEGATIVE_INFINITY);
  const stages: ScoreStage[] = args.cuSeqlens || args.keyIndices ? [] : ['raw', 'capped', 'biased', 'weights'];
  const scores = Object.fromEntries(stages.map((stage) => [stage, Dense.filled([batches, heads, queries, keys], 0)]));

  for (const sequence of sequences(args)) {
    for (let head = 0; head < heads; ++head) {
      const keyHead = Math.floor((head * keyHeads) / heads);
      for (let t = 0; t < sequence.queries; ++t) {
        const candidates = candidateKeys(args, sequence, t, keyHead);
        const row = scoreRow(args, sequence, head, t, candidates);
        const at = [sequence.batch, sequence.firstQuery + t, head] as const;
        lse.set(row.lse, sequence.batch, head, sequence.firstQuery + t);
        for (const stage of stages) {
          scores[stage]!.data.set(row[stage], scores[stage]!.offset([sequence.batch, head, t, 0]));
        }
        const sums = new Float64Array(valueDim);
        candidates.forEach((j, i) => {
          const from = v.offset([sequence.batch, sequence.firstKey + j, keyHead, 0]);
          const weight = row.weights[i]!;
          if (weight === 0) return; // a key that is not seen does not count, whatever its value holds
          for (let d = 0; d < valueDim; ++d) sums[d]! += weight * v.data[from + d]!;
        });
        for (let d = 0; d < valueDim; ++d) {
          out.set(sums[d]! / (gate ? 1 + Math.exp(-gate.at(...at, d)) : 1), ...at, d);
        }
      }
    }
  }
  const answer = { out: new Dense(args.cuSeqlens ? out.shape.slice(1) : out.shape, out.data), lse };
  if (args.cuSeqlens) return { out: answer.out, lse: new Dense(lse.shape.slice(1), lse.data) };
  return stages.length === 0 ? answer : { ...answer, scores: scores as Record<ScoreStage, Dense> };
}
