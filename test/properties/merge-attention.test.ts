// A context split over processes: attention over each part of the keys, merged, is attention over all of them.
import { attentionSync, mergeAttentionSync } from 'hybrid-attention';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttentionCase } from '../oracle/attention';
import { Dense, concat } from '../oracle/dense';
import { mergeAttention } from '../oracle/merge-attention';
import { attentionInputs, attentionSizes, offsetsOf } from '../support/arbitrary';
import { expectClose, expectSameBits } from '../support/compare';
import { Random } from '../support/random';
import { attentionCall, roundedCase, runAttention } from '../support/run';
import { toDense, toTensor } from '../support/tensors';
import { type FloatType, type Tolerance, times, tolerances } from '../support/tolerance';

const { out: allowed, lse: allowedLse } = tolerances.attention;
const twice = (tolerance: Tolerance): Tolerance => times(tolerance, 2);

/** How far merged parts may be from the whole: they were rounded before they met, and may be larger than their mean. */
function apart(outs: readonly Dense[], dtype: FloatType): Tolerance {
  const largest = outs.reduce((size, part) => part.data.reduce((a, b) => Math.max(a, Math.abs(b)), size), 0);
  const { relative = 0 } = allowed[dtype];
  return { ...twice(allowed[dtype]), absolute: 2 * relative * largest };
}

describe('merging', () => {
  it('parts of the keys gives attention over all, empty parts and sinks included', () => {
    fc.assert(
      fc.property(attentionSizes, fc.array(fc.nat(), { maxLength: 3 }), fc.boolean(), (sizes, marks, withSinks) => {
        const args: AttentionCase = roundedCase(attentionInputs(sizes), sizes);
        const sinks = new Random(sizes.seed).normals([args.q.shape[2]!]).map(Math.fround);
        const cuts = [0, ...marks.map((mark) => mark % (sizes.S + 1)).sort((a, b) => a - b), sizes.S];
        const parts = cuts.slice(1).map((end, i) => {
          const [k, v] = [args.k, args.v].map((x) => x.slice(1, cuts[i]!, end)) as [Dense, Dense];
          const call = attentionCall({ q: args.q, k, v }, sizes, { returnLse: true });
          return attentionSync(call.q, call.k, call.v, call.options);
        });
        const partial = parts.map(({ out, lse }) => ({ out, lse: lse! }));
        const options = withSinks ? { sinks: toTensor(sinks, 'f32') } : {};
        const merged = mergeAttentionSync(partial, options);
        const [out, lse] = [toDense(merged.out), toDense(merged.lse)];
        const outs = partial.map((part) => toDense(part.out));

        const fromParts = mergeAttention(
          outs,
          partial.map(({ lse }) => toDense(lse)),
          withSinks ? sinks : undefined,
        );
        expectClose(out, fromParts.out, allowed[sizes.dtype], 'merged against the oracle');
        expectClose(lse, fromParts.lse, allowedLse.f32, 'lse against the oracle');
        const whole = runAttention(
          { ...args, ...(withSinks && { sinks }) },
          { ...sizes, optionDtype: 'f32' },
          { lse: true },
        );
        expectClose(out, whole.out, apart(outs, sizes.dtype), 'merged against the whole');
        expectClose(lse, whole.lse!, twice(allowedLse.f32), 'lse against the whole');
        expectSameBits(toDense(mergeAttentionSync(partial, options).out), out, 'again');
      }),
      { numRuns: 40 },
    );
  });

  it('parts with their own positions gives attention by positions over all', () => {
    const cut = fc.integer({ min: 0, max: 12 });
    const options = fc.record({
      causal: fc.boolean(),
      window: fc.option(fc.record({ left: fc.nat(60) }), { nil: undefined }),
      blocks: fc.option(fc.constantFrom('chunk', 'block'), { nil: undefined }),
      slopes: fc.boolean(),
    });
    fc.assert(
      fc.property(attentionSizes, cut, options, (sizes, pieces, { causal, window, blocks, slopes }) => {
        const size = 16;
        const args = roundedCase(attentionInputs(sizes), sizes);
        const heads = args.q.shape[2]!;
        const alibiSlopes = new Random(sizes.seed).uniforms([heads], 0, 0.1).map(Math.fround);
        const rules = {
          ...(causal && blocks !== 'block' && { causal }),
          ...(window && { window }),
          ...(blocks && { [blocks]: size }),
          ...(slopes && { alibiSlopes }),
        };
        const first = Math.min(pieces * size, sizes.S); // chunks and blocks allow no other cuts
        const parts = [
          [0, first],
          [first, sizes.S],
        ].map(([from, end]) => {
          const [k, v] = [args.k, args.v].map((x) => x.slice(1, from!, end!)) as [Dense, Dense];
          const queryStart = sizes.S - sizes.T - from!;
          const call = attentionCall({ q: args.q, k, v, ...rules, queryStart }, sizes, { returnLse: true });
          const { out, lse } = attentionSync(call.q, call.k, call.v, call.options);
          return { out, lse: lse! };
        });
        const merged = mergeAttentionSync(parts);
        const whole = runAttention({ ...args, ...rules }, sizes, { lse: true });
        expectClose(
          toDense(merged.out),
          whole.out,
          apart(
            parts.map(({ out }) => toDense(out)),
            sizes.dtype,
          ),
        );
        expectClose(toDense(merged.lse), whole.lse!, twice(allowedLse.f32), 'lse');
      }),
      { numRuns: 60 },
    );
  });

  it('parts of a packed batch gives the packed batch', () => {
    const random = new Random(5);
    const [lengths, halves] = [
      [0, 9, 10, 31],
      [0, 4, 5, 20],
    ] as const;
    const [q, k, v] = [random.normals([17, 4, 24]), random.normals([31, 2, 24]), random.normals([31, 2, 40])];
    const queries = [0, 6, 6, 17];
    const ranges = lengths.slice(1).map((end, i) => [lengths[i]!, lengths[i]! + halves[i + 1]! - halves[i]!, end]);
    const part = (which: 0 | 1) => {
      const keys = ranges.map((range) => [range[which]!, range[which + 1]!] as const);
      const cut = (x: Dense) =>
        concat(
          keys.map(([from, end]) => x.slice(0, from, end)),
          0,
        );
      const cuSeqlens = { q: queries, k: offsetsOf(keys.map(([from, end]) => end - from)) };
      const call = attentionCall({ q, k: cut(k), v: cut(v), cuSeqlens }, { dtype: 'f32' }, { returnLse: true });
      const { out, lse } = attentionSync(call.q, call.k, call.v, call.options);
      return { out, lse: lse! };
    };
    const merged = mergeAttentionSync([part(0), part(1)]);
    const whole = runAttention({ q, k, v, cuSeqlens: { q: queries, k: lengths } }, { dtype: 'f32' }, { lse: true });
    expectClose(toDense(merged.out), whole.out, twice(allowed.f32));
    expectClose(toDense(merged.lse), whole.lse!, twice(allowedLse.f32), 'lse');
  });

  it('rows that are empty everywhere gives zeros and −∞', () => {
    const nothing = toTensor(Dense.filled([1, 2, 3, 4], 0), 'f32');
    const empty = toTensor(Dense.filled([1, 3, 2], Number.NEGATIVE_INFINITY), 'f32');
    const { out, lse } = mergeAttentionSync([
      { out: nothing, lse: empty },
      { out: nothing, lse: empty },
    ]);
    expect(new Set(toDense(out).data)).toEqual(new Set([0]));
    expect(new Set(toDense(lse).data)).toEqual(new Set([Number.NEGATIVE_INFINITY]));
  });
});
