import type { RmsNormOptions, RmsNormResult } from '../generated/rms-norm';
import { operation, operationSync } from '../native';
import type { TensorLike } from '../tensor';

export type { RmsNormOptions, RmsNormResult };

const onPool = operation<(x: TensorLike, options?: RmsNormOptions) => Promise<RmsNormResult>>('rmsNorm');
const onThisThread = operationSync<(x: TensorLike, options?: RmsNormOptions) => RmsNormResult>('rmsNorm');

/** RMS norm along the last axis of `x`, with an optional gate before or behind it. */
export function rmsNorm(x: TensorLike, options?: RmsNormOptions): Promise<RmsNormResult> {
  return onPool(x, options);
}

/** Like `rmsNorm`, and returns when the result is there: for worker threads, and for one token at a time. */
export function rmsNormSync(x: TensorLike, options?: RmsNormOptions): RmsNormResult {
  return onThisThread(x, options);
}
