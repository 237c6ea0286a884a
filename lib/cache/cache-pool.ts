// Caches of keys and values, implemented natively.
import { native } from '../native';
import type { DType } from '../tensor';

export interface CachePoolOptions {
  /** Key and value heads. */
  kvHeads: number;
  /** Elements of a key per head. */
  keyDim: number;
  /** Elements of a value per head; keyDim when absent. */
  valueDim?: number | undefined;
  /**
   * Values are the first valueDim elements of each key, at most keyDim, and are not kept again: the latent of multi-head
   * latent attention, whose keys add rotated elements behind it. `append` takes keys alone then.
   */
  valuesFromKeys?: boolean | undefined;
  /**
   * How keys and values are stored; f32 when absent. i8 keeps one f32 scale per token and head (largest magnitude over
   * 127), f8e4m3 stores the number itself and saturates at 448.
   */
  dtype?: Extract<DType, 'f32' | 'f16' | 'bf16' | 'i8' | 'f8e4m3'> | undefined;
  /** Tokens per page; 16 when absent. */
  pageSize?: number | undefined;
  /** Number of pages; or maxBytes. */
  pages?: number | undefined;
  /** As many pages as fit into this many bytes; or pages. */
  maxBytes?: number | undefined;
  /**
   * Latest tokens that a query sees, its own included, for models with a sliding window: the same however tokens are cut
   * into calls, and older pages return to the pool. All tokens are kept and seen when absent. A call needs pages for the
   * window, the rollback and what it appends.
   */
  window?: number | undefined;
  /** Tokens that `truncate` can take back from a sequence with a window, which keeps as many more; 16 when absent. */
  rollback?: number | undefined;
}

/** Memory for the keys and values of many sequences, allocated once and cut into pages. */
export interface CachePool extends Disposable {
  readonly dtype: DType;
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly valuesFromKeys: boolean;
  readonly pageSize: number;
  /** Undefined when all tokens are kept. */
  readonly window: number | undefined;
  /** Undefined when all tokens are kept. */
  readonly rollback: number | undefined;
  readonly pages: number;
  readonly freePages: number;
  /** Bytes of all pages. */
  readonly bytes: number;
  readonly disposed: boolean;
  /** A new, empty sequence. It takes pages as it grows. */
  sequence(): Sequence;
  /** Lets go of the memory; it is freed with the last sequence. */
  dispose(): void;
}

/**
 * The cached tokens of one sequence. Calls that append change it only when they succeed; two calls at once on one sequence
 * are `ERR_ATTN_BUSY`.
 */
export interface Sequence extends Disposable {
  /** Tokens appended so far, those that a window has dropped included. */
  readonly length: number;
  /** Position of the oldest token that is kept. */
  readonly first: number;
  readonly disposed: boolean;
  /**
   * Forgets the tokens from `length` on: the rejected end of a speculation. Under a window, those of the pool's `rollback`
   * can be forgotten, or all.
   */
  truncate(length: number): void;
  /** A sequence with the same tokens. Pages are shared until one of the two appends to them. */
  fork(): Sequence;
  /** Tokens `start` to `end` as bytes with a version and a checksum; all that are kept when absent. */
  serialize(start?: number, end?: number): Uint8Array;
  /** Returns the pages to the pool. */
  dispose(): void;
}

export interface CachePoolClass {
  readonly prototype: CachePool;
  new (options: CachePoolOptions): CachePool;
  [Symbol.hasInstance](value: unknown): value is CachePool;
}

export interface SequenceClass {
  readonly prototype: Sequence;
  [Symbol.hasInstance](value: unknown): value is Sequence;
  /**
   * Reads what `serialize` wrote, in one piece or as chunks in order, into a pool of the same shape and dtype; or behind a
   * sequence that holds the tokens before: sequences with a common prefix write it once, and share its pages again.
   */
  deserialize(into: CachePool | Sequence, bytes: Uint8Array | readonly Uint8Array[]): Sequence;
}

export const CachePool: CachePoolClass = native.CachePool;
export const Sequence: SequenceClass = native.Sequence;
