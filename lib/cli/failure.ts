// What the command line says and how it exits when something goes wrong.

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
};

function fileProblem(error: unknown): string | undefined {
  const code = codeOf(error);
  const reason = code && fileProblems[code];
  if (!reason || !(error instanceof Error) || !('path' in error)) return undefined;
  return `${String(error.path)}: ${reason}`;
}

/** The one sentence to print for an error. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  if (error instanceof UsageError || error instanceof CommandError) return error.message;
  if (code?.startsWith('ERR_ATTN_')) return `${error.message} (${code})`;
  // Anything else is a bug of this package, and its stack says where.
  return fileProblem(error) ?? error.stack ?? error.message;
}

export const exitCodeOf = (error: unknown): number => (error instanceof UsageError ? 2 : 1);
