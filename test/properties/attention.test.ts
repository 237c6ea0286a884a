import { Tensor, attention, attentionSync } from 'hybrid-attention';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttentionCase, positionVisible } from '../oracle/attention';
import { Dense, concat } from '../oracle/dense';
import { attentionInputs, attentionSizes, offsetsOf, visibility } from '../support/arbitrary';
import { expectClose, expectSameBits } from '../support/compare';
import { onThreads } from '../support/machine';
import { Random } from '../support/random';
import { attentionCall, roundedCase, runAttention } from '../support/run';
import { toDense } from '../support/tensors';
import { type Tolerance, times, tolerances } from '../support/tolerance';

const runs = { numRuns: 40 };
const { out: allowed, lse: allowedLse } = tolerances.attention;

/** Two results each within the tolerance of the truth lie within twice the tolerance of each other. */
const twice = (tolerance: Tolerance): Tolerance => times(tolerance, 2);

const batchOf = (args: AttentionCase, b: number): AttentionCase => ({
  ...args,
  q: args.q.slice(0, b, b + 1),
  k: args.k.slice(0, b, b + 1),
  v: args.v.slice(0, b, b + 1),
});

describe('the same bits', () => {
  it('alone or with neighbours in the batch', () => {
    fc.assert(
      fc.property(attentionSizes, visibility, (sizes, options) => {
        const args = { ...attentionInputs({ ...sizes, B: 3 }), ...options };
        const together = runAttention(args, sizes, { lse: true });
        for (let b = 0; b < 3; ++b) {
          const alone = runAttention(batchOf(args, b), sizes, { lse: true });
          expectSameBits(together.out.slice(0, b, b + 1), alone.out);
          expectSameBits(together.lse!.slice(0, b, b + 1), alone.lse!, 'lse');
        }
      }),
      runs,
    );
  });

  it('on any number of threads', () => {
    fc.assert(
      fc.property(attentionSizes, visibility, fc.integer({ min: 2, max: 5 }), (sizes, options, threads) => {
        const args = { ...attentionInputs(sizes), ...options };
        const one = onThreads(1, () => runAttention(args, sizes));
        expectSameBits(onThreads(threads, () => runAttention(args, sizes)).out, one.out);
      }),
      runs,
    );
  });

  it('packed or one sequence at a time', () => {
    const lengths = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 60 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(attentionSizes, lengths, fc.boolean(), (sizes, sequences, causal) => {
        const parts = sequences.map(([T, S], i) => attentionInputs({ ...sizes, B: 1, T, S, seed: sizes.seed + i }));
        const sums = (which: 0 | 1) => offsetsOf(sequences.map((pair) => pair[which]));
        const packed = (name: 'q' | 'k' | 'v') => {
          const all = concat(
            parts.map((part) => part[name]),
            1,
          );
          return all.view(all.shape.slice(1));
        };
        const cuSeqlens = { q: sums(0), k: sums(1) };
        const { out } = runAttention({ q: packed('q'), k: packed('k'), v: packed('v'), cuSeqlens, causal }, sizes);
        parts.forEach((part, i) => {
          const alone = runAttention({ ...part, causal }, sizes).out;
          const [from, to] = [cuSeqlens.q[i]!, cuSeqlens.q[i + 1]!];
          expectSameBits(out.slice(0, from, to), alone.view(alone.shape.slice(1)), `sequence ${i}`);
        });
      }),
      runs,
    );
  });

  it('from the asynchronous twin', async () => {
    await fc.assert(
      fc.asyncProperty(attentionSizes, visibility, async (sizes, options) => {
        const {
          q,
          k,
          v,
          options: given,
        } = attentionCall({ ...attentionInputs(sizes), ...options }, sizes, { returnLse: true });
        const [later, now] = [await attention(q, k, v, given), attentionSync(q, k, v, given)];
        expectSameBits(toDense(later.out), toDense(now.out));
        expectSameBits(toDense(later.lse!), toDense(now.lse!), 'lse');
      }),
      runs,
    );
  });
});

