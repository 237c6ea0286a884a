import type { LayerNormOptions, LayerNormResult } from '../generated/layer-norm';
import { operation, operationSync } from '../native';
import type { TensorLike } from '../tensor';

export type { LayerNormOptions, LayerNormResult };

const onPool = operation<(x: TensorLike, options?: LayerNormOptions) => Promise<LayerNormResult>>('layerNorm');
const onThisThread = operationSync<(x: TensorLike, options?: LayerNormOptions) => LayerNormResult>('layerNorm');

/** Layer norm along the last axis of `x`: zero mean, unit variance, times `weight`, plus `bias`. */
export function layerNorm(x: TensorLike, options?: LayerNormOptions): Promise<LayerNormResult> {
  return onPool(x, options);
}

/** Like `layerNorm`, and returns when the result is there: for worker threads, and for one token at a time. */
export function layerNormSync(x: TensorLike, options?: LayerNormOptions): LayerNormResult {
  return onThisThread(x, options);
}
