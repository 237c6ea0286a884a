import type { RotaryEmbeddingOptions as Options, RotaryEmbeddingResult as Result } from '../generated/rotary-embedding';
import { operation } from '../native';
import type { TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type RotaryEmbeddingOptions = Options & CallOptions;
export type RotaryEmbeddingResult = Result;

const onPool = operation<(x: TensorLike, options?: RotaryEmbeddingOptions) => Promise<Result>>('rotaryEmbedding');
const onThisThread = operation<(x: TensorLike, options?: RotaryEmbeddingOptions) => Result>('rotaryEmbeddingSync');

/** Rotary position embedding of queries or keys `x` [B, T, H, D]. */
export function rotaryEmbedding(x: TensorLike, options?: RotaryEmbeddingOptions): Promise<Result> {
  return onPool(x, options);
}

/** Like `rotaryEmbedding`, and returns when the result is there: for worker threads, and for one token at a time. */
export function rotaryEmbeddingSync(x: TensorLike, options?: RotaryEmbeddingOptions): Result {
  return onThisThread(x, options);
}
