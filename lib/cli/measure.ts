// Timing for the demo and the short benchmark. npm run bench has the careful one.
import { dtypeBytes } from '../generated/dtypes';
import type { Tensor } from '../tensor';

export interface Effort {
  /** Repeat until so many milliseconds have been measured… */
  readonly enough: number;
  /** …but no more often than this. */
  readonly rounds: number;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Milliseconds of each of several calls, at least two; one call before them is not counted. */
async function timesOf(call: () => unknown, { enough, rounds }: Effort): Promise<number[]> {
  await call();
  const times: number[] = [];
  for (let spent = 0; times.length < 2 || (spent < enough && times.length < rounds); ) {
    const start = performance.now();
    await call();
    const time = performance.now() - start;
    times.push(time);
    spent += time;
  }
  return times;
}

/** What a call usually takes. */
export const medianTime = async (call: () => unknown, effort: Effort): Promise<number> =>
  median(await timesOf(call, effort));

/** What a call takes when nothing else disturbs it: the measure for how cost grows. */
export const fastestTime = async (call: () => unknown, effort: Effort): Promise<number> =>
  Math.min(...(await timesOf(call, effort)));

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
