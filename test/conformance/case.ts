import type { Dense } from '../oracle/dense';
import { type StoredTensor, readSafetensors } from '../support/safetensors';
import { denseOf } from '../support/stored';
import type { Tolerance } from '../support/tolerance';

/** One `.safetensors` case: what to compute, from what, and what comes out. */
export class ConformanceCase {
  readonly metadata: Readonly<Record<string, string>>;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  constructor(path: string) {
    const { metadata, tensors } = readSafetensors(path);
    this.metadata = metadata;
    this.#tensors = tensors;
  }

  get op(): string {
    return this.metadata['op'] ?? '';
  }

  /** An entry of the metadata that holds JSON. */
  json<T>(key: string, absent: T): T {
    const text = this.metadata[key];
    return text === undefined ? absent : (JSON.parse(text) as T);
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** `in.q`, `w.norm`, `out.o`. */
  tensor(name: string): Dense {
    const stored = this.#tensors.get(name);
    if (!stored) throw new Error(`the case has no tensor ${name}`);
    return denseOf(stored);
  }

  optional(name: string): Dense | undefined {
    return this.has(name) ? this.tensor(name) : undefined;
  }

  /** "F32", "BF16", … */
  storedType(name: string): string {
    return this.#tensors.get(name)?.dtype ?? '';
  }

  get outputs(): string[] {
    return [...this.#tensors.keys()].filter((name) => name.startsWith('out.')).map((name) => name.slice(4));
  }
}

/** One output that the package computed, to be compared with `out.<name>`. */
export interface Computed {
  /** "o", or "o (in steps)" when a case is computed in more than one way. */
  name: string;
  got: Dense;
  want: Dense;
  tolerance: Tolerance;
}

/** The case needs something that the package does not offer. */
export class NotOffered extends Error {}

/** Computes the outputs of a case with the package's public operations alone: it renames, reshapes and permutes. */
export type Adapter = (given: ConformanceCase) => Computed[] | Promise<Computed[]>;
