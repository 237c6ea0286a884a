// Ways in which implementations of softmax attention have gone wrong; each is one test.
import { describe, expect, it } from 'vitest';
import { type AttentionCase, attention } from '../oracle/attention';
import { Dense } from '../oracle/dense';
import { expectClose } from '../support/compare';
import { Random } from '../support/random';
import { type Form, roundedCase, runAttention } from '../support/run';
import { tolerances } from '../support/tolerance';

const { out: allowedOut, lse: allowedLse } = tolerances.attention;

function inputs(T: number, S: number, seed: number): AttentionCase {
  const random = new Random(seed);
  return { q: random.normals([2, T, 4, 20]), k: random.normals([2, S, 2, 20]), v: random.normals([2, S, 2, 24]) };
}

function expectRight(given: AttentionCase, form: Form = { dtype: 'f32' }): void {
  const args = roundedCase(given, form);
  const [got, want] = [runAttention(args, form, { lse: true }), attention(args)];
  expectClose(got.out, want.out, allowedOut[form.dtype]);
  expectClose(got.lse!, want.lse, allowedLse[form.dtype], 'lse');
}

describe('no keys', () => {
  // The ranges of keys that such rows see lie past the end of k and v.
  it.each([1, 2, 3, 5, 11, 16, 17, 40])('are seen by %d rows that stand far behind all keys', (T) => {
    for (const rule of [{ window: { left: 7 } }, { chunk: 16 }, { window: { left: 3, right: 2 } }, {}]) {
      const args = { ...inputs(T, 50, T), ...rule, queryStart: [1_000_000, 49 - T] };
      expectRight(args);
      if (Object.keys(rule).length === 0) continue;
      const { out, lse } = runAttention({ ...args, queryStart: 1_000_000 }, { dtype: 'f32' }, { lse: true });
      expect([new Set(out.data), new Set(lse!.data)]).toEqual([new Set([0]), new Set([Number.NEGATIVE_INFINITY])]);
    }
  });

  it('are named where there are no queries', () => {
    for (const shape of [
      [2, 0, 5],
      [2, 0, 2, 5],
    ]) {
      expectRight({ ...inputs(0, 50, 1), keyIndices: Dense.filled(shape, 0) });
    }
  });
});
