import { explain, info, setThreads } from 'hybrid-attention';

/** Why the kernels that ATTN_ISA asks for cannot run on this machine; undefined when they can. */
export function whyUnavailable(): string | undefined {
  try {
    info();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Runs `call` on this many threads and puts the number back. */
export function onThreads<Result>(count: number, call: () => Result): Result {
  const before = info().threads;
  setThreads(count);
  try {
    return call();
  } finally {
    setThreads(before);
  }
}

/** Remembers which kernels the calls of a test file go to. */
export class KernelsSeen {
  readonly #seen = new Set<string>();

  note(op: string, ...call: unknown[]): string {
    const kernel = explain(op, ...call).kernel ?? 'none';
    this.#seen.add(kernel);
    return kernel;
  }

  /** Kernels of the ISA in use that no call went to. */
  missing(op: string): string[] {
    const { isa, kernels } = info();
    const prefix = `cpu.${isa}/${op}.`;
    return kernels.map(({ id }) => id).filter((id) => id.startsWith(prefix) && !this.#seen.has(id));
  }
}
