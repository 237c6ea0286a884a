// Each token mixed with the one before it, in float64.
import { Dense } from './dense';

export interface TokenShiftCase {
  /** [B, T, C] */
  x: Dense;
  /** [M, C] */
  mix: Dense;
  /** [B, C] */
  state?: Dense;
}

/** out[m] = x + (previous − x) · mix[m]; the state is the last token. */
export function tokenShift({ x, mix, state }: TokenShiftCase): { out: Dense; state: Dense } {
  const [B, T, C] = x.shape as [number, number, number];
  const token = (b: number, t: number, c: number): number => (t >= 0 ? x.at(b, t, c) : (state?.at(b, c) ?? 0));
  return {
    out: Dense.build([mix.shape[0]!, B, T, C], ([m, b, t, c]) => {
      const own = token(b!, t!, c!);
      return own + (token(b!, t! - 1, c!) - own) * mix.at(m!, c!);
    }),
    state: Dense.build([B, C], ([b, c]) => token(b!, T - 1, c!)),
  };
}
