// Rotary embedding: (x_a, x_b) → (x_a cos − x_b sin, x_b cos + x_a sin) for each pair of dims, in float64 but for the
// angle, which reference codes compute as the float32 product of the position and a float32 frequency.
import { Dense } from './dense';

export interface RotaryScaling {
  type: 'linear' | 'llama3' | 'yarn';
  factor: number;
  originalLength?: number;
  lowFrequency?: number;
  highFrequency?: number;
  betaFast?: number;
  betaSlow?: number;
  exactRange?: boolean;
}

export interface RotaryEmbeddingCase {
  /** [B, T, H, D] */
  x: Dense;
  interleaved?: boolean;
  theta?: number;
  rotaryDim?: number;
  scaling?: RotaryScaling;
  amplitude?: number;
  /** [R] */
  inverseFrequencies?: Dense;
  positionStart?: number | readonly number[];
  /** [T] or [B, T] */
  positions?: Dense;
  /** [T, R] or [B, T, R] */
  cos?: Dense;
  sin?: Dense;
  /** [P, R] */
  cosTable?: Dense;
  sinTable?: Dense;
}

function llama3(frequency: number, scaling: RotaryScaling): number {
  const { factor, originalLength = 0, lowFrequency = 1, highFrequency = 4 } = scaling;
  const turns = (originalLength * frequency) / (2 * Math.PI);
  if (turns > highFrequency) return frequency;
  if (turns < lowFrequency) return frequency / factor;
  const kept = (turns - lowFrequency) / (highFrequency - lowFrequency);
  return ((1 - kept) * frequency) / factor + kept * frequency;
}

function yarn(frequency: number, pair: number, dim: number, theta: number, scaling: RotaryScaling): number {
  const { factor, originalLength = 0, betaFast = 32, betaSlow = 1, exactRange = false } = scaling;
  const turning = (turns: number): number =>
    (dim * Math.log(originalLength / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  let [low, high] = [turning(betaFast), turning(betaSlow)];
  if (!exactRange) [low, high] = [Math.floor(low), Math.ceil(high)];
  [low, high] = [Math.max(low, 0), Math.min(high, dim - 1)];
  if (low === high) high += 0.001;
  const divided = Math.min(Math.max((pair - low) / (high - low), 0), 1);
  return (frequency / factor) * divided + frequency * (1 - divided);
}

function frequencyOf(args: RotaryEmbeddingCase, pair: number, dim: number): number {
  const { theta = 10000, scaling, inverseFrequencies } = args;
  if (inverseFrequencies) return inverseFrequencies.at(pair);
  const frequency = theta ** ((-2 * pair) / dim);
  if (scaling?.type === 'linear') return frequency / scaling.factor;
  if (scaling?.type === 'llama3') return llama3(frequency, scaling);
  return scaling?.type === 'yarn' ? yarn(frequency, pair, dim, theta, scaling) : frequency;
}

export function rotaryEmbedding(args: RotaryEmbeddingCase): Dense {
  const { x, positions, positionStart = 0, amplitude = 1, cos, sin, cosTable, sinTable } = args;
  const given = args.inverseFrequencies?.shape[0] ?? cos?.shape[cos.shape.length - 1] ?? cosTable?.shape[1];
  const dim = args.rotaryDim ?? (given === undefined ? x.shape[3]! : 2 * given);
  const pairs = dim / 2;
  const frequencies = Array.from({ length: pairs }, (_, i) => frequencyOf(args, i, dim));
  const start = (b: number): number => (typeof positionStart === 'number' ? positionStart : positionStart[b]!);
  const position = (b: number, t: number): number => positions?.broadcastAt(b, t) ?? start(b) + t;
  const turn = (b: number, t: number, i: number): [number, number] => {
    if (cos && sin) return [cos.broadcastAt(b, t, i), sin.broadcastAt(b, t, i)];
    if (cosTable && sinTable) return [cosTable.at(position(b, t), i), sinTable.at(position(b, t), i)];
    const angle = Math.fround(position(b, t) * Math.fround(frequencies[i]!));
    return [Math.cos(angle), Math.sin(angle)];
  };
  return Dense.build(x.shape, ([b, t, h, d]) => {
    if (d! >= dim) return x.at(b!, t!, h!, d!);
    const pair = args.interleaved ? Math.floor(d! / 2) : d! % pairs;
    const second = args.interleaved ? d! % 2 === 1 : d! >= pairs;
    const partner = args.interleaved ? d! + (second ? -1 : 1) : d! + (second ? -pairs : pairs);
    const [c, s] = turn(b!, t!, pair);
    return amplitude * (x.at(b!, t!, h!, d!) * c + (second ? 1 : -1) * x.at(b!, t!, h!, partner) * s);
  });
}
