// Ways in which implementations of softmax attention have gone wrong; each is one test.
import { describe, expect, it } from 'vitest';
import { type AttentionCase, type ScoreStage, attention } from '../oracle/attention';
import { Dense } from '../oracle/dense';
import { expectClose } from '../support/compare';
import { whyUnavailable } from '../support/machine';
import { Random } from '../support/random';
import { type Form, roundedCase, runAttention } from '../support/run';
import { largestScore, tolerances, withScores } from '../support/tolerance';

const { out: allowedOut, lse: allowedLse, scores: allowedScores } = tolerances.attention;

function inputs(T: number, S: number, seed: number): AttentionCase {
  const random = new Random(seed);
  return { q: random.normals([2, T, 4, 20]), k: random.normals([2, S, 2, 20]), v: random.normals([2, S, 2, 24]) };
}

function expectRight(given: AttentionCase, form: Form = { dtype: 'f32' }, scores?: ScoreStage): void {
  const args = roundedCase(given, form);
  const [got, want] = [runAttention(args, form, { lse: true, ...(scores && { scores }) }), attention(args)];
  expectClose(got.out, want.out, allowedOut[form.dtype]);
  expectClose(got.lse!, want.lse, allowedLse[form.dtype], 'lse');
  if (scores) expectClose(got.scores!, want.scores![scores], allowedScores[form.dtype], scores);
}

describe.skipIf(whyUnavailable())('no keys', () => {
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

// Masks made of numbers have the lowest of their type where a key is hidden: a padded query has it everywhere.
describe.skipIf(whyUnavailable())('rows with the lowest bias everywhere', () => {
  const lowest = { f32: -3.4028234663852886e38, bf16: -3.3895313892515355e38 };
  // Several parts of the keys among them.
  const shapes = [
    [1, 50],
    [2, 50],
    [6, 50],
    [16, 50],
    [17, 50],
    [41, 50],
    [1, 700],
    [6, 700],
    [17, 700],
  ];

  function biased(T: number, S: number, value: number): AttentionCase {
    const random = new Random(T + S);
    const bias = Dense.build([2, 4, T, S], ([b, h, t, s]) => {
      if (random.uniform() < 0.1) return Number.NEGATIVE_INFINITY;
      if (t === 0 || (b === 1 && h === 2) || s! < S / 2) return value;
      return random.uniform() < 0.5 ? value : random.normal();
    });
    return { ...inputs(T, S, T), bias };
  }

  describe.each(['f32', 'f16', 'bf16'] as const)('in %s', (dtype) => {
    it.each(shapes)('weigh alike the keys that they see, %d queries over %d keys', (T, S) => {
      for (const optionDtype of dtype === 'bf16' ? (['f32', 'bf16'] as const) : (['f32'] as const)) {
        const args = biased(T, S, lowest[optionDtype]);
        const mask = Dense.build([S], ([s]) => (s! % 5 === 0 ? 0 : 1));
        expectRight(args, { dtype, optionDtype });
        expectRight({ ...args, mask, causal: true, softcap: 2 }, { dtype, optionDtype });
        expectRight({ ...args, gate: new Random(T).normals([2, T, 4, 24]), scale: 2 }, { dtype, optionDtype });
      }
    });

    it('show the same in their scores, and nothing beside a sink', () => {
      for (const scores of ['biased', 'weights'] as const) {
        const args = biased(6, 50, lowest.bf16);
        expectRight(args, { dtype, optionDtype: 'f32' }, scores);
        expectRight({ ...args, sinks: new Random(3).normals([4]) }, { dtype, optionDtype: 'f32' }, scores);
      }
    });
  });

  it('take the largest where even the lowest differ', () => {
    for (const T of [3, 20]) {
      const bias = Dense.build([T, 50], ([t, s]) => Math.fround(s! % 7 === t! % 7 ? -2.9e38 : -3.1e38));
      expectRight({ ...inputs(T, 50, 5), bias }, { dtype: 'f32' });
    }
  });
});

// e^score takes a score's rounding up in full: the further from 0, the coarser the weights.
describe.skipIf(whyUnavailable())('scores far from 0', () => {
  const cases: Readonly<Record<string, (random: Random, heads: number) => Partial<AttentionCase>>> = {
    products: () => ({ scale: 8 }),
    slopes: (_, heads) => ({ alibiSlopes: Dense.filled([heads], 0.5), queryStart: 0 }),
    biases: (random) => ({ bias: random.normals([1, 1, 1, 1500]).map((x) => 100 * x) }),
  };
  const sizes = Object.keys(cases).flatMap((from) => [1, 5, 40].map((T) => [from, T] as const));

  describe.each(['f32', 'f16', 'bf16'] as const)('in %s', (dtype) => {
    it.each(sizes)('by their %s, with %d queries', (from, T) => {
      const random = new Random(T);
      const [q, k, v] = [
        random.normals([1, T, 2, 64]),
        random.normals([1, 1500, 1, 64]),
        random.normals([1, 1500, 1, 64]),
      ];
      const form = { dtype, optionDtype: 'f32' } as const;
      const args = roundedCase({ q, k, v, ...cases[from]!(random, 2) }, form);
      const want = attention(args);
      const { raw, biased, weights } = want.scores!;
      const largest = [raw, biased].reduce((size, x) => x.data.reduce((a, b) => Math.max(a, Math.abs(b)), size), 0);
      expect(largest).toBeGreaterThan(10 * largestScore);
      const got = runAttention(args, form, { lse: true });
      expectClose(got.out, want.out, withScores(allowedOut[dtype], largest));
      expectClose(got.lse!, want.lse, allowedLse[dtype], 'lse');
      const shown = runAttention(args, form, { scores: 'weights' });
      expectClose(shown.scores!, weights, withScores(allowedScores[dtype], largest), 'weights');
    });
  });
});

describe.skipIf(whyUnavailable())('a soft cap', () => {
  it.each([1e-37, 1e-30, 1e30, 9e37])('of %d is what the equation says', (softcap) => {
    for (const T of [1, 6, 41]) {
      expectRight({ ...inputs(T, 50, 7), softcap });
      expectRight({ ...inputs(T, 50, 8), softcap, alibiSlopes: new Random(9).uniforms([4], 0.01, 0.5) });
    }
  });
});
