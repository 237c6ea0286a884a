import type { L2NormOptions as Options, L2NormResult as Result } from '../generated/l2-norm';
import { operation } from '../native';
import type { TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type L2NormOptions = Options & CallOptions;
export type L2NormResult = Result;

const onPool = operation<(x: TensorLike, options?: L2NormOptions) => Promise<Result>>('l2Norm');
const onThisThread = operation<(x: TensorLike, options?: L2NormOptions) => Result>('l2NormSync');

/** Divides each vector along the last axis of `x` by its length. */
export function l2Norm(x: TensorLike, options?: L2NormOptions): Promise<Result> {
  return onPool(x, options);
}

/** Like `l2Norm`, and returns when the result is there: for worker threads, and for one token at a time. */
export function l2NormSync(x: TensorLike, options?: L2NormOptions): Result {
  return onThisThread(x, options);
}
