// ONNX LinearAttention: heads are folded into the last axis, the update rule is gated_delta unless named.
import type { Dense } from '../../oracle/dense';
import type { LinearAttentionCase, UpdateRule } from '../../oracle/linear-attention';
import type { ConformanceCase } from '../case';

interface Attributes {
  kv_num_heads: number;
  q_num_heads: number;
  scale?: number;
  update_rule?: UpdateRule;
}

export interface OnnxLinearAttention {
  args: LinearAttentionCase;
  /** The result [B, T, H, V] in the layout of this case. */
  toOutput(out: Dense): Dense;
}

export function linearAttentionOf(given: ConformanceCase): OnnxLinearAttention {
  const attributes = given.json<Attributes>('attributes', { kv_num_heads: 0, q_num_heads: 0 });
  const heads = attributes.kv_num_heads;
  const split = (x: Dense, count: number): Dense => x.view([x.shape[0]!, x.shape[1]!, count, -1]);
  const k = split(given.tensor('in.key'), heads);
  const decay = given.optional('in.decay');
  const beta = given.optional('in.beta');
  const state = given.optional('in.past_state');
  const args: LinearAttentionCase = {
    q: split(given.tensor('in.query'), attributes.q_num_heads),
    k,
    v: split(given.tensor('in.value'), heads),
    updateRule: attributes.update_rule ?? 'gated_delta',
    ...(attributes.scale ? { scale: attributes.scale } : {}),
    ...(decay && { decay: decay.shape[2] === heads ? decay : split(decay, heads) }),
    ...(beta && { beta }),
    ...(state && { state }),
  };
  return { args, toOutput: (out) => out.view([...out.shape.slice(0, 2), -1]) };
}
