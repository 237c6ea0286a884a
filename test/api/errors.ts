// Expectations on errors of the package: class, code and what the message names.
import type { ErrorCode } from 'hybrid-attention';
import { expect } from 'vitest';

type ErrorClass = typeof Error | typeof TypeError | typeof RangeError;

export function caught(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('expected the call to throw');
}

export function expectError(error: unknown, kind: ErrorClass, code: ErrorCode, ...mentions: string[]): void {
  expect(error).toBeInstanceOf(kind);
  const { name, message } = error as Error;
  expect({ name, code: (error as { code?: unknown }).code }).toEqual({ name: kind.name, code });
  for (const mention of mentions) expect(message).toContain(mention);
}

/** The call throws, and its asynchronous twin rejects instead of throwing. */
export async function expectBoth(
  call: () => unknown,
  twin: () => Promise<unknown>,
  kind: ErrorClass,
  code: ErrorCode,
  ...mentions: string[]
): Promise<void> {
  expectError(caught(call), kind, code, ...mentions);
  const promise = twin();
  expect(promise).toBeInstanceOf(Promise);
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expectError(error, kind, code, ...mentions);
}
