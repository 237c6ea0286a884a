// Latent attention: keys and values of all heads are two projections of one cached vector per token. A prefill writes
// them out for every head; later tokens take the projections into query and result instead and attend over the cached
// vectors themselves, the values being a view of the keys.
import { type AttentionOptions, Tensor, attentionSync, linearAttentionSync, rmsNormSync } from 'hybrid-attention';
import { type Kind, type Layer, join, reshape } from './layer';
import { type Rope, rotated } from './softmax';

interface Config {
  softmax_scale: number;
  causal: boolean;
  rope: Rope | null;
  latent_norm: { eps: number };
  q_heads: number;
  qk_nope_head_dim: number;
  v_head_dim: number;
  kv_lora_rank: number;
}

const repeated = (x: Tensor, axis: number, count: number): Tensor =>
  count === 1 ? x : join(Array<Tensor>(count).fill(x), axis);

/** [B, T, H, K] times [H, K, V]: linear attention whose state is the matrix, and to which nothing is written. */
function projected(x: Tensor, matrix: Tensor): Tensor {
  const [batch, tokens] = x.shape as [number, number];
  const [heads, rows, columns] = matrix.shape as [number, number, number];
  const state = repeated(reshape(matrix, [1, heads, rows, columns]), 0, batch);
  const [k, v] = [rows, columns].map((dim) => Tensor.zeros([batch, tokens, heads, dim])) as [Tensor, Tensor];
  return linearAttentionSync(repeated(x, 2, heads / x.shape[2]!), k, v, { scale: 1, state }).out;
}

/** Matrices [H, latent, dim] from the latent vector to each head's key and value. */
function projections(layer: Layer<Config>): [key: Tensor, value: Tensor] {
  const { q_heads: heads, qk_nope_head_dim: keyDim, v_head_dim: valueDim, kv_lora_rank: rank } = layer.config;
  const both = reshape(layer.weight('kv_b'), [heads, keyDim + valueDim, rank]).permute([0, 2, 1]);
  return [both.slice(2, 0, keyDim), both.slice(2, keyDim, keyDim + valueDim)];
}

export const mla: Kind<Config> = {
  core(layer) {
    const { softmax_scale: scale, causal, latent_norm, q_heads: heads, qk_nope_head_dim: nope } = layer.config;
    const options: AttentionOptions = { scale, causal };
    const [q, kv, keyPart] = [layer.input('q'), layer.input('kv'), layer.input('k_pe')];
    const oneHead = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]!]);
    const norm = { weight: layer.weight('kv_norm'), epsilon: latent_norm.eps };
    const latent = layer.append('latent', rmsNormSync(oneHead(kv), norm).out);
    const keyRotary = layer.append('rotary', rotated(layer, oneHead(keyPart)));
    const queryNope = q.slice(3, 0, nope);
    const queryRotary = rotated(layer, q.slice(3, nope, q.shape[3]!));
    const [keyMatrix, valueMatrix] = projections(layer);
    if (layer.from === 0) {
      const k = join([projected(latent, keyMatrix), repeated(keyRotary, 2, heads)], 3);
      return attentionSync(join([queryNope, queryRotary], 3), k, projected(latent, valueMatrix), options).out;
    }
    const absorbed = join([projected(queryNope, keyMatrix.permute([0, 2, 1])), queryRotary], 3);
    const keys = join([latent, keyRotary], 3);
    const { out } = attentionSync(absorbed, keys, keys.slice(3, 0, latent.shape[3]!), options);
    return projected(out, valueMatrix);
  },
};
