import { linearAttention, linearAttentionSync } from 'hybrid-attention';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { Dense, concat } from '../oracle/dense';
import type { LinearAttentionCase } from '../oracle/linear-attention';
import { linearInputs, linearSizes, offsetsOf } from '../support/arbitrary';
import { expectClose, expectSameBits } from '../support/compare';
import { onThreads } from '../support/machine';
import { Random } from '../support/random';
import { linearCall, runLinear } from '../support/run';
import { toDense } from '../support/tensors';
import { type Tolerance, tolerances } from '../support/tolerance';

const runs = { numRuns: 40 };
const { out: allowed, state: allowedState } = tolerances.linearAttention;

/** Two results each within the tolerance of the truth lie within twice the tolerance of each other. */
const twice = ({ relative = 0, ofMax = 0 }: Tolerance): Tolerance => ({ relative: 2 * relative, ofMax: 2 * ofMax });

/** The tensors with a batch and a token axis, cut. */
function cut(args: LinearAttentionCase, axis: 0 | 1, from: number, to: number): LinearAttentionCase {
  const whole = new Set(['state', 'normalizer', 'skip']);
  const entries = Object.entries(args).map(([name, value]) => {
    const cuts = value instanceof Dense && !whole.has(name) && value.shape.length > 1;
    return [name, cuts ? (value as Dense).slice(axis, from, to) : value];
  });
  return Object.fromEntries(entries) as LinearAttentionCase;
}

/** A state to start from; the rules that take a normaliser get one too. */
function started(args: LinearAttentionCase, seed: number): LinearAttentionCase {
  const random = new Random(seed + 7);
  const [B, K, V] = [args.q.shape[0]!, args.q.shape[3]!, args.v.shape[3]!];
  const Hs = Math.max(args.k.shape[2]!, args.v.shape[2]!);
  const state = random.normals([B, Hs, K, V]);
  if (args.updateRule !== 'linear') return { ...args, state };
  return { ...args, featureMap: 'elu1', normalize: true, state, normalizer: random.uniforms([B, Hs, K], 0, 1) };
}

/** Runs `args` in pieces of these lengths, each from the state that the one before left. */
function inPieces(args: LinearAttentionCase, lengths: readonly number[], form: Parameters<typeof runLinear>[1]) {
  const outs: Dense[] = [];
  let [from, carried] = [0, {} as Pick<LinearAttentionCase, 'state' | 'normalizer'>];
  for (const length of lengths) {
    const run = runLinear({ ...cut(args, 1, from, from + length), ...carried }, form);
    outs.push(run.out);
    carried = { state: run.state!, ...(run.normalizer && { normalizer: run.normalizer }) };
    from += length;
  }
  return { out: concat(outs, 1), ...carried };
}

describe('the same bits', () => {
  it('alone or with neighbours in the batch', () => {
    fc.assert(
      fc.property(linearSizes, (sizes) => {
        const args = linearInputs({ ...sizes, B: 3 });
        const together = runLinear(args, sizes);
        for (let b = 0; b < 3; ++b) {
          const alone = runLinear(cut(args, 0, b, b + 1), sizes);
          expectSameBits(together.out.slice(0, b, b + 1), alone.out);
          expectSameBits(together.state!.slice(0, b, b + 1), alone.state!, 'state');
        }
      }),
      runs,
    );
  });

  it('on any number of threads', () => {
    fc.assert(
      fc.property(linearSizes, fc.integer({ min: 2, max: 5 }), (sizes, threads) => {
        const args = started(linearInputs(sizes), sizes.seed);
        const one = onThreads(1, () => runLinear(args, sizes));
        const many = onThreads(threads, () => runLinear(args, sizes));
        expectSameBits(many.out, one.out);
        expectSameBits(many.state!, one.state!, 'state');
      }),
      runs,
    );
  });

  it('packed or one sequence at a time', () => {
    fc.assert(
      fc.property(linearSizes, fc.array(fc.nat(70), { minLength: 1, maxLength: 4 }), (sizes, lengths) => {
        const ends = offsetsOf(lengths);
        const whole = linearInputs({ ...sizes, B: 1, T: ends.at(-1)! });
        const packed = Object.entries(whole).map(([name, value]) => {
          return [name, value instanceof Dense ? value.view(value.shape.slice(1)) : value];
        });
        const { out, state } = runLinear(
          { ...Object.fromEntries(packed), cuSeqlens: ends } as LinearAttentionCase,
          sizes,
        );
        lengths.forEach((_, i) => {
          const alone = runLinear(cut(whole, 1, ends[i]!, ends[i + 1]!), sizes);
          expectSameBits(
            out.slice(0, ends[i]!, ends[i + 1]!),
            alone.out.view(alone.out.shape.slice(1)),
            `sequence ${i}`,
          );
          expectSameBits(state!.slice(0, i, i + 1), alone.state!, `state of sequence ${i}`);
        });
      }),
      runs,
    );
  });

  it('from the asynchronous twin', async () => {
    await fc.assert(
      fc.asyncProperty(linearSizes, async (sizes) => {
        const args = started(linearInputs(sizes), sizes.seed);
        const { q, k, v, options } = linearCall(args, sizes, { returnState: true });
        const [later, now] = [await linearAttention(q, k, v, options), linearAttentionSync(q, k, v, options)];
        expectSameBits(toDense(later.out), toDense(now.out));
        expectSameBits(toDense(later.state!), toDense(now.state!), 'state');
      }),
      runs,
    );
  });
});

