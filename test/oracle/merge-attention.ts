// Combination of partial attentions in float64: out = Σ exp(lse_i − lse) out_i with lse = log Σ exp(lse_i), the sink
// counted once in the weights and not in lse. A row that is empty in every part is zero.
import { Dense } from './dense';

/** outs are [B, T, H, V], lses [B, H, T]. */
export function mergeAttention(
  outs: readonly Dense[],
  lses: readonly Dense[],
  sinks?: Dense,
): { out: Dense; lse: Dense } {
  const first = outs[0]!;
  const lse = Dense.build(lses[0]!.shape, ([b, h, t]) => {
    const values = lses.map((part) => part.at(b!, h!, t!));
    const largest = Math.max(...values);
    if (largest === Number.NEGATIVE_INFINITY) return largest;
    return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  });
  const out = Dense.build(first.shape, ([b, t, h, d]) => {
    const total = lse.at(b!, h!, t!);
    if (total === Number.NEGATIVE_INFINITY) return 0;
    const kept = sinks ? 1 / (1 + Math.exp(sinks.at(h!) - total)) : 1;
    return outs.reduce((sum, part, i) => {
      const weight = Math.exp(lses[i]!.at(b!, h!, t!) - total);
      return weight === 0 ? sum : sum + weight * kept * part.at(b!, t!, h!, d!);
    }, 0);
  });
  return { out, lse };
}
