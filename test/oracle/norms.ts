// Norms over the last axis in float64. A weight is [D] or [H, D].
//   rms:   x / √(mean(x²) + ε) · (weight + weightOffset), times activation(gate) after it, or x times it before it
//   l2:    x / √(Σx² + ε), or x / max(√Σx², ε)
//   layer: (x − mean(x)) / √(var(x) + ε) · weight + bias
import { functions } from './activation';
import { Dense } from './dense';

type Row = (row: Float64Array, index: readonly number[]) => ArrayLike<number>;

/** Applies `change` to each row [D] of [B, T, H, D]. */
function rows(x: Dense, change: Row): Dense {
  const result = new Dense(x.shape, x.data.slice());
  const width = x.shape[x.shape.length - 1]!;
  for (let from = 0; from < x.data.length; from += width) {
    result.data.set(change(x.data.subarray(from, from + width), x.indexOf(from)), from);
  }
  return result;
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
const weightAt = (weight: Dense | undefined, index: readonly number[], d: number, absent: number): number =>
  weight ? weight.broadcastAt(index[2]!, d) : absent;

export interface RmsNormCase {
  /** [B, T, H, D] */
  x: Dense;
  weight?: Dense;
  weightOffset?: number;
  epsilon?: number;
  gate?: Dense;
  gateActivation?: 'silu' | 'sigmoid';
  gateFirst?: boolean;
}

export function rmsNorm(args: RmsNormCase): Dense {
  const { weight, weightOffset = 0, epsilon = 1e-6, gate, gateActivation = 'silu', gateFirst = false } = args;
  return rows(args.x, (row, index) => {
    const factor = row.map((_, d) => (gate ? functions[gateActivation](gate.at(...index.slice(0, 3), d)) : 1));
    const input = gateFirst ? row.map((x, d) => x * factor[d]!) : row;
    const root = Math.sqrt(sum(input.map((x) => x * x)) / row.length + epsilon);
    const scale = (d: number): number => weightAt(weight, index, d, 1) + weightOffset;
    return input.map((x, d) => (x / root) * scale(d) * (gateFirst ? 1 : factor[d]!));
  });
}

export interface L2NormCase {
  x: Dense;
  epsilon?: number;
  epsilonRule?: 'add' | 'max';
}

export function l2Norm({ x, epsilon = 1e-6, epsilonRule = 'add' }: L2NormCase): Dense {
  return rows(x, (row) => {
    const squares = sum(row.map((value) => value * value));
    const length = epsilonRule === 'add' ? Math.sqrt(squares + epsilon) : Math.max(Math.sqrt(squares), epsilon);
    return row.map((value) => value / length);
  });
}

export interface LayerNormCase {
  x: Dense;
  weight?: Dense;
  bias?: Dense;
  epsilon?: number;
}

export function layerNorm({ x, weight, bias, epsilon = 1e-5 }: LayerNormCase): Dense {
  return rows(x, (row, index) => {
    const mean = sum(row) / row.length;
    const variance = sum(row.map((value) => (value - mean) ** 2)) / row.length;
    const normed = (value: number): number => (value - mean) / Math.sqrt(variance + epsilon);
    return row.map((value, d) => normed(value) * weightAt(weight, index, d, 1) + weightAt(bias, index, d, 0));
  });
}
