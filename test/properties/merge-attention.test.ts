// A context split over processes: attention over each part of the keys, merged, is attention over all of them.
import { attentionSync, mergeAttentionSync } from 'hybrid-attention';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttentionCase } from '../oracle/attention';
import { Dense } from '../oracle/dense';
import { mergeAttention } from '../oracle/merge-attention';
import { attentionInputs, attentionSizes } from '../support/arbitrary';
import { expectClose, expectSameBits } from '../support/compare';
import { Random } from '../support/random';
import { attentionCall, roundedCase, runAttention } from '../support/run';
import { toDense, toTensor } from '../support/tensors';
import { type Tolerance, tolerances } from '../support/tolerance';

const { out: allowed, lse: allowedLse } = tolerances.attention;
const twice = ({ relative = 0, ofMax = 0, absolute = 0 }: Tolerance): Tolerance => ({
  relative: 2 * relative,
  ofMax: 2 * ofMax,
  absolute: 2 * absolute,
});

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
        // The parts were rounded before they met, and may be larger than their mean.
        const largest = outs.reduce((size, part) => part.data.reduce((a, b) => Math.max(a, Math.abs(b)), size), 0);
        const rounding = { relative: 0, ...allowed[sizes.dtype] }.relative * largest;
        expectClose(
          out,
          whole.out,
          { ...twice(allowed[sizes.dtype]), absolute: 2 * rounding },
          'merged against the whole',
        );
        expectClose(lse, whole.lse!, twice(allowedLse.f32), 'lse against the whole');
        expectSameBits(toDense(mergeAttentionSync(partial, options).out), out, 'again');
      }),
      { numRuns: 40 },
    );
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
