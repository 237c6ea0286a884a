// Mamba-2: the state-space form of gated linear attention, with keys B, queries C, values x and write strength dt.
import { type Tensor, decayGateSync, linearAttentionSync, rmsNormSync } from 'hybrid-attention';
import { convolved } from './delta';
import { type Kind, reshape } from './layer';

interface Config {
  scale: number;
  dt_limit: [number, number | 'inf'];
  out_norm: { eps: number; group_size: number };
}

export const mamba2: Kind<Config> = {
  core(layer) {
    const { dt_limit, out_norm, scale } = layer.config;
    const [x, B, C] = convolved(layer, ['x', 'B', 'C']) as [Tensor, Tensor, Tensor];
    const { decay, rate } = decayGateSync(layer.input('dt'), {
      logA: layer.weight('A_log'),
      bias: layer.weight('dt_bias'),
      rateMin: dt_limit[0],
      ...(dt_limit[1] !== 'inf' && { rateMax: dt_limit[1] }),
      returnRate: true,
    });
    const state = layer.memory.get('state');
    const result = linearAttentionSync(C, B, x, {
      updateRule: 'gated',
      scale,
      decay,
      beta: rate!,
      skip: layer.weight('D'),
      returnState: true,
      ...(state && { state }),
    });
    layer.memory.set('state', result.state!);
    const groups = [...x.shape.slice(0, 2), -1, out_norm.group_size];
    const shape = [...groups.slice(0, 2), (x.shape[2]! * x.shape[3]!) / out_norm.group_size, out_norm.group_size];
    const y = rmsNormSync(reshape(result.out, shape), {
      weight: reshape(layer.weight('norm'), shape.slice(2)),
      epsilon: out_norm.eps,
      gate: reshape(layer.input('z'), shape),
      gateFirst: true,
    }).out;
    return reshape(y, x.shape);
  },
  // The cases hold [head dim, state size], which are the value dim and the key dim here.
  remembered: { state: (state) => state.permute([0, 1, 3, 2]) },
};
