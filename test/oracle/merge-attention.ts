// Combination of partial attentions in float64: out = Σ exp(lse_i − lse) out_i with lse = log Σ exp(lse_i), the sink
// counted once in the weights and not in lse. A row that is empty in every part is zero.
import { Dense } from './dense';

interface Merged {
  out: Dense;
  lse: Dense;
}

/** outs are [B, T, H, V], lses [B, H, T]; packed [T, H, V] and [H, T]. */
export function mergeAttention(outs: readonly Dense[], lses: readonly Dense[], sinks?: Dense): Merged {
  if (outs[0]!.shape.length === 4) return mergeBatch(outs, lses, sinks);
  const lift = (x: Dense): Dense => new Dense([1, ...x.shape], x.data);
  const { out, lse } = mergeBatch(outs.map(lift), lses.map(lift), sinks);
  return { out: new Dense(outs[0]!.shape, out.data), lse: new Dense(lses[0]!.shape, lse.data) };
}

function mergeBatch(outs: readonly Dense[], lses: readonly Dense[], sinks?: Dense): Merged {
  const lse = Dense.filled(lses[0]!.shape, Number.NEGATIVE_INFINITY);
  const out = Dense.filled(outs[0]!.shape, 0);
  const [B, T, H, V] = out.shape as [number, number, number, number];
  for (const [b, h, t] of Array.from({ length: B * H * T }, (_, i) => lse.indexOf(i) as [number, number, number])) {
    const values = lses.map((part) => part.at(b, h, t));
    const largest = Math.max(...values);
    if (largest === Number.NEGATIVE_INFINITY) continue;
    const weights = values.map((value) => Math.exp(value - largest));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    lse.set(largest + Math.log(sum), b, h, t);
    const divisor = sum + (sinks ? Math.exp(sinks.at(h) - largest) : 0);
    for (let d = 0; d < V; ++d) {
      const terms = outs.map((part, i) => (weights[i] === 0 ? 0 : weights[i]! * part.at(b, t, h, d)));
      out.set(terms.reduce((total, term) => total + term, 0) / divisor, b, t, h, d);
    }
  }
  return { out, lse };
}
