// Softmax layers: norm of queries and keys, rotary embedding, attention over the cached keys, output gate.
import { type AttentionOptions, type Tensor, attentionSync, rmsNormSync, rotaryEmbeddingSync } from 'hybrid-attention';
import { type Kind, type Layer, constants, flat, reshape } from './layer';

interface Scaling {
  type: 'linear' | 'llama3' | 'yarn';
  factor: number;
  original_max_position?: number;
  low_freq_factor?: number;
  high_freq_factor?: number;
  beta_fast?: number;
  beta_slow?: number;
  truncate_range?: boolean;
  cos_sin_multiplier?: number;
}

export interface Rope {
  theta: number;
  rotary_dim: number;
  style: 'half' | 'interleaved';
  scaling: Scaling | null;
}

interface Config {
  softmax_scale: number;
  causal: boolean;
  mask: { type: string; window?: number; chunk?: number; block?: number };
  rope: Rope | null;
  qk_norm: { over: string; eps: number; weight: 'w' | '1+w' | 'none'; when: string } | null;
  q_temperature: { attn_scale: number; floor_scale: number } | null;
}

function normed(layer: Layer<Config>, x: Tensor, weight: string): Tensor {
  const norm = layer.config.qk_norm!;
  const options = {
    epsilon: norm.eps,
    ...(layer.has(`w.${weight}`) && { weight: layer.weight(weight) }),
    ...(norm.weight === '1+w' && { weightOffset: 1 }),
  };
  if (norm.over === 'per head') return rmsNormSync(x, options).out;
  return reshape(rmsNormSync(flat(x), options).out, x.shape);
}

function scalingOf(scaling: Scaling) {
  const { type, factor, original_max_position: originalLength } = scaling;
  if (type === 'linear') return { type, factor };
  if (type === 'llama3') {
    return {
      type,
      factor,
      originalLength,
      lowFrequency: scaling.low_freq_factor,
      highFrequency: scaling.high_freq_factor,
    };
  }
  const exactRange = scaling.truncate_range === false;
  return { type, factor, originalLength, betaFast: scaling.beta_fast, betaSlow: scaling.beta_slow, exactRange };
}

/** Turned by the positions of this call's tokens, where the layer has positions. */
export function rotated(layer: Layer<{ rope: Rope | null }>, x: Tensor): Tensor {
  const { rope } = layer.config;
  if (!rope) return x;
  const { theta, rotary_dim: rotaryDim, style, scaling } = rope;
  return rotaryEmbeddingSync(x, {
    theta,
    rotaryDim,
    interleaved: style === 'interleaved',
    positionStart: layer.position,
    ...(scaling && { scaling: scalingOf(scaling) }),
    ...(scaling?.cos_sin_multiplier !== undefined && { amplitude: scaling.cos_sin_multiplier }),
  }).out;
}

/** Norm and rotation in the layer's order. */
function prepared(layer: Layer<Config>, name: 'q' | 'k'): Tensor {
  const { qk_norm: norm } = layer.config;
  const x = layer.input(name);
  if (!norm) return rotated(layer, x);
  if (norm.when.startsWith('before_rope')) return rotated(layer, normed(layer, x, `${name}_norm`));
  return normed(layer, rotated(layer, x), `${name}_norm`);
}

function masking({ config }: Layer<Config>): AttentionOptions {
  const { mask, causal } = config;
  if (mask.type === 'sliding_window') return { causal, window: { left: mask.window! - 1 } };
  if (mask.type === 'chunked') return { causal, chunk: mask.chunk };
  if (mask.type === 'block_causal') return { block: mask.block };
  return { causal };
}

/** Llama 4's factor on the queries of far positions: an option's value, a function of the position alone. */
function temperature(layer: Layer<Config>, [batch, tokens]: readonly number[]): AttentionOptions {
  const { q_temperature: given } = layer.config;
  if (!given) return {};
  const { attn_scale, floor_scale } = given;
  const factor = (position: number): number => 1 + attn_scale * Math.log(1 + Math.floor((position + 1) / floor_scale));
  return { queryScale: constants([batch!, tokens!], ([, t]) => factor(layer.position + t!)) };
}

export const softmax: Kind<Config> = {
  core(layer) {
    const q = prepared(layer, 'q');
    const k = layer.append('k', prepared(layer, 'k'));
    const v = layer.append('v', layer.input('v'));
    return attentionSync(q, k, v, {
      scale: layer.config.softmax_scale,
      ...masking(layer),
      ...temperature(layer, q.shape),
      ...(layer.has('w.sinks') && { sinks: layer.weight('sinks') }),
      ...(layer.has('in.gate') && { gate: layer.input('gate') }),
    }).out;
  },
};
