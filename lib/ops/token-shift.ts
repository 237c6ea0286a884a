import type { TokenShiftOptions, TokenShiftResult } from '../generated/token-shift';
import { operation, operationSync } from '../native';
import type { Tensor, TensorLike } from '../tensor';

export type { TokenShiftOptions, TokenShiftResult };

const onPool =
  operation<(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions) => Promise<TokenShiftResult>>('tokenShift');
const onThisThread =
  operationSync<(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions) => TokenShiftResult>('tokenShift');

/** Mixes each token with the one before it: out[m] = x + (previous − x) · mix[m]. */
export function tokenShift(
  x: TensorLike,
  mix: TensorLike,
  options: TokenShiftOptions & { returnState: true },
): Promise<TokenShiftResult & { state: Tensor }>;
export function tokenShift(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions): Promise<TokenShiftResult>;
export function tokenShift(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions): Promise<TokenShiftResult> {
  return onPool(x, mix, options);
}

/** Like `tokenShift`, and returns when the result is there: for worker threads, and for one token at a time. */
export function tokenShiftSync(
  x: TensorLike,
  mix: TensorLike,
  options: TokenShiftOptions & { returnState: true },
): TokenShiftResult & { state: Tensor };
export function tokenShiftSync(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions): TokenShiftResult;
export function tokenShiftSync(x: TensorLike, mix: TensorLike, options?: TokenShiftOptions): TokenShiftResult {
  return onThisThread(x, mix, options);
}
