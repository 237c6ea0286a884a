import { describe, expect, it } from 'vitest';
import { axis } from '../../lib/cli/svg/axis';

const ticks = (base: number, values: number[]) =>
  axis({ label: '', kind: 'log', base, format: String }, values).ticks.map(({ value }) => value);

describe('ticks of a logarithmic axis', () => {
  it('are at every length of a short run, and at every other of a long one', () => {
    expect(ticks(2, [256, 512, 1024, 2048])).toEqual([256, 512, 1024, 2048]);
    expect(ticks(2, [1, 2 ** 13])).toEqual([1, 4, 16, 64, 256, 1024, 4096]);
  });

  it('lie between powers of ten where few of these are in sight', () => {
    expect(ticks(10, [2.3, 8.9])).toEqual([2, 5, 10]);
    expect(ticks(10, [0.002, 0.19])).toEqual([0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2]);
    expect(ticks(10, [1, 2000])).toEqual([1, 10, 100, 1000]);
  });
});
