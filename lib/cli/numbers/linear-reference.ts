// elu+1 linear attention in float64, straight from its definition and so independent of the native kernels:
// o_t = Σ_s φ(q_t)·φ(k_s) v_s / Σ_s φ(q_t)·φ(k_s), over s ≤ t when causal, with φ(x) = elu(x) + 1.

type Numbers = ArrayLike<number>;

interface Sizes {
  readonly tokens: number;
  readonly heads: number;
  readonly dim: number;
}

const feature = (x: number): number => (x > 0 ? x + 1 : Math.exp(x));

/** Inputs and result are `[1, tokens, heads, dim]`. */
export function linearReference(
  { q, k, v }: { q: Numbers; k: Numbers; v: Numbers },
  { tokens, heads, dim }: Sizes,
  causal: boolean,
): Float64Array {
  const phiQ = Float64Array.from(q, feature);
  const phiK = Float64Array.from(k, feature);
  const out = new Float64Array(tokens * heads * dim);
  for (let head = 0; head < heads; head++) {
    for (let t = 0; t < tokens; t++) {
      const query = (t * heads + head) * dim;
      let total = 0;
      for (let s = 0; s < (causal ? t + 1 : tokens); s++) {
        const key = (s * heads + head) * dim;
        let weight = 0;
        for (let c = 0; c < dim; c++) weight += phiQ[query + c]! * phiK[key + c]!;
        total += weight;
        for (let c = 0; c < dim; c++) out[query + c]! += weight * v[key + c]!;
      }
      for (let c = 0; c < dim; c++) out[query + c]! /= total;
    }
  }
  return out;
}
