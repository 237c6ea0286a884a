// Timing for the demo and the short benchmark. npm run bench has the careful one.
import { dtypeBytes } from '../generated/dtypes';
import type { Tensor } from '../tensor';

export interface Effort {
  /** Repeat until so many milliseconds have been measured… */
  readonly enough: number;
  /** …but no more often than this. */
  readonly rounds: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Median milliseconds of one call, after one that is not counted unless it alone was long enough. */
export async function medianTime(call: () => unknown, { enough, rounds }: Effort): Promise<number> {
  const once = async (): Promise<number> => {
    const start = performance.now();
    await call();
    return performance.now() - start;
  };
  const first = await once();
  if (first >= enough) return first;
  const times: number[] = [];
  for (let spent = 0; spent < enough && times.length < rounds; ) {
    const time = await once();
    times.push(time);
    spent += time;
  }
  return median(times);
}

/** Exponent p of the growth y ∝ xᵖ, by least squares over the logarithms. */
export function growthExponent(points: readonly { x: number; y: number }[]): number {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (pick: (point: { x: number; y: number }) => number): number =>
    logs.reduce((sum, point) => sum + pick(point), 0) / logs.length;
  const [meanX, meanY] = [mean((point) => point.x), mean((point) => point.y)];
  const covariance = logs.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / logs.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
}

/** Bytes of a tensor's elements. */
export const tensorBytes = ({ shape, dtype }: Tensor): number =>
  shape.reduce((product, size) => product * size, dtypeBytes[dtype]);
