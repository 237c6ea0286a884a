import type { TokenShiftOptions as Options, TokenShiftResult as Result } from '../generated/token-shift';
import { operation } from '../native';
import type { Tensor, TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type TokenShiftOptions = Options & CallOptions;
export type TokenShiftResult = Result;
type WithState = { returnState: true };

const onPool =
  operation<(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions) => Promise<Result>>('tokenShift');
const onThisThread =
  operation<(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions) => Result>('tokenShiftSync');

/** Mixes each token with the one before it: out[m] = x + (previous − x) · mix[m]. */
export function tokenShift(
  x: TensorLike,
  mix: TensorLike,
  options: TokenShiftOptions & WithState,
): Promise<Result & { state: Tensor }>;
export function tokenShift(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions): Promise<Result>;
export function tokenShift(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions): Promise<Result> {
  return onPool(x, mix, options);
}

/** Like `tokenShift`, and returns when the result is there: for worker threads, and for one token at a time. */
export function tokenShiftSync(
  x: TensorLike,
  mix: TensorLike,
  options: TokenShiftOptions & WithState,
): Result & { state: Tensor };
export function tokenShiftSync(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions): Result;
export function tokenShiftSync(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions): Result {
  return onThisThread(x, mix, options);
}
