// Every error of this package is a TypeError, a RangeError or an Error that carries a code.
import type { ErrorCode } from './generated/errors';

export type { ErrorCode } from './generated/errors';
export { BindingError, type BindingAttempt } from './binding';

export interface AttnError extends Error {
  readonly code: ErrorCode;
}

/** Whether a caught value is an error of this package. */
export function isAttnError(error: unknown): error is AttnError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_ATTN_');
}

/** An error about objects that live in lib alone, such as sessions; everything about tensors is checked natively. */
export function attnError(
  kind: typeof Error | typeof TypeError | typeof RangeError,
  code: ErrorCode,
  message: string,
): AttnError {
  return Object.assign(new kind(message), { code });
}
