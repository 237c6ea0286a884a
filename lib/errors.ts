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

/** How messages name a value that was not what they expected: "undefined", "a string", "an Int8Array"; as the addon does. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name = value.constructor?.name || 'object';
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name === 'Object' ? 'object' : name}`;
}

/** Fails unless the value is an object of options; what it is called comes first in the message. */
export function checkOptions(value: unknown, what: string): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `${what} must be an object, got ${describeValue(value)}`);
}

/** Fails for names that are not among the known ones. */
export function checkOptionNames(given: object, known: readonly string[], operation: string): void {
  for (const name in given) {
    if (known.includes(name)) continue;
    const list = known.join(', ');
    throw attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `${operation}: unknown option ${name}; known are ${list}`);
  }
}
