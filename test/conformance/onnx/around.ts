// ONNX CausalConvWithState, RotaryEmbedding and RMSNormalization: axes in another order, heads folded or not.
import { type Tensor, causalConv1dSync, rmsNormSync, rotaryEmbeddingSync } from 'hybrid-attention';
import type { Dense } from '../../oracle/dense';
import { toDense, toTensor } from '../../support/tensors';
import type { FloatType } from '../../support/tolerance';
import type { ConformanceCase } from '../case';

type Outputs = Readonly<Record<string, Dense>>;

/** Channels come before tokens in ONNX: [B, C, T]. */
const swap = [0, 2, 1];

export function causalConv(given: ConformanceCase, dtype: FloatType): Outputs {
  const { activation } = given.json<{ activation?: string }>('attributes', {});
  const tensor = (x: Dense): Tensor => toTensor(x, dtype);
  const weight = given.tensor('in.weight');
  const bias = given.optional('in.bias');
  const past = given.optional('in.past_state');
  const result = causalConv1dSync(
    tensor(given.tensor('in.input').permute(swap)),
    tensor(weight.view([weight.shape[0]!, -1])),
    {
      activation: activation === 'silu' || activation === 'swish' ? 'silu' : 'none',
      returnState: true,
      ...(bias && { bias: tensor(bias) }),
      ...(past && { state: tensor(past.permute(swap)) }),
    },
  );
  return { output: toDense(result.out).permute(swap), present_state: toDense(result.state!).permute(swap) };
}

interface RotaryAttributes {
  interleaved?: number;
  num_heads?: number;
  rotary_embedding_dim?: number;
}

export function rotaryEmbedding(given: ConformanceCase, dtype: FloatType): Outputs {
  const { interleaved, num_heads, rotary_embedding_dim } = given.json<RotaryAttributes>('attributes', {});
  const input = given.tensor('in.input');
  const folded = input.shape.length === 3;
  const x = folded ? input.view([...input.shape.slice(0, 2), num_heads!, -1]) : input.permute([0, 2, 1, 3]);
  const [cos, sin] = ['in.cos_cache', 'in.sin_cache'].map((name) => toTensor(given.tensor(name), dtype)) as [
    Tensor,
    Tensor,
  ];
  const positions = given.optional('in.position_ids');
  const { out } = rotaryEmbeddingSync(toTensor(x, dtype), {
    interleaved: interleaved === 1,
    ...(rotary_embedding_dim ? { rotaryDim: rotary_embedding_dim } : {}),
    ...(positions ? { cosTable: cos, sinTable: sin, positions: toTensor(positions, 'i32') } : { cos, sin }),
  });
  const rotated = toDense(out);
  return { output: folded ? rotated.view(input.shape) : rotated.permute([0, 2, 1, 3]) };
}

/** The normalised axes run from `axis` to the last: one axis here. */
export function rmsNormalization(given: ConformanceCase, dtype: FloatType): Outputs {
  const { axis = -1, epsilon = 1e-5 } = given.json<{ axis?: number; epsilon?: number }>('attributes', {});
  const x = given.tensor('in.X');
  const first = axis < 0 ? axis + x.shape.length : axis;
  const width = x.shape.slice(first).reduce((a, b) => a * b, 1);
  const weight = toTensor(given.tensor('in.W').view([width]), dtype);
  const { out } = rmsNormSync(toTensor(x.view([1, -1, 1, width]), dtype), { epsilon, weight });
  return { Y: toDense(out).view(x.shape) };
}