describe('the same within the tolerance', () => {
  it('whatever the order of the keys', () => {
    fc.assert(
      fc.property(attentionSizes, (sizes) => {
        const args = attentionInputs(sizes);
        const random = new Random(sizes.seed + 1);
        const order = Array.from({ length: sizes.S }, (_, j) => [random.uniform(), j] as const).sort(
          (a, b) => a[0] - b[0],
        );
        const shuffled = (x: Dense) => Dense.build(x.shape, ([b, j, h, d]) => x.at(b!, order[j!]![1], h!, d!));
        const moved = runAttention({ ...args, k: shuffled(args.k), v: shuffled(args.v) }, sizes);
        expectClose(moved.out, runAttention(args, sizes).out, twice(allowed[sizes.dtype]));
      }),
      runs,
    );
  });

  it('as a whole prefill, or a prefill and then the rest against the cached keys', () => {
    fc.assert(
      fc.property(attentionSizes, visibility, fc.nat(), (sizes, options, cut) => {
        const { window, chunk, block } = options;
        const args = { ...attentionInputs({ ...sizes, S: sizes.T }), causal: !block, ...(block && { block }) };
        Object.assign(args, window && { window }, chunk && { chunk });
        // A block sees its later tokens, so a cut inside it would hide them.
        const first = block ? Math.floor((cut % (sizes.T + 1)) / block) * block : cut % (sizes.T + 1);
        const part = (from: number, to: number) => {
          const [k, v] = [args.k.slice(1, 0, to), args.v.slice(1, 0, to)];
          return runAttention({ ...args, q: args.q.slice(1, from, to), k, v }, sizes).out;
        };
        const inTwo = concat([part(0, first), part(first, sizes.T)], 1);
        expectClose(inTwo, runAttention(args, sizes).out, twice(allowed[sizes.dtype]));
      }),
      runs,
    );
  });

  it('with grouped heads, or the key heads repeated', () => {
    fc.assert(
      fc.property(attentionSizes, visibility, (sizes, options) => {
        const args = { ...attentionInputs(sizes), ...options };
        const repeated = (x: Dense) => {
          const [B, S, , D] = x.shape as [number, number, number, number];
          return Dense.build([B, S, sizes.Hkv * sizes.group, D], ([b, j, h, d]) => {
            return x.at(b!, j!, Math.floor(h! / sizes.group), d!);
          });
        };
        const plain = runAttention({ ...args, k: repeated(args.k), v: repeated(args.v) }, sizes);
        expectClose(runAttention(args, sizes).out, plain.out, twice(allowed[sizes.dtype]));
      }),
      runs,
    );
  });

  it('with the scale in the call or in the queries', () => {
    fc.assert(
      fc.property(attentionSizes, fc.integer({ min: -3, max: 3 }), (sizes, power) => {
        const args = attentionInputs(sizes);
        const folded = { ...args, q: args.q.map((x) => x * 2 ** power), scale: 0.25 };
        const got = runAttention({ ...args, scale: 0.25 * 2 ** power }, sizes);
        expectClose(got.out, runAttention(folded, sizes).out, twice(allowed[sizes.dtype]));
      }),
      runs,
    );
  });
});

