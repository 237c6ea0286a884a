import type { L2NormOptions, L2NormResult } from '../generated/l2-norm';
import { operation, operationSync } from '../native';
import type { TensorLike } from '../tensor';

export type { L2NormOptions, L2NormResult };

const onPool = operation<(x: TensorLike, options?: L2NormOptions) => Promise<L2NormResult>>('l2Norm');
const onThisThread = operationSync<(x: TensorLike, options?: L2NormOptions) => L2NormResult>('l2Norm');

/** Divides each vector along the last axis of `x` by its length. */
export function l2Norm(x: TensorLike, options?: L2NormOptions): Promise<L2NormResult> {
  return onPool(x, options);
}

/** Like `l2Norm`, and returns when the result is there: for worker threads, and for one token at a time. */
export function l2NormSync(x: TensorLike, options?: L2NormOptions): L2NormResult {
  return onThisThread(x, options);
}
