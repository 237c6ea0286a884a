// ONNX Attention: names, layouts and the cache's concatenation. Heads come as [B, H, T, D], or as [B, T, H·D] with their
// number in an attribute; masks may be shorter than the keys; causal aligns to the top left unless there is a cache.
import type { AttentionCase, ScoreStage } from '../../oracle/attention';
import { type Dense, concat } from '../../oracle/dense';
import type { ConformanceCase } from '../case';

interface Attributes {
  is_causal?: number;
  kv_num_heads?: number;
  left_window_size?: number;
  q_num_heads?: number;
  qk_matmul_output_mode?: number;
  right_window_size?: number;
  scale?: number;
  softcap?: number;
}

export interface OnnxAttention {
  args: AttentionCase;
  stage?: ScoreStage;
  /** Outputs that are copies of inputs. */
  present: Readonly<Record<string, Dense>>;
  /** The result [B, T, Hq, V] in the layout of this case. */
  toOutput(out: Dense): Dense;
}

const stages: readonly ScoreStage[] = ['raw', 'capped', 'biased', 'weights'];
const swapHeads = [0, 2, 1, 3];

/** [B, tokens, heads, dim] */
function withHeads(x: Dense, heads: number | undefined): Dense {
  if (x.shape.length === 4) return x.permute(swapHeads);
  if (heads === undefined) throw new Error('a 3-D input needs the number of heads');
  return x.view([x.shape[0]!, x.shape[1]!, heads, -1]);
}

function masks(given: ConformanceCase): Pick<AttentionCase, 'mask' | 'bias'> {
  const mask = given.optional('in.attn_mask');
  if (!mask) return {};
  return given.storedType('in.attn_mask') === 'BOOL' ? { mask } : { bias: mask };
}

function positions(given: ConformanceCase, past: number, queries: number): Partial<AttentionCase> {
  const lengths = given.optional('in.nonpad_kv_seqlen');
  if (!lengths) return { queryStart: past };
  const kvLengths = Array.from(lengths.data);
  return { kvLengths, queryStart: kvLengths.map((length) => length - queries) };
}

function windowOf({ left_window_size, right_window_size }: Attributes): Pick<AttentionCase, 'window'> {
  const left = (left_window_size ?? -1) < 0 ? {} : { left: left_window_size! };
  const right = (right_window_size ?? -1) < 0 ? {} : { right: right_window_size! };
  return 'left' in left || 'right' in right ? { window: { ...left, ...right } } : {};
}

export function attentionOf(given: ConformanceCase): OnnxAttention {
  const attributes = given.json<Attributes>('attributes', {});
  const flat = given.tensor('in.Q').shape.length === 3;
  const q = withHeads(given.tensor('in.Q'), attributes.q_num_heads);
  let k = withHeads(given.tensor('in.K'), attributes.kv_num_heads);
  let v = withHeads(given.tensor('in.V'), attributes.kv_num_heads);
  const pastKey = given.optional('in.past_key')?.permute(swapHeads);
  const pastValue = given.optional('in.past_value')?.permute(swapHeads);
  if (pastKey && pastValue) [k, v] = [concat([pastKey, k], 1), concat([pastValue, v], 1)];
  const present = { present_key: k.permute(swapHeads), present_value: v.permute(swapHeads) };

  const mask = given.optional('in.attn_mask');
  const covered = mask?.shape[mask.shape.length - 1] ?? 1;
  if (covered > 1 && covered < k.shape[1]!) [k, v] = [k.slice(1, 0, covered), v.slice(1, 0, covered)];

  const args: AttentionCase = {
    q,
    k,
    v,
    causal: attributes.is_causal === 1,
    ...(attributes.scale ? { scale: attributes.scale } : {}),
    ...(attributes.softcap ? { softcap: attributes.softcap } : {}),
    ...masks(given),
    ...windowOf(attributes),
    ...positions(given, pastKey?.shape[1] ?? 0, q.shape[1]!),
  };
  const toOutput = (out: Dense): Dense => (flat ? out.view([...out.shape.slice(0, 2), -1]) : out.permute(swapHeads));
  const wantsScores = given.outputs.includes('qk_matmul_output');
  return { args, present, toOutput, ...(wantsScores && { stage: stages[attributes.qk_matmul_output_mode ?? 0]! }) };
}