describe('what is hidden', () => {
  it('does not show, even as NaN or infinity', () => {
    fc.assert(
      fc.property(
        attentionSizes,
        visibility,
        fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
        (sizes, options, poison) => {
          const kvLengths = Math.ceil(sizes.S / 2);
          const args: AttentionCase = { ...attentionInputs(sizes), kvLengths, ...options };
          const start = typeof args.queryStart === 'number' ? args.queryStart : kvLengths - sizes.T;
          const queries = Array.from({ length: sizes.T }, (_, t) => start + t);
          const seen = Array.from({ length: sizes.S }, (_, j) =>
            queries.some((p) => positionVisible(args, 0, p, j, sizes.S)),
          );
          const hiding = (x: Dense, filler: number) =>
            Dense.build(x.shape, ([b, j, h, d]) => (seen[j!] ? x.at(b!, j!, h!, d!) : filler));
          const poisoned = { ...args, k: hiding(args.k, poison), v: hiding(args.v, poison) };
          const clean = { ...args, k: hiding(args.k, 0), v: hiding(args.v, 0) };
          const got = runAttention(poisoned, sizes, { lse: true });
          const want = runAttention(clean, sizes, { lse: true });
          expectSameBits(got.out, want.out);
          expectSameBits(got.lse!, want.lse!, 'lse');
        },
      ),
      runs,
    );
  });

  it('does not show in prompts padded on the right, which give what they give alone', () => {
    const lengths = fc.array(fc.nat(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(attentionSizes, lengths, visibility, (sizes, drawn, options) => {
        const args = { ...attentionInputs({ ...sizes, B: drawn.length, S: sizes.T }), ...options };
        const kvLengths = drawn.map((length) => length % (sizes.T + 1));
        const padded = runAttention({ ...args, queryStart: 0, kvLengths }, sizes);
        kvLengths.forEach((length, b) => {
          const own = (x: Dense) => x.slice(0, b, b + 1).slice(1, 0, length);
          const prompt = { ...args, q: own(args.q), k: own(args.k), v: own(args.v), queryStart: 0 };
          const alone = runAttention(prompt, sizes).out;
          expectClose(own(padded.out), alone, twice(allowed[sizes.dtype]));
        });
      }),
      runs,
    );
  });

  it('with fewer keys than queries leaves the first queries without any', () => {
    const shaped = (values: number[]) => Tensor.from(Float32Array.from(values), [1, 4, 1, 1]);
    const [none, v] = [shaped([0, 0, 0, 0]), shaped([1, 2, 3, 4])];
    const byDefault = attentionSync(none, none, v, { causal: true, kvLengths: 2 });
    expect([...byDefault.out.data]).toEqual([0, 0, 1, 1.5]);
    const padded = attentionSync(none, none, v, { causal: true, kvLengths: 2, queryStart: 0 });
    expect([...padded.out.data]).toEqual([1, 1.5, 1.5, 1.5]);
  });

  it('does not show behind a mask or a bias of −∞', () => {
    fc.assert(
      fc.property(attentionSizes, fc.boolean(), (sizes, asBias) => {
        const random = new Random(sizes.seed + 2);
        const hidden = Array.from({ length: sizes.S }, () => random.uniform() < 0.5);
        const poisoned = (x: Dense) =>
          Dense.build(x.shape, ([b, j, h, d]) => (hidden[j!] ? Number.NaN : x.at(b!, j!, h!, d!)));
        const args = attentionInputs(sizes);
        const mask = Dense.build([sizes.S], ([j]) => (hidden[j!] ? 0 : 1));
        const bias = mask.map((x) => (x ? 0 : Number.NEGATIVE_INFINITY));
        const rule = asBias ? { bias } : { mask };
        const got = runAttention({ ...args, k: poisoned(args.k), v: poisoned(args.v), ...rule }, sizes);
        expectClose(got.out, runAttention({ ...args, ...rule }, sizes).out, twice(allowed[sizes.dtype]));
      }),
      runs,
    );
  });
});

describe('the weights', () => {
  it('sum to one, and to less with a sink; their logarithm is biased − lse', () => {
    fc.assert(
      fc.property(attentionSizes, visibility, fc.boolean(), (sizes, options, withSink) => {
        const args: AttentionCase = { ...attentionInputs(sizes), ...options };
        if (withSink) args.sinks = new Random(sizes.seed).normals([args.q.shape[2]!]);
        const rounded = roundedCase(args, sizes);
        const { scores: weights, lse } = runAttention(rounded, sizes, { scores: 'weights', lse: true });
        const rows = weights!.view([-1, sizes.S]);
        lse!.data.forEach((value, row) => {
          const sum = rows.data.subarray(row * sizes.S, (row + 1) * sizes.S).reduce((a, b) => a + b, 0);
          const sink = rounded.sinks?.at(Math.floor(row / sizes.T) % args.q.shape[2]!) ?? Number.NEGATIVE_INFINITY;
          const want = value === Number.NEGATIVE_INFINITY ? 0 : 1 / (1 + Math.exp(sink - value));
          expect(Math.abs(sum - want)).toBeLessThan(4 * (allowedLse.f32.relative ?? 0));
        });
      }),
      runs,
    );
  });
});
