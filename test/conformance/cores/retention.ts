// Layers whose decay is a constant of each head: RetNet's retention and Lightning attention; and elu+1, without decay.
import { type Tensor, activationSync, linearAttentionSync, rmsNormSync, rotaryEmbeddingSync } from 'hybrid-attention';
import { type Kind, constants, flat, reshape } from './layer';

interface Retention {
  head_dim_k: number;
  scale: number;
  out_norm: { eps: number };
}

// RetNet also divides by √(Σ γ^(i − m)) and by the row's sum; both cancel in the norm that follows.
export const retention: Kind<Retention> = {
  core(layer) {
    const { head_dim_k, scale, out_norm } = layer.config;
    const pairs = head_dim_k / 2;
    const inverseFrequencies = constants([pairs], ([i]) => 10000 ** (-i! / (pairs - 1)));
    const rotated = (x: Tensor): Tensor =>
      rotaryEmbeddingSync(x, { interleaved: true, inverseFrequencies, positionStart: layer.position }).out;
    const v = layer.input('v');
    const state = layer.memory.get('state');
    const result = linearAttentionSync(rotated(layer.input('q')), rotated(layer.input('k')), v, {
      updateRule: 'gated',
      scale,
      decay: constants([v.shape[2]!], ([h]) => Math.log(1 - 2 ** (-5 - h!))),
      returnState: true,
      ...(state && { state }),
    });
    layer.memory.set('state', result.state!);
    return rmsNormSync(result.out, { epsilon: out_norm.eps, gate: layer.input('gate') }).out;
  },
};

interface Lightning {
  scale: number;
  out_norm: { eps: number };
}

export const lightning: Kind<Lightning> = {
  core(layer) {
    const { scale, out_norm } = layer.config;
    const silu = (name: string): Tensor => activationSync(layer.input(name), { function: 'silu' }).out;
    const v = silu('v');
    const heads = v.shape[2]!;
    const depth = 1 - layer.number('layer_index') / (layer.number('num_layers') - 1) + 1e-5;
    const state = layer.memory.get('state');
    const result = linearAttentionSync(silu('q'), silu('k'), v, {
      updateRule: 'gated',
      scale,
      decay: constants([heads], ([h]) => -(2 ** ((-8 * (h! + 1)) / heads)) * depth),
      returnState: true,
      ...(state && { state }),
    });
    layer.memory.set('state', result.state!);
    const gated = rmsNormSync(flat(result.out), {
      weight: layer.weight('norm'),
      epsilon: out_norm.eps,
      gate: flat(layer.input('gate')),
      gateActivation: 'sigmoid',
    });
    return reshape(gated.out, v.shape);
  },
  remembered: { state: (state) => state },
};

interface Elu {
  causal: boolean;
  scale: number;
}

export const linearElu: Kind<Elu> = {
  core(layer) {
    const { causal, scale } = layer.config;
    const [q, k, v] = [layer.input('q'), layer.input('k'), layer.input('v')];
    const [state, normalizer] = [layer.memory.get('state'), layer.memory.get('normalizer')];
    const result = linearAttentionSync(q, k, v, {
      featureMap: 'elu1',
      normalize: true,
      causal,
      scale,
      ...(causal && { returnState: true }),
      ...(state && normalizer && { state, normalizer }),
    });
    if (result.state) layer.memory.set('state', result.state);
    if (result.normalizer) layer.memory.set('normalizer', result.normalizer);
    return result.out;
  },
  remembered: { state: (state) => state, normalizer: (normalizer) => normalizer },
};