describe('the same within the tolerance', () => {
  it('in one call, in two, or token by token', () => {
    fc.assert(
      fc.property(linearSizes, fc.nat(), (sizes, at) => {
        const T = Math.min(sizes.T, 80);
        const args = started(linearInputs({ ...sizes, T }), sizes.seed);
        const whole = runLinear(args, sizes);
        const first = at % (T + 1);
        for (const lengths of [[first, T - first], Array.from({ length: T }, () => 1)]) {
          const pieces = inPieces(args, lengths, sizes);
          expectClose(pieces.out, whole.out, twice(allowed[sizes.dtype]));
          expectClose(pieces.state!, whole.state!, twice(allowedState[sizes.dtype]), 'state');
        }
      }),
      runs,
    );
  });

  it('with the scale in the call or in the queries', () => {
    fc.assert(
      fc.property(linearSizes, fc.integer({ min: -3, max: 3 }), (sizes, power) => {
        const args = linearInputs(sizes);
        const folded = runLinear({ ...args, q: args.q.map((x) => x * 2 ** power), scale: 0.5 }, sizes);
        expectClose(
          runLinear({ ...args, scale: 0.5 * 2 ** power }, sizes).out,
          folded.out,
          twice(allowed[sizes.dtype]),
        );
      }),
      runs,
    );
  });

  it('with fewer key or value heads, or these repeated', () => {
    fc.assert(
      fc.property(linearSizes, (sizes) => {
        const args = linearInputs(sizes);
        const heads = Math.max(...sizes.heads);
        const Hs = Math.max(sizes.heads[1], sizes.heads[2]);
        const repeat = (x: Dense | undefined, from: number) =>
          x &&
          Dense.build([...x.shape.slice(0, 2), heads, ...x.shape.slice(3)], ([b, t, h, ...rest]) => {
            return x.at(b!, t!, Math.floor((h! * from) / heads), ...rest);
          });
        const entries = Object.entries(args).map(([name, value]) => {
          const from = { q: sizes.heads[0], k: sizes.heads[1], v: sizes.heads[2] }[name] ?? Hs;
          return [name, value instanceof Dense ? repeat(value, from) : value];
        });
        const repeated = runLinear(Object.fromEntries(entries) as LinearAttentionCase, sizes);
        expectClose(runLinear(args, sizes).out, repeated.out, twice(allowed[sizes.dtype]));
      }),
      runs,
    );
  });

  it('where one update rule contains another', () => {
    fc.assert(
      fc.property(linearSizes, (sizes) => {
        const { q, k, v } = linearInputs({ ...sizes, rule: 'linear' });
        const [B, T] = [q.shape[0]!, q.shape[1]!];
        const Hs = Math.max(k.shape[2]!, v.shape[2]!);
        const none = Dense.filled([B, T, Hs, q.shape[3]!], 0);
        const beta = new Random(sizes.seed).uniforms([B, T, Hs], 0, 1);
        const run = (rule: Partial<LinearAttentionCase>) => runLinear({ q, k, v, ...rule }, sizes).out;
        const same = (x: Partial<LinearAttentionCase>, y: Partial<LinearAttentionCase>, name: string) =>
          expectClose(run(x), run(y), twice(allowed[sizes.dtype]), name);
        same({ updateRule: 'gated', decay: none }, { updateRule: 'linear' }, 'gated, linear');
        same({ updateRule: 'gated_delta', decay: none, beta }, { updateRule: 'delta', beta }, 'gated_delta, delta');
        same(
          { updateRule: 'generalized_delta', decay: none, a: none, b: none },
          { updateRule: 'linear' },
          'generalized, linear',
        );
        const decay = new Random(sizes.seed + 1).uniforms([Hs], -0.3, 0);
        const spread = (rank: number) => Dense.build(none.shape.slice(0, rank), (index) => decay.at(index[2]!));
        same({ updateRule: 'gated', decay }, { updateRule: 'gated', decay: spread(3) }, 'decay per head');
        same({ updateRule: 'gated', decay }, { updateRule: 'gated', decay: spread(4) }, 'decay per channel');
      }),
      runs,
    );
  });
});

describe('the state', () => {
  it('that a call starts from is not changed by it', () => {
    fc.assert(
      fc.property(linearSizes, (sizes) => {
        const args = started(linearInputs(sizes), sizes.seed);
        const { q, k, v, options } = linearCall(args, sizes, { returnState: true });
        const before = toDense(options.state as Parameters<typeof toDense>[0]);
        linearAttentionSync(q, k, v, options);
        expectSameBits(toDense(options.state as Parameters<typeof toDense>[0]), before, 'state');
      }),
      runs,
    );
  });
});
