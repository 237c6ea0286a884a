// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of rotaryEmbedding. Rotates pairs of each head's dims by an angle that grows with the position: position · frequency, or given cosines and sines. Dims beyond the rotated ones pass through. */
export interface RotaryEmbeddingOptions extends CallOptions {
  /** Pairs are dims (2i, 2i + 1); otherwise (i, i + R), rotate-half. Default false. */
  interleaved?: boolean | undefined;
  /** Base of the frequencies theta^(−i / R); 10000 when absent. > 0. */
  theta?: number | undefined;
  /** Leading dims that rotate, 2R; all of D when absent. ≥ 0. */
  rotaryDim?: number | undefined;
  /** How a model stretches its frequencies beyond the length it was trained on. `type`: linear divides every frequency by factor; llama3 and yarn only the slow ones. `factor`: ratio of the stretched to the original length. `originalLength`: positions the model was trained on; llama3 and yarn. `lowFrequency`: llama3: turns per original length below which a frequency is divided; 1 when absent. `highFrequency`: llama3: turns per original length above which it is kept; 4 when absent. `betaFast`: yarn: turns per original length above which a frequency is kept; 32 when absent. `betaSlow`: yarn: turns per original length below which it is divided; 1 when absent. `exactRange`: yarn: do not round the ends of the ramp to whole pairs. */
  scaling?: { type?: 'linear' | 'llama3' | 'yarn' | undefined; factor?: number | undefined; originalLength?: number | undefined; lowFrequency?: number | undefined; highFrequency?: number | undefined; betaFast?: number | undefined; betaSlow?: number | undefined; exactRange?: boolean | undefined } | undefined;
  /** Factor on cosine and sine (YaRN's attention factor); 1 when absent. */
  amplitude?: number | undefined;
  /** Angle per position of each pair, in place of theta and scaling. [R], f32. */
  inverseFrequencies?: TensorLike | undefined;
  /** Position of the first token; 0 when absent. [B], i32. ≥ -2147483648, ≤ 2147483647. */
  positionStart?: number | TensorLike | undefined;
  /** Position of each token; in the table, where one is given. [T] or [B, T], i32. */
  positions?: TensorLike | undefined;
  /** Cosine of each token and pair. [T, R] or [B, T, R], f32 or x. */
  cos?: TensorLike | undefined;
  /** Sine of each token and pair. [T, R] or [B, T, R], f32 or x. */
  sin?: TensorLike | undefined;
  /** Cosine of each position and pair. [P, R], f32 or x. */
  cosTable?: TensorLike | undefined;
  /** Sine of each position and pair. [P, R], f32 or x. */
  sinTable?: TensorLike | undefined;
  /**
   * Where to write `out` [B, T, H, D]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that rotaryEmbedding returns. */
export interface RotaryEmbeddingResult {
  /** rotated values [B, T, H, D]. */
  out: Tensor;
}
