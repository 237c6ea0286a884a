// Ways in which implementations of linear attention have gone wrong; each is one test.
import {
  type LinearAttentionOptions,
  RecurrentState,
  StatePool,
  type Tensor,
  linearAttentionSync,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { Dense } from '../oracle/dense';
import { type LinearAttentionCase, linearAttention } from '../oracle/linear-attention';
import { compare, expectClose } from '../support/compare';
import { whyUnavailable } from '../support/machine';
import { Random } from '../support/random';
import { type Form, linearCall, roundedCase, runLinear } from '../support/run';
import { bf16FromNumber, numberFromBf16 } from '../support/numbers';
import { toDense } from '../support/tensors';
import { afterManyTokens, manyTokens, tolerances } from '../support/tolerance';

const { out: allowedOut, state: allowedState } = tolerances.linearAttention;

function expectRight(given: LinearAttentionCase, form: Form): void {
  const args = roundedCase(given, form);
  const [got, want] = [runLinear(args, form), linearAttention(args)];
  expectClose(got.out, want.out, allowedOut[form.dtype]);
  expectClose(got.state!, want.state, allowedState[form.dtype], 'state');
}

/** Keys of length 1, as every published delta rule has them. */
function unitKeys(random: Random, shape: readonly number[]): Dense {
  const keys = random.normals(shape).view([-1, shape[shape.length - 1]!]);
  const [rows, dim] = keys.shape as [number, number];
  const lengths = Array.from({ length: rows }, (_, i) => Math.hypot(...keys.data.subarray(i * dim, (i + 1) * dim)));
  return new Dense(
    shape,
    keys.data.map((x, i) => x / lengths[Math.floor(i / dim)]!),
  );
}

function deltaCase(T: number, K: number, V: number, seed: number, heads = 2): LinearAttentionCase {
  const random = new Random(seed);
  return {
    updateRule: 'gated_delta',
    q: random.normals([1, T, heads, K]),
    k: unitKeys(random, [1, T, heads, K]),
    v: random.normals([1, T, heads, V]),
    decay: random.uniforms([1, T, heads], -0.05, 0),
    beta: random.uniforms([1, T, heads], 0, 1),
  };
}

describe.skipIf(whyUnavailable())('precision', () => {
  // The state is float32 whatever the inputs are; gates given as float32 are used as such.
  it('gates do not pass through the inputs’ 16 bits', () => {
    const given = deltaCase(300, 32, 32, 1);
    const form: Form = { dtype: 'bf16', optionDtype: 'f32' };
    expectRight(given, form);
    const args = roundedCase(given, form);
    const coarse = args.beta!.map((x) => numberFromBf16(bf16FromNumber(x)));
    const { state } = linearAttention({ ...args, beta: coarse });
    expect(compare(runLinear(args, form).state!, state, allowedState.bf16).failures).toBeGreaterThan(0);
  });

  it('200 000 tokens do not drift', () => {
    const given = deltaCase(manyTokens, 5, 3, 2, 1);
    expectRight({ ...given, decay: given.decay!.map((x) => x / 1000) }, { dtype: 'bf16', optionDtype: 'f32' });
  });

  // e^g next to 1, rounded to f32, decays at another rate: by now the state would be wrong in the fourth digit.
  it.each([1e-6, 4.95e-5])('a decay of %f per token keeps its rate, in one call and in short ones', (slope) => {
    const form: Form = { dtype: 'f32' };
    const { q, k, v } = deltaCase(manyTokens, 5, 3, 10, 1);
    const args = roundedCase<LinearAttentionCase>(
      { updateRule: 'gated', q, k, v, decay: new Dense([1], [-slope]) },
      form,
    );
    const want = linearAttention(args);
    const got = runLinear(args, form);
    expectClose(got.out, want.out, afterManyTokens);
    expectClose(got.state!, want.state, afterManyTokens, 'state');

    // Short calls go token by token.
    const call = linearCall(args, form);
    const pool = new StatePool({ heads: 1, keyDim: 5, valueDim: 3, updateRule: 'gated' });
    const session = new RecurrentState(pool);
    for (let t = 0; t < manyTokens; t += 8) {
      const [qt, kt, vt] = [call.q, call.k, call.v].map((x) => x.slice(1, t, t + 8)) as [Tensor, Tensor, Tensor];
      linearAttentionSync(qt, kt, vt, { ...call.options, states: [session] } as LinearAttentionOptions);
    }
    expect(session.length).toBe(manyTokens);
    expectClose(toDense(session.toTensor()).view([1, 1, 5, 3]), want.state, afterManyTokens, 'state in short calls');
  });

  it('a state beyond the range of f16 can be read', () => {
    const [q, k, v] = [
      [0.5, -0.5],
      [0, 0],
      [0, 0],
    ].map((row) => new Dense([1, 1, 1, 2], row)) as [Dense, Dense, Dense];
    const state = new Dense([1, 1, 2, 2], [3e5, -7e5, 3e5 - 1024, -7e5 + 512]);
    const { out } = runLinear({ q, k, v, state, scale: 1 }, { dtype: 'f16' });
    expect(Array.from(out.data)).toEqual([512, -256]);
  });

  // A state of 25,600 is well within f16, what 40 times as large a query reads from it is not.
  it('an output beyond the range of f16 can be had as f32', () => {
    const all = Dense.filled([1, 16, 1, 4], 40);
    const args: LinearAttentionCase = { q: all, k: all, v: all, scale: 1 };
    expect(runLinear(args, { dtype: 'f16' }).out.data.at(-1)).toBe(Infinity);
    expect(runLinear(args, { dtype: 'f16', outDtype: 'f32' }).out.data.at(-1)).toBe(4 * 25600 * 40);
  });
});

describe.skipIf(whyUnavailable())('decay', () => {
  const perChannel = (values: readonly number[], T: number): LinearAttentionCase => {
    const random = new Random(3);
    return { ...deltaCase(T, 24, 16, 3), decay: Dense.build([1, T, 2, 24], () => random.pick(values)) };
  };

  it.each([
    ['forgets at once', [-80, -100, -1e4]],
    ['hardly at all', [-1e-7, -1e-9, 0]],
    ['in some channels only', [0, -1e4]],
    ['by very different amounts', [0, -1e-6, -0.01, -1, -20, -90, -200]],
  ])('%s, per channel', (_, values) => {
    for (const T of [1, 7, 64, 150]) expectRight(perChannel(values, T), { dtype: 'f32' });
  });

  // exp of the sum of a chunk's gates underflows, exp of minus that sum overflows.
  it('per head, when the sum over a chunk leaves the range of exp', () => {
    for (const gate of [-0.7, -3, -50]) {
      const given = deltaCase(200, 24, 16, 4);
      expectRight({ ...given, decay: given.decay!.map(() => gate) }, { dtype: 'f32' });
    }
  });

  it('as a constant of the head', () => {
    const given = deltaCase(200, 24, 16, 5);
    expectRight({ ...given, decay: new Dense([2], [-1e-5, -6]) }, { dtype: 'f32' });
  });
});

describe.skipIf(whyUnavailable())('the delta rule', () => {
  it.each([
    ['writes nothing at β = 0', 0],
    ['replaces at β = 1', 1],
    ['reflects at β = 2', 2],
    ['nearly reflects', 1.999],
    ['hardly writes', 1e-6],
  ])('%s', (_, beta) => {
    for (const updateRule of ['delta', 'gated_delta'] as const) {
      const { decay, ...given } = deltaCase(150, 32, 16, 6);
      const gated = updateRule === 'gated_delta' ? { decay: decay! } : {};
      expectRight({ ...given, ...gated, updateRule, beta: given.beta!.map(() => beta) }, { dtype: 'f32' });
    }
  });

  it('with keys that are not normalised', () => {
    const given = deltaCase(150, 32, 16, 7);
    const random = new Random(8);
    const k = random.normals(given.k.shape);
    // |k|² is about 32, so that β |k|² stays below 2.
    expectRight({ ...given, k, beta: random.uniforms([1, 150, 2], 0, 0.03) }, { dtype: 'f32' });
  });

  it('with the same key in every token', () => {
    const given = deltaCase(150, 32, 16, 9);
    const k = Dense.build(given.k.shape, ([, , , d]) => (d === 3 ? 1 : 0));
    expectRight({ ...given, k }, { dtype: 'f32' });
  });
});

describe.skipIf(whyUnavailable())('the normaliser', () => {
  it('keeps a row without weight finite', () => {
    const zero = Dense.filled([1, 5, 1, 4], 0);
    const { out } = runLinear({ q: zero, k: zero, v: zero, featureMap: 'relu', normalize: true }, { dtype: 'f32' });
    expect(Array.from(out.data)).toEqual(new Array(20).fill(0));
  });

  it('of no tokens at all divides nothing', () => {
    const random = new Random(7);
    for (const causal of [true, false]) {
      for (const featureMap of ['elu1', 'relu', 'softmax'] as const) {
        const [q, v] = [random.normals([2, 0, 3, 8]), random.normals([2, 0, 3, 5])];
        const given: LinearAttentionCase = { updateRule: 'linear', q, k: q, v, causal, featureMap, normalize: true };
        expect(runLinear(given, { dtype: 'f32' }).out.shape).toEqual([2, 0, 3, 5]);
      }
    }
  });
});

describe.skipIf(whyUnavailable())('segments', () => {
  const tokens = 150;
  const lengths = [1, 9, 33, 2, 7, 64, 8, 1, 25]; // of both forms, and of their edge
  const cases: Readonly<Record<string, (keyof LinearAttentionCase)[]>> = {
    linear: [],
    gated: ['decay'],
    delta: ['beta'],
    gated_delta: ['decay', 'beta'],
    generalized_delta: ['decay', 'a', 'b'],
  };
  const cut = (x: Dense, from: number, to: number): Dense =>
    Dense.build([x.shape[0]!, to - from, ...x.shape.slice(2)], ([b, t, ...rest]) => x.at(b!, from + t!, ...rest));

  it.each(Object.keys(cases))('%s: in one call, in segments and one by one, within the bound of one call', (rule) => {
    const { q, k, v, decay, beta } = deltaCase(tokens, 23, 13, 11);
    const random = new Random(12);
    const small = (): Dense => random.normals(q.shape).map((x) => x / 23);
    const all: Partial<LinearAttentionCase> = { decay: decay!, beta: beta!, a: small(), b: small() };
    const own = Object.fromEntries(cases[rule]!.map((name) => [name, all[name] as Dense]));
    const tensors: Record<string, Dense> = { q, k, v, ...own };
    const form: Form = { dtype: 'f32' };
    const args = roundedCase({ updateRule: rule, ...tensors } as unknown as LinearAttentionCase, form);
    const want = linearAttention(args);
    for (const pieces of [[tokens], lengths, Array.from({ length: tokens }, () => 1)]) {
      let state: Dense | undefined;
      let from = 0;
      for (const length of pieces) {
        const piece = Object.entries(tensors).map(([name, x]) => [name, cut(x, from, from + length)]);
        const part = { updateRule: rule, ...Object.fromEntries(piece), ...(state && { state }) } as LinearAttentionCase;
        const got = runLinear(part, form);
        expectClose(got.out, cut(want.out, from, from + length), allowedOut.f32, `out from token ${from}`);
        state = got.state!;
        from += length;
      }
      expect(from).toBe(tokens);
      expectClose(state!, want.state, allowedState.f32, 'state');
    }
  });
});
