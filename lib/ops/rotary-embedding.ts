import type { RotaryEmbeddingOptions, RotaryEmbeddingResult } from '../generated/rotary-embedding';
import { operation, operationSync } from '../native';
import type { TensorLike } from '../tensor';

export type { RotaryEmbeddingOptions, RotaryEmbeddingResult };

const onPool =
  operation<(x: TensorLike, options?: RotaryEmbeddingOptions) => Promise<RotaryEmbeddingResult>>('rotaryEmbedding');
const onThisThread =
  operationSync<(x: TensorLike, options?: RotaryEmbeddingOptions) => RotaryEmbeddingResult>('rotaryEmbedding');

/** Rotary position embedding of queries or keys `x` [B, T, H, D]. */
export function rotaryEmbedding(x: TensorLike, options?: RotaryEmbeddingOptions): Promise<RotaryEmbeddingResult> {
  return onPool(x, options);
}

/** Like `rotaryEmbedding`, and returns when the result is there: for worker threads, and for one token at a time. */
export function rotaryEmbeddingSync(x: TensorLike, options?: RotaryEmbeddingOptions): RotaryEmbeddingResult {
  return onThisThread(x, options);
}
