import type { RmsNormOptions as Options, RmsNormResult as Result } from '../generated/rms-norm';
import { operation } from '../native';
import type { TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type RmsNormOptions = Options & CallOptions;
export type RmsNormResult = Result;

const onPool = operation<(x: TensorLike, options?: RmsNormOptions) => Promise<Result>>('rmsNorm');
const onThisThread = operation<(x: TensorLike, options?: RmsNormOptions) => Result>('rmsNormSync');

/** RMS norm along the last axis of `x`, with an optional gate before or behind it. */
export function rmsNorm(x: TensorLike, options?: RmsNormOptions): Promise<Result> {
  return onPool(x, options);
}

/** Like `rmsNorm`, and returns when the result is there: for worker threads, and for one token at a time. */
export function rmsNormSync(x: TensorLike, options?: RmsNormOptions): Result {
  return onThisThread(x, options);
}
