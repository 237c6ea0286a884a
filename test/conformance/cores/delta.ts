// Gated DeltaNet and Kimi Delta Attention: convolution with SiLU, l2-normalised keys, decay, gated norm.
import {
  type Tensor,
  activationSync,
  causalConv1dSync,
  decayGateSync,
  linearAttentionSync,
  rmsNormSync,
} from 'hybrid-attention';
import { type Kind, type Layer, channels, join, reshape, splitHeads } from './layer';

interface Config {
  scale: number;
  out_norm: { eps: number };
}

/** The convolution over the channels of several projections together. */
export function convolved<Config>(layer: Layer<Config>, names: readonly string[]): Tensor[] {
  const inputs = names.map((name) => layer.input(name));
  const state = layer.memory.get('conv');
  const result = causalConv1dSync(join(inputs.map(channels), 2), layer.weight('conv'), {
    activation: 'silu',
    returnState: true,
    ...(layer.has('w.conv_bias') && { bias: layer.weight('conv_bias') }),
    ...(state && { state }),
  });
  layer.memory.set('conv', result.state!);
  return splitHeads(
    result.out,
    inputs.map(({ shape }) => [shape[2]!, shape[3]!] as const),
  );
}

/** sigmoid of [B, T, H] */
function sigmoid(x: Tensor): Tensor {
  const four = reshape(x, [...x.shape, 1]);
  return reshape(activationSync(four, { function: 'sigmoid' }).out, x.shape);
}

function deltaCore(
  decayOf: (layer: Layer<Config>) => Tensor,
  gate: string,
  gateActivation: 'silu' | 'sigmoid',
): Kind<Config> {
  return {
    core(layer) {
      const [q, k, v] = convolved(layer, ['q', 'k', 'v']) as [Tensor, Tensor, Tensor];
      const state = layer.memory.get('state');
      const result = linearAttentionSync(q, k, v, {
        updateRule: 'gated_delta',
        qkL2Norm: true,
        scale: layer.config.scale,
        decay: decayOf(layer),
        beta: sigmoid(layer.input('b')),
        returnState: true,
        ...(state && { state }),
      });
      layer.memory.set('state', result.state!);
      const weight = layer.weight('norm');
      const options = { weight, epsilon: layer.config.out_norm.eps, gate: layer.input(gate), gateActivation };
      return rmsNormSync(result.out, options).out;
    },
    remembered: { state: (state) => state },
  };
}

const gateOptions = (layer: Layer<Config>) => ({ logA: layer.weight('A_log'), bias: layer.weight('dt_bias') });

export const gatedDelta = deltaCore((layer) => decayGateSync(layer.input('a'), gateOptions(layer)).decay, 'z', 'silu');

export const kda = deltaCore(
  (layer) => {
    const f = layer.input('f');
    return reshape(decayGateSync(channels(f), gateOptions(layer)).decay, f.shape);
  },
  'gate',
  'sigmoid',
);
