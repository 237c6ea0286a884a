// Each token mixed with the one before it, in float64.
import { Dense } from './dense';

export interface TokenShiftCase {
  /** [B, T, C]; packed [T, C] */
  x: Dense;
  /** [M, C] */
  mix: Dense;
  /** [B, C] */
  state?: Dense;
  cuSeqlens?: readonly number[];
}

/** out[m] = x + (previous − x) · mix[m]; the state is the last token. */
export function tokenShift({ x, mix, state, cuSeqlens }: TokenShiftCase): { out: Dense; state: Dense } {
  const [B, T, C] = (cuSeqlens ? [1, ...x.shape] : x.shape) as [number, number, number];
  const dense = x.view([B, T, C]);
  const sequences = cuSeqlens
    ? cuSeqlens.slice(1).map((end, i) => ({ row: 0, first: cuSeqlens[i]!, end }))
    : Array.from({ length: B }, (_, row) => ({ row, first: 0, end: T }));
  const out = Dense.filled([mix.shape[0]!, B, T, C], 0);
  const last = Dense.filled([sequences.length, C], 0);
  sequences.forEach(({ row, first, end }, number) => {
    const token = (t: number, c: number): number => (t >= first ? dense.at(row, t, c) : (state?.at(number, c) ?? 0));
    for (let c = 0; c < C; ++c) {
      for (let t = first; t < end; ++t) {
        const own = token(t, c);
        for (let m = 0; m < mix.shape[0]!; ++m) out.set(own + (token(t - 1, c) - own) * mix.at(m, c), m, row, t, c);
      }
      last.set(token(end - 1, c), number, c);
    }
  });
  return { out: cuSeqlens ? out.view([mix.shape[0]!, T, C]) : out, state: last };
}
