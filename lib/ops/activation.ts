import type { ActivationOptions, ActivationResult } from '../generated/activation';
import { operation, operationSync } from '../native';
import type { TensorLike } from '../tensor';

export type { ActivationOptions, ActivationResult };

const onPool = operation<(x: TensorLike, options?: ActivationOptions) => Promise<ActivationResult>>('activation');
const onThisThread = operationSync<(x: TensorLike, options?: ActivationOptions) => ActivationResult>('activation');

/** Elementwise function of `x`, times `multiply`, plus `add`: SiLU, sigmoid and the gated products built on them. */
export function activation(x: TensorLike, options?: ActivationOptions): Promise<ActivationResult> {
  return onPool(x, options);
}

/** Like `activation`, and returns when the result is there: for worker threads, and for one token at a time. */
export function activationSync(x: TensorLike, options?: ActivationOptions): ActivationResult {
  return onThisThread(x, options);
}
