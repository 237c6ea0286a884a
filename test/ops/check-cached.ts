// One call over cached sequences, against the oracle over what they hold, with one thread and with two.
import { CachePool, type DType, type Sequence, Tensor, attentionSync } from 'hybrid-attention';
import { attention } from '../oracle/attention';
import { Dense, concat } from '../oracle/dense';
import { type Tokens, stored } from '../support/cached';
import { expectClose, expectSameBits } from '../support/compare';
import { onThreads } from '../support/machine';
import { type Form, unwritten } from '../support/run';
import { type Layout, rounded, toDense, toTensor } from '../support/tensors';
import { type FloatType, tolerances } from '../support/tolerance';
import type { CachedCase } from './cached-attention-cases';

const ownDtypes: Readonly<Record<string, DType>> = {
  alibiSlopes: 'f32',
  queryScale: 'f32',
  mask: 'bool',
  keyIndices: 'i32',
};

/** The call's numbers as their dtypes hold them. */
function roundedCase({ q, append, options, ...rest }: CachedCase, { dtype, optionDtype = dtype }: Form): CachedCase {
  const both = ({ key, value }: Tokens) => ({ key: rounded(key, optionDtype), value: rounded(value, optionDtype) });
  const entries = Object.entries(options).map(([name, value]) => {
    const own = ownDtypes[name] ?? optionDtype;
    const exact = own === 'bool' || own === 'i32' || !(value instanceof Dense);
    return [name, exact ? value : rounded(value, own as FloatType)];
  });
  return {
    ...rest,
    held: rest.held.map((tokens) => ({ key: rounded(tokens.key, 'f32'), value: rounded(tokens.value, 'f32') })),
    q: rounded(q, dtype),
    ...(append && { append: both(append) }),
    options: Object.fromEntries(entries),
  };
}

/** `append` of these tokens, as the pool takes it. */
const appended = ({ pool }: CachedCase, { key, value }: Tokens, dtype: FloatType, layout?: Layout) => ({
  key: toTensor(key, dtype, layout),
  ...(!pool.valuesFromKeys && { value: toTensor(value, dtype, layout) }),
});

/** Sequences that hold what the case says. */
function heldSequences(args: CachedCase): Sequence[] {
  const memory = new CachePool(args.pool);
  const [Hq, K] = args.q.shape.slice(-2) as [number, number];
  return args.held.map((tokens) => {
    const sequence = memory.sequence();
    const append = appended(args, tokens, 'f32');
    attentionSync(Tensor.zeros([1, tokens.key.shape[1]!, Hq, K]), [sequence], { append });
    return sequence;
  });
}

/** The arguments of the call; `note` hears of them before it runs. */
function runCached(args: CachedCase, form: Form, note: (...call: unknown[]) => void): { out: Dense; lse: Dense } {
  const { dtype, optionDtype = dtype, layout } = form;
  const { q, append, offsets, pool, options } = args;
  const out = unwritten([...q.shape.slice(0, -1), pool.valueDim!], form);
  const tensors = Object.entries(options).map(([name, value]) => [
    name,
    value instanceof Dense ? toTensor(value, ownDtypes[name] ?? optionDtype) : value,
  ]);
  const call = {
    ...Object.fromEntries(tensors),
    ...(append && { append: appended(args, append, optionDtype, layout) }),
    ...(offsets && { cuSeqlens: Tensor.from(Int32Array.from(offsets), [offsets.length]) }),
    returnLse: true as const,
    out,
  };
  const sequences = heldSequences(args);
  const queries = toTensor(q, dtype, layout);
  note(queries, sequences, call);
  const result = attentionSync(queries, sequences, call);
  return { out: toDense(result.out), lse: toDense(result.lse) };
}

/** As if each sequence were a call of its own over its tokens in order. */
function wanted({ pool, held, q, append, offsets, options }: CachedCase): { out: Dense; lse: Dense } {
  const { window: kept, dtype = 'f32', valuesFromKeys, valueDim } = pool;
  const { sinks, bias, mask, alibiSlopes, keyIndices, queryScale, gate, ...plain } = options;
  const narrowed = kept === undefined ? {} : { left: Math.min(plain.window?.left ?? kept - 1, kept - 1) };
  const parts = held.map((tokens, i) => {
    const own = (x: Dense) => {
      if (offsets) return x.slice(0, offsets[i]!, offsets[i + 1]!).view([1, -1, ...x.shape.slice(1)]);
      return x.slice(0, i, i + 1);
    };
    const ofBatch = (x: Dense) => (x.shape.length === 4 && x.shape[0]! > 1 ? x.slice(0, i, i + 1) : x);
    const all = (name: keyof Tokens) =>
      stored(append ? concat([tokens[name], own(append[name])], 1) : tokens[name], dtype);
    const k = all('key');
    return attention({
      ...plain,
      ...((plain.window || kept !== undefined) && { window: { ...plain.window, ...narrowed } }),
      q: own(q),
      k,
      v: valuesFromKeys ? k.slice(3, 0, valueDim!) : all('value'),
      ...(sinks && { sinks }),
      ...(bias && { bias: ofBatch(bias) }),
      ...(mask && { mask: ofBatch(mask) }),
      ...(alibiSlopes && { alibiSlopes }),
      ...(keyIndices && { keyIndices: own(keyIndices) }),
      ...(queryScale && { queryScale: own(queryScale) }),
      ...(gate && { gate: own(gate) }),
    });
  });
  const [outs, lses] = [parts.map(({ out }) => out), parts.map(({ lse }) => lse)];
  if (!offsets) return { out: concat(outs, 0), lse: concat(lses, 0) };
  const unbatched = (x: Dense) => x.view(x.shape.slice(1));
  return { out: concat(outs.map(unbatched), 0), lse: concat(lses.map(unbatched), 1) };
}

export function checkCached(given: CachedCase, form: Form, note: (...call: unknown[]) => void = () => {}): void {
  const args = roundedCase(given, form);
  const got = onThreads(1, () => runCached(args, form, note));
  const again = onThreads(2, () => runCached(args, form, note));
  const want = wanted(args);
  const { out, lse } = tolerances.attention;
  expectClose(got.out, want.out, out[form.dtype]);
  expectClose(got.lse, want.lse, lse[form.dtype], 'lse');
  expectSameBits(again.out, got.out, 'out on two threads');
  expectSameBits(again.lse, got.lse, 'lse on two threads');
}
