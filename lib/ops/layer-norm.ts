import type { LayerNormOptions as Options, LayerNormResult as Result } from '../generated/layer-norm';
import { operation } from '../native';
import type { TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type LayerNormOptions = Options & CallOptions;
export type LayerNormResult = Result;

const onPool = operation<(x: TensorLike, options?: LayerNormOptions) => Promise<Result>>('layerNorm');
const onThisThread = operation<(x: TensorLike, options?: LayerNormOptions) => Result>('layerNormSync');

/** Layer norm along the last axis of `x`: zero mean, unit variance, times `weight`, plus `bias`. */
export function layerNorm(x: TensorLike, options?: LayerNormOptions): Promise<Result> {
  return onPool(x, options);
}

/** Like `layerNorm`, and returns when the result is there: for worker threads, and for one token at a time. */
export function layerNormSync(x: TensorLike, options?: LayerNormOptions): Result {
  return onThisThread(x, options);
}
