import type { CausalConv1dOptions as Options, CausalConv1dResult as Result } from '../generated/causal-conv1d';
import { operation } from '../native';
import type { Tensor, TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type CausalConv1dOptions = Options & CallOptions;
export type CausalConv1dResult = Result;
type WithState = { returnState: true };

const onPool =
  operation<(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions) => Promise<Result>>('causalConv1d');
const onThisThread =
  operation<(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions) => Result>('causalConv1dSync');

/** Causal convolution along the tokens of `x` [B, T, C], each channel with its own taps: `weight` [C, W]. */
export function causalConv1d(
  x: TensorLike,
  weight: TensorLike,
  options: CausalConv1dOptions & WithState,
): Promise<Result & { state: Tensor }>;
export function causalConv1d(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions): Promise<Result>;
export function causalConv1d(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions): Promise<Result> {
  return onPool(x, weight, options);
}

/** Like `causalConv1d`, and returns when the result is there: for worker threads, and for one token at a time. */
export function causalConv1dSync(
  x: TensorLike,
  weight: TensorLike,
  options: CausalConv1dOptions & WithState,
): Result & { state: Tensor };
export function causalConv1dSync(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions): Result;
export function causalConv1dSync(x: TensorLike, weight: TensorLike, options?: CausalConv1dOptions): Result {
  return onThisThread(x, weight, options);
}
