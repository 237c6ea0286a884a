// The operations around attention, every kernel of one instruction set (ATTN_ISA), against the oracle.
import {
  type DType,
  Tensor,
  explain,
  activationSync,
  causalConv1dSync,
  decayGateSync,
  l2NormSync,
  layerNormSync,
  rmsNormSync,
  rotaryEmbeddingSync,
  tokenShiftSync,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { type ActivationFunction, activation } from '../oracle/activation';
import { causalConv1d } from '../oracle/causal-conv1d';
import { decayGate } from '../oracle/decay-gate';
import { Dense } from '../oracle/dense';
import { l2Norm, layerNorm, rmsNorm } from '../oracle/norms';
import { rotaryEmbedding } from '../oracle/rotary-embedding';
import { tokenShift } from '../oracle/token-shift';
import { expectClose, expectSameBits } from '../support/compare';
import { KernelsSeen, onThreads, whyUnavailable } from '../support/machine';
import { Random } from '../support/random';
import { type Layout, rounded, toDense, toTensor } from '../support/tensors';
import { type FloatType, type Tolerance, tolerances } from '../support/tolerance';

type Around = Exclude<keyof typeof tolerances, 'attention' | 'linearAttention'>;
type Case = Readonly<Record<string, unknown>>;
type Result = Readonly<Record<string, Tensor>>;

/** Any of the operations: each names its own arguments. */
type Run = (...call: never[]) => object;

interface Operation {
  run: Run;
  inputs: readonly string[];
  oracle: (args: never) => Readonly<Record<string, Dense>>;
  cases: (random: Random) => readonly Case[];
}

const isa = process.env['ATTN_ISA'] ?? 'this machine';
const seen = new KernelsSeen();
const widths = [1, 7, 16, 33, 64, 130, 271];
const functions: readonly ActivationFunction[] = ['identity', 'silu', 'sigmoid', 'softplus', 'relu', 'tanh', 'exp'];
const heads = (random: Random, width: number, size = 1) => random.normals([2, 5, 3, width], size);

const operations: Readonly<Record<Around, Operation>> = {
  activation: {
    run: activationSync,
    inputs: ['x'],
    oracle: (args: never) => ({ out: activation(args) }),
    cases: (random) => [
      ...widths.map((width) => ({ x: heads(random, width) })),
      ...functions.map((name) => ({ x: heads(random, 33, 3), function: name, scale: -1.5 })),
      { x: heads(random, 33), function: 'identity', multiply: heads(random, 33), add: random.normals([3, 33]) },
      {
        x: heads(random, 33),
        function: 'sigmoid',
        multiply: random.normals([5, 1, 1]),
        add: random.normals([2, 1, 3, 1]),
      },
      ...[8, 33].map((width) => ({ x: heads(random, width), function: 'sigmoid', outDtype: 'f32' })),
    ],
  },
  causalConv1d: {
    run: causalConv1dSync,
    inputs: ['x', 'weight'],
    oracle: (args: never) => causalConv1d(args) as unknown as Record<string, Dense>,
    cases: (random) => [
      ...widths.map((C) => ({ x: random.normals([2, 9, C]), weight: random.normals([C, 4]), returnState: true })),
      ...[1, 2, 3, 5, 8, 16].map((W) => ({
        x: random.normals([2, 3, 21]),
        weight: random.normals([21, W]),
        bias: random.normals([21]),
        state: random.normals([2, W - 1, 21]),
        activation: 'silu',
        returnState: true,
      })),
      { x: random.normals([1, 200, 40]), weight: random.normals([40, 4]), activation: 'silu' },
      {
        x: random.normals([12, 21]),
        weight: random.normals([21, 4]),
        state: random.normals([4, 3, 21]),
        cuSeqlens: [0, 1, 1, 8, 12],
        returnState: true,
      },
      // Sequences that end inside, at and far beyond a block of tokens.
      ...[3, 5].map((W) => ({
        x: random.normals([206, 21]),
        weight: random.normals([21, W]),
        cuSeqlens: [0, 3, 4, 4, 64, 74, 204, 206],
        returnState: true,
      })),
    ],
  },
  decayGate: {
    run: decayGateSync,
    inputs: ['x'],
    oracle: (args: never) => decayGate(args) as unknown as Record<string, Dense>,
    cases: (random) => [
      ...widths.map((C) => ({ x: random.normals([2, 5, C], 3), logA: random.normals([C]), bias: random.normals([C]) })),
      { x: random.normals([2, 5, 36], 20), logA: random.normals([3]), returnRate: true },
      { x: random.normals([2, 5, 36]), rateMin: 0.5, rateMax: 0.9, returnRate: true },
      { x: random.normals([2, 5, 36]), logA: random.normals([3]), bias: random.normals([36]), lowerBound: -5 },
      { x: new Dense([1, 1, 6], [-100, -20, -1e-3, 1e-3, 20, 100]), returnRate: true },
    ],
  },
  l2Norm: {
    run: l2NormSync,
    inputs: ['x'],
    oracle: (args: never) => ({ out: l2Norm(args) }),
    cases: (random) => [
      ...widths.map((width) => ({ x: heads(random, width) })),
      { x: heads(random, 33, 1e-3), epsilon: 1e-4 },
      { x: heads(random, 33, 1e-3), epsilon: 0.5, epsilonRule: 'max' },
      { x: Dense.filled([1, 1, 1, 9], 0) },
    ],
  },
  layerNorm: {
    run: layerNormSync,
    inputs: ['x'],
    oracle: (args: never) => ({ out: layerNorm(args) }),
    cases: (random) => [
      ...widths.filter((width) => width > 1).map((width) => ({ x: heads(random, width) })),
      {
        x: heads(random, 33).map((x) => x + 3),
        weight: random.normals([33]),
        bias: random.normals([33]),
        epsilon: 0.1,
      },
      { x: heads(random, 33), weight: random.normals([3, 33]), bias: random.normals([3, 33]) },
      // The mean of the squares less the square of the mean would lose every digit here.
      { x: random.normals([1, 3, 2, 50]).map((x) => 1000 + x) },
    ],
  },
  rmsNorm: {
    run: rmsNormSync,
    inputs: ['x'],
    oracle: (args: never) => ({ out: rmsNorm(args) }),
    cases: (random) => [
      ...widths.map((width) => ({ x: heads(random, width), weight: random.normals([width]) })),
      { x: heads(random, 33), weight: random.normals([3, 33]), weightOffset: 1, epsilon: 0.1 },
      { x: heads(random, 33), gate: heads(random, 33), weight: random.normals([33]) },
      { x: heads(random, 33), gate: heads(random, 33), gateActivation: 'sigmoid' },
      { x: heads(random, 160), gate: heads(random, 160), gateFirst: true, weight: random.normals([3, 160]) },
      { x: Dense.filled([1, 1, 1, 9], 0) },
    ],
  },
  rotaryEmbedding: {
    run: rotaryEmbeddingSync,
    inputs: ['x'],
    oracle: (args: never) => ({ out: rotaryEmbedding(args) }),
    cases: (random) => [
      ...[2, 6, 16, 34, 64, 128].flatMap((width) => [
        { x: heads(random, width), positionStart: 100 },
        { x: heads(random, width), interleaved: true, positionStart: [0, 31] },
      ]),
      { x: heads(random, 40), rotaryDim: 24, theta: 500, positions: new Dense([5], [3, 1, 0, 7, 99]) },
      {
        x: heads(random, 40),
        rotaryDim: 24,
        interleaved: true,
        positions: random.normals([2, 5]).map((x) => Math.floor(20 * x * x)),
      },
      { x: heads(random, 40), inverseFrequencies: random.uniforms([20], 0, 1), amplitude: 1.3 },
      { x: heads(random, 40), inverseFrequencies: random.uniforms([9], 0, 1), interleaved: true },
      { x: heads(random, 64), scaling: { type: 'linear', factor: 8 } },
      { x: heads(random, 64), theta: 5e5, scaling: { type: 'llama3', factor: 16, originalLength: 8192 } },
      { x: heads(random, 64), scaling: { type: 'yarn', factor: 40, originalLength: 4096 }, amplitude: 1.1 },
      {
        x: heads(random, 64),
        theta: 1.5e5,
        scaling: { type: 'yarn', factor: 32, originalLength: 4096, exactRange: true },
      },
      { x: heads(random, 40), cos: random.normals([2, 5, 20]), sin: random.normals([2, 5, 20]) },
      { x: heads(random, 40), cos: random.normals([5, 11]), sin: random.normals([5, 11]), interleaved: true },
      {
        x: heads(random, 40),
        cosTable: random.normals([9, 20]),
        sinTable: random.normals([9, 20]),
        positions: new Dense([2, 5], [8, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
      },
    ],
  },
  tokenShift: {
    run: tokenShiftSync,
    inputs: ['x', 'mix'],
    oracle: (args: never) => tokenShift(args) as unknown as Record<string, Dense>,
    cases: (random) => [
      ...widths.map((C) => ({ x: random.normals([2, 5, C]), mix: random.uniforms([6, C], 0, 1) })),
      {
        x: random.normals([2, 1, 33]),
        mix: random.uniforms([2, 33], 0, 1),
        state: random.normals([2, 33]),
        returnState: true,
      },
      {
        x: random.normals([14, 33]),
        mix: random.uniforms([2, 33], 0, 1),
        state: random.normals([5, 33]),
        cuSeqlens: [0, 3, 3, 4, 14, 14],
        returnState: true,
      },
    ],
  },
};

function dtypeOf(name: string, dtype: FloatType, optionDtype: FloatType): DType {
  if (name === 'positions') return 'i32';
  if (name === 'inverseFrequencies') return 'f32';
  return name === 'x' || name === 'state' ? dtype : optionDtype;
}

function roundedTo(given: Case, dtype: FloatType, optionDtype: FloatType): Case {
  const entries = Object.entries(given).map(([name, value]) => {
    const type = dtypeOf(name, dtype, optionDtype);
    return [name, value instanceof Dense && type !== 'i32' ? rounded(value, type as FloatType) : value];
  });
  return Object.fromEntries(entries) as Case;
}

function callOf(
  args: Case,
  inputs: readonly string[],
  dtype: FloatType,
  optionDtype: FloatType,
  layout: Layout,
): unknown[] {
  const entries = Object.entries(args).map(([name, value]) => {
    if (Array.isArray(value)) return [name, Tensor.from(Int32Array.from(value as number[]), [value.length])];
    const type = dtypeOf(name, dtype, optionDtype);
    return [name, value instanceof Dense ? toTensor(value, type, name === 'x' ? layout : 'plain') : value];
  });
  const named = Object.fromEntries(entries) as Record<string, unknown>;
  const options = Object.fromEntries(Object.entries(named).filter(([name]) => !inputs.includes(name)));
  return [...inputs.map((name) => named[name]), options];
}

function check(op: Around, given: Case, dtype: FloatType, optionDtype: FloatType, layout: Layout): void {
  const { inputs, oracle, run } = operations[op];
  const args = roundedTo(given, dtype, optionDtype);
  const call = callOf(args, inputs, dtype, optionDtype, layout);
  seen.note(op, ...call);
  const [got, again] = [1, 2].map((threads) => onThreads(threads, () => run(...(call as never[])) as Result)) as [
    Result,
    Result,
  ];
  const want = oracle(args as never);
  for (const [name, tolerance] of Object.entries(tolerances[op]) as [string, Record<FloatType, Tolerance>][]) {
    if (!got[name]) continue;
    expectClose(toDense(got[name]), want[name]!, tolerance[(given['outDtype'] as FloatType) ?? dtype], name);
    expectSameBits(toDense(again[name]!), toDense(got[name]), `${name} on two threads`);
  }
}

describe.skipIf(whyUnavailable())(`around attention on ${isa}`, () => {
  describe.each(Object.keys(operations) as Around[])('%s', (op) => {
    const cases = operations[op].cases(new Random(op.length));
    const forms = (['f32', 'f16', 'bf16'] as const).flatMap((dtype) => [
      [dtype, dtype, 'plain'] as const,
      [dtype, 'f32', 'padded'] as const,
    ]);
    it.each(forms)('%s, options %s, %s', (dtype, optionDtype, layout) => {
      cases.forEach((given, i) => {
        try {
          check(op, given, dtype, optionDtype, layout);
        } catch (error) {
          throw new Error(
            `case ${i} ${JSON.stringify(Object.keys(given))}: ${error instanceof Error ? error.message : error}`,
          );
        }
      });
    });

    it('every kernel was used', () => {
      expect(seen.missing(op.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))).toEqual([]);
    });
  });

  it('a refusal says why', () => {
    expect(explain('rmsNorm', toTensor(Dense.filled([1, 1, 1, 4], 1), 'f32')).kernel).toMatch(/rms_norm/);
  });
});
