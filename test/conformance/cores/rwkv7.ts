// RWKV-7: a diagonal-plus-rank-one transition with free vectors, group norm per head, and a bonus for the current token.
import {
  type Tensor,
  activationSync,
  decayGateSync,
  l2NormSync,
  layerNormSync,
  linearAttentionSync,
} from 'hybrid-attention';
import { type Kind, channels, constants, reshape } from './layer';

interface Config {
  out_norm: { eps: number };
}

const product = (x: Tensor, multiply: Tensor, scale = 1): Tensor =>
  activationSync(x, { function: 'identity', multiply, scale }).out;

export const rwkv7: Kind<Config> = {
  core(layer) {
    const [r, v, given] = [layer.input('r'), layer.input('v'), layer.input('k')];
    const [batch, tokens, heads, dim] = r.shape as [number, number, number, number];
    const perHead = (name: string): Tensor => reshape(layer.weight(name), [heads, dim]);
    const one = constants([1, 1, heads, dim], () => 1);

    const rate = activationSync(layer.input('a'), { function: 'sigmoid' }).out;
    const kappa = l2NormSync(product(given, perHead('k_k')), { epsilon: 1e-12, epsilonRule: 'max' }).out;
    // k · (1 + (rate − 1) · k_a) = k · (rate · k_a + (1 − k_a))
    const mix = reshape(perHead('k_a'), [1, 1, heads, dim]);
    const rest = activationSync(mix, { function: 'identity', scale: -1, add: one }).out;
    const factor = activationSync(rate, { function: 'identity', multiply: mix, add: rest }).out;
    const k = product(given, factor);

    const decay = decayGateSync(channels(layer.input('w')), { lowerBound: -Math.exp(-0.5) }).decay;
    const state = layer.memory.get('state');
    const result = linearAttentionSync(r, k, v, {
      updateRule: 'generalized_delta',
      scale: 1,
      decay: reshape(decay, r.shape),
      a: activationSync(kappa, { function: 'identity', scale: -1 }).out,
      b: product(kappa, rate),
      returnState: true,
      ...(state && { state }),
    });
    layer.memory.set('state', result.state!);
    const normed = layerNormSync(result.out, {
      weight: perHead('ln_weight'),
      bias: perHead('ln_bias'),
      epsilon: layer.config.out_norm.eps,
    }).out;

    // (Σ r · k · r_k) v is linear attention of each token with itself alone.
    const alone = (x: Tensor): Tensor => reshape(x, [batch * tokens, 1, heads, dim]);
    const bonus = linearAttentionSync(alone(product(r, perHead('r_k'))), alone(k), alone(v), { scale: 1 }).out;
    const sum = activationSync(normed, { function: 'identity', add: reshape(bonus, r.shape) }).out;
    return product(sum, layer.input('g'));
  },
  // The case holds [value, key].
  remembered: { state: (state) => state.permute([0, 1, 3, 2]) },
};
