import type { CausalConv1dOptions, CausalConv1dResult } from '../generated/causal-conv1d';
import { operation, operationSync } from '../native';
import type { Tensor, TensorLike } from '../tensor';

export type { CausalConv1dOptions, CausalConv1dResult };

const onPool =
  operation<(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions) => Promise<CausalConv1dResult>>(
    'causalConv1d',
  );
const onThisThread =
  operationSync<(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions) => CausalConv1dResult>(
    'causalConv1d',
  );

/** Causal convolution along the tokens of `x` [B, T, C], each channel with its own taps: `weight` [C, W]. */
export function causalConv1d(
  x: TensorLike,
  weight: TensorLike,
  options: CausalConv1dOptions & { returnState: true },
): Promise<CausalConv1dResult & { state: Tensor }>;
export function causalConv1d(
  x: TensorLike,
  weight: TensorLike,
  options?: CausalConv1dOptions,
): Promise<CausalConv1dResult>;
export function causalConv1d(
  x: TensorLike,
  weight: TensorLike,
  options?: CausalConv1dOptions,
): Promise<CausalConv1dResult> {
  return onPool(x, weight, options);
}

/** Like `causalConv1d`, and returns when the result is there: for worker threads, and for one token at a time. */
export function causalConv1dSync(
  x: TensorLike,
  weight: TensorLike,
  options: CausalConv1dOptions & { returnState: true },
): CausalConv1dResult & { state: Tensor };
export function causalConv1dSync(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions): CausalConv1dResult;
export function causalConv1dSync(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions): CausalConv1dResult {
  return onThisThread(x, weight, options);
}
