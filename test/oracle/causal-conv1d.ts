// Depthwise causal convolution over tokens in float64.
import { functions } from './activation';
import { Dense } from './dense';

export interface CausalConv1dCase {
  /** [B, T, C]; packed [T, C] */
  x: Dense;
  /** [C, W] */
  weight: Dense;
  bias?: Dense;
  activation?: 'none' | 'silu';
  /** [B, W − 1, C] */
  state?: Dense;
  cuSeqlens?: readonly number[];
}

/** out[t, c] = act(Σ_w weight[c, w] · x[t − W + 1 + w, c] + bias[c]); the state is the last W − 1 tokens. */
export function causalConv1d(args: CausalConv1dCase): { out: Dense; state: Dense } {
  const { weight, bias, cuSeqlens } = args;
  const x = cuSeqlens ? args.x.view([1, ...args.x.shape]) : args.x;
  const [B, T, C] = x.shape as [number, number, number];
  const width = weight.shape[1]!;
  const count = cuSeqlens ? cuSeqlens.length - 1 : B;
  const sequences = Array.from({ length: count }, (_, i) =>
    cuSeqlens ? ([0, cuSeqlens[i]!, cuSeqlens[i + 1]!] as const) : ([i, 0, T] as const),
  );
  const act = args.activation === 'silu' ? functions.silu : functions.identity;

  const out = Dense.filled(x.shape, 0);
  const state = Dense.filled([sequences.length, width - 1, C], 0);
  sequences.forEach(([b, from, to], number) => {
    const token = (t: number, c: number): number =>
      t >= 0 ? x.at(b, from + t, c) : (args.state?.at(number, t + width - 1, c) ?? 0);
    for (let c = 0; c < C; ++c) {
      for (let t = 0; t < to - from; ++t) {
        let sum = bias?.at(c) ?? 0;
        for (let w = 0; w < width; ++w) sum += weight.at(c, w) * token(t - width + 1 + w, c);
        out.set(act(sum), b, from + t, c);
      }
      for (let w = 0; w < width - 1; ++w) state.set(token(to - from - width + 1 + w, c), number, w, c);
    }
  });
  return { out: new Dense(args.x.shape, out.data), state };
}
