// The addon, loaded once, as the rest of the library sees it.
import { loadBinding } from './binding';
import type { CachePoolClass, SequenceClass } from './cache/cache-pool';
import type { TensorClass } from './tensor';

/** A kernel of this process. */
export interface Kernel {
  /** `device.isa/operation.form.dtype`, as in errors and logs. */
  readonly id: string;
  readonly op: string;
  readonly isa: string;
  readonly form: string;
  readonly dtype: string;
}

/** Which kernel takes a call, and why those before it do not. */
export interface Explanation {
  /** The kernel's id; null when none takes the call. */
  readonly kernel: string | null;
  readonly refused: readonly { readonly kernel: string; readonly reason: string }[];
}

interface Binding {
  readonly Tensor: TensorClass;
  readonly CachePool: CachePoolClass;
  readonly Sequence: SequenceClass;
  /** Reads its arguments by the operation's tables; lib/ops gives each its types. */
  readonly operations: Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  info(): { isa: string; isas: string[]; threads: number; kernels: Kernel[] };
  setThreads(threads: number): void;
  explain(op: string, ...args: readonly unknown[]): Explanation;
}

export const { binding: native, path: nativePath } = loadBinding<Binding>();

/** An operation of the addon under the type that lib/ops declares for it. */
export function operation<Operation>(name: string): Operation {
  return native.operations[name] as Operation;
}
