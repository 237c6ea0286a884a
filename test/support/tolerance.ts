// How far results may be from the float64 oracle: |got − want| ≤ relative·|want| + ofMax·max|want| + absolute, the
// maximum taken over the tensor. One row per op, output and dtype. These are the bounds that the package states.

export interface Tolerance {
  relative?: number;
  ofMax?: number;
  absolute?: number;
}

export type FloatType = 'f32' | 'f16' | 'bf16';

// Half a unit in the last place of a result stored once in this type, as a share of the value.
const storing: Record<FloatType, number> = { f32: 2 ** -24, f16: 2 ** -11, bf16: 2 ** -8 };

// attention: q·k is summed over up to 576 channels in f32, whose error e moves each weight by the factor 1 ± e. Seen on
// all kernels: a quarter of this. With bf16 keys the weights may be rounded to bf16 before they meet the values.
const attention: Record<FloatType, Tolerance> = {
  f32: { relative: 6e-6, ofMax: 4e-6 },
  f16: { relative: 1.25 * storing.f16, ofMax: 1e-5 },
  bf16: { relative: 1.25 * storing.bf16, ofMax: 1.5 * 2 ** -9 },
};

// linearAttention: up to a few hundred rank-1 updates of the state in f32; the delta rule feeds the state's own error
// back. Seen on all kernels: a quarter of this.
const linear: Record<FloatType, Tolerance> = {
  f32: { relative: 4e-6, ofMax: 2e-6 },
  f16: { relative: 1.25 * storing.f16, ofMax: 1e-5 },
  bf16: { relative: 1.25 * storing.bf16, ofMax: 1e-5 },
};

// What stands around attention: a few operations per element, or one sum over a row.
const around: Record<FloatType, Tolerance> = {
  f32: { relative: 4e-6, ofMax: 1e-6 },
  f16: { relative: 1.25 * storing.f16, ofMax: 1e-6 },
  bf16: { relative: 1.25 * storing.bf16, ofMax: 1e-6 },
};
const always = (tolerance: Tolerance): Record<FloatType, Tolerance> => ({
  f32: tolerance,
  f16: tolerance,
  bf16: tolerance,
});

// Copies of inputs.
const exact = always({});

// An angle is a float32 product, off by one unit in its last place where a frequency is: 10⁻⁷ of up to 200 radians.
const rotation: Record<FloatType, Tolerance> = {
  f32: { relative: 4e-6, ofMax: 3e-5 },
  f16: { relative: 1.25 * storing.f16, ofMax: 3e-5 },
  bf16: { relative: 1.25 * storing.bf16, ofMax: 3e-5 },
};

export const tolerances = {
  attention: {
    out: attention,
    // Natural logarithm of a sum, f32 whatever the inputs.
    lse: always({ relative: 2e-6, absolute: 2e-6 }),
    // Scores are sums of signed products: their error is relative to the largest, not to each. f32 whatever the inputs.
    scores: always({ relative: 2e-6, ofMax: 2e-6 }),
  },
  linearAttention: {
    out: linear,
    state: always(linear.f32),
    normalizer: always(linear.f32),
  },
  activation: { out: around },
  causalConv1d: { out: around, state: exact },
  decayGate: { decay: always(around.f32), rate: always(around.f32) },
  l2Norm: { out: around },
  layerNorm: { out: around },
  rmsNorm: { out: around },
  rotaryEmbedding: { out: rotation },
  tokenShift: { out: around, state: exact },
} as const satisfies Record<string, Record<string, Record<FloatType, Tolerance>>>;

export const times = ({ relative = 0, ofMax = 0, absolute = 0 }: Tolerance, factor: number): Tolerance => ({
  relative: factor * relative,
  ofMax: factor * ofMax,
  absolute: factor * absolute,
});

// A score is an f32 number: the larger it is, the more its rounding moves e^score. When the largest that a query sees, products
// and biases by themselves included, is n times this, results of attention may be n times as far off. Seen: half of this.
export const largestScore = 16;
export const withScores = (tolerance: Tolerance, largest: number): Tolerance =>
  times(tolerance, Math.max(1, largest / largestScore));

// A state that keeps nearly everything takes up a rounding with each of its tokens. Seen: a third of this.
export const manyTokens = 200_000;
export const afterManyTokens: Tolerance = { relative: 4e-6, ofMax: 2e-5 };

/** What ONNX's own backend tests allow. */
export const onnxTolerance: Record<FloatType, Tolerance> = {
  f32: { relative: 1e-3, absolute: 1e-7 },
  f16: { relative: 1e-3, absolute: 2 ** -11 },
  bf16: { relative: 2 ** -7, absolute: 2 ** -8 },
};
