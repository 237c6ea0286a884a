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

// attention: q·k is summed over up to 576 channels in f32, whose error e moves each weight by the factor 1 ± e; scores
// up to 30 give e ≤ 10⁻⁵. With bf16 keys the weights are rounded to bf16 before they meet the values.
const attention: Record<FloatType, Tolerance> = {
  f32: { relative: 2e-5, ofMax: 1e-5 },
  f16: { relative: 1.25 * storing.f16, ofMax: 2e-5 },
  bf16: { relative: 1.25 * storing.bf16, ofMax: 2 ** -9 },
};

// linearAttention: up to a few hundred rank-1 updates of the state in f32; the delta rule feeds the state's own error back.
const linear: Record<FloatType, Tolerance> = {
  f32: { relative: 2e-5, ofMax: 1e-5 },
  f16: { relative: 1.25 * storing.f16, ofMax: 2e-5 },
  bf16: { relative: 1.25 * storing.bf16, ofMax: 2e-5 },
};

export const tolerances = {
  attention: {
    out: attention,
    // Natural logarithm of a sum, f32 whatever the inputs.
    lse: {
      f32: { relative: 1e-5, absolute: 1e-5 },
      f16: { relative: 1e-5, absolute: 1e-5 },
      bf16: { relative: 1e-5, absolute: 1e-5 },
    },
    // Scores are sums of signed products: their error is relative to the largest, not to each. f32 whatever the inputs.
    scores: {
      f32: { relative: 1e-5, ofMax: 1e-5 },
      f16: { relative: 1e-5, ofMax: 1e-5 },
      bf16: { relative: 1e-5, ofMax: 1e-5 },
    },
  },
  linearAttention: {
    out: linear,
    state: { f32: linear.f32, f16: linear.f32, bf16: linear.f32 },
    normalizer: { f32: linear.f32, f16: linear.f32, bf16: linear.f32 },
  },
} as const satisfies Record<string, Record<string, Record<FloatType, Tolerance>>>;

/** What ONNX's own backend tests allow. */
export const onnxTolerance: Record<FloatType, Tolerance> = {
  f32: { relative: 1e-3, absolute: 1e-7 },
  f16: { relative: 1e-3, absolute: 2 ** -11 },
  bf16: { relative: 2 ** -7, absolute: 2 ** -8 },
};
