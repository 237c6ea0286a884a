// What the command line says and how it exits when something goes wrong.
import { getSystemErrorMap } from 'node:util';

/** The command was used wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was right but its work failed, for a reason the message states: exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'exists already',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  ESPIPE: 'is a pipe or the like, which cannot be read at any place',
};

// Errors of the operating system, as Node reports them: all have the number and the call that failed.
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'syscall' in error && typeof error.errno === 'number';
}

function systemProblem(error: NodeJS.ErrnoException): string {
  const [name, text] = getSystemErrorMap().get(error.errno ?? 0) ?? [];
  const reason = fileProblems[error.code ?? name ?? ''] ?? text ?? error.message;
  return `${error.path ?? error.syscall}: ${reason}`;
}

/** Runs a step on the file; what the system has against it then names the file, as reading and writing do not. */
export function onFile<Result>(path: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    if (isSystemError(error)) error.path = path;
    throw error;
  }
}

/** The one sentence to print for an error. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError || error instanceof CommandError) return error.message;
  const code = codeOf(error);
  if (code?.startsWith('ERR_ATTN_')) return `${error.message} (${code})`;
  if (isSystemError(error)) return systemProblem(error);
  // Anything else is a bug of this package, and its stack says where.
  return error.stack ?? error.message;
}

// What the addon refuses of the options is a wrong use too, that only it could tell.
const usageCodes: readonly string[] = ['ERR_ATTN_ARG_TYPE', 'ERR_ATTN_OPTION_CONFLICT', 'ERR_ATTN_VALUE'];

export const exitCodeOf = (error: unknown): number =>
  error instanceof UsageError || usageCodes.includes(codeOf(error) ?? '') ? 2 : 1;
