import type { Dense } from '../oracle/dense';
import type { Tolerance } from './tolerance';

export interface Comparison {
  failures: number;
  /** Largest error in units of what is allowed; at most 1 when all is well. */
  worst: number;
  /** The element with the worst error, in words. */
  worstElement: string;
}

function share(got: number, want: number, allowed: number): number {
  if (Object.is(got, want) || got === want) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(want)) return Number.POSITIVE_INFINITY;
  const error = Math.abs(got - want);
  return allowed > 0 ? error / allowed : Number.POSITIVE_INFINITY;
}

/** Every element against |got − want| ≤ relative·|want| + ofMax·max|want| + absolute. */
export function compare(got: Dense, want: Dense, tolerance: Tolerance): Comparison {
  if (got.shape.join() !== want.shape.join()) {
    const worstElement = `shape [${got.shape}], expected [${want.shape}]`;
    return { failures: want.data.length, worst: Number.POSITIVE_INFINITY, worstElement };
  }
  const finite = want.data.filter(Number.isFinite);
  const largest = finite.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  let [failures, worst, at] = [0, -1, 0];
  for (let i = 0; i < want.data.length; ++i) {
    const expected = want.data[i]!;
    const { relative = 0, ofMax = 0, absolute = 0 } = tolerance;
    const ratio = share(got.data[i]!, expected, relative * Math.abs(expected) + ofMax * largest + absolute);
    if (ratio > 1) ++failures;
    if (ratio > worst) [worst, at] = [ratio, i];
  }
  if (worst < 0) return { failures: 0, worst: 0, worstElement: 'no elements' };
  const [was, expected] = [got.data[at]!, want.data[at]!];
  const worstElement =
    `[${want.indexOf(at)}] is ${was}, expected ${expected}, error ${Math.abs(was - expected).toExponential(2)}` +
    ` = ${worst.toPrecision(3)} × what is allowed`;
  return { failures, worst, worstElement };
}

/** Throws, naming the worst element, unless all elements are within the tolerance. */
export function expectClose(got: Dense, want: Dense, tolerance: Tolerance, name = 'out'): void {
  const { failures, worstElement } = compare(got, want, tolerance);
  if (failures > 0) throw new Error(`${name}: ${failures} of ${want.data.length} differ; worst ${worstElement}`);
}

/** Throws unless both hold the same bits. */
export function expectSameBits(got: Dense, want: Dense, name = 'out'): void {
  if (got.shape.join() !== want.shape.join())
    throw new Error(`${name}: shape [${got.shape}], expected [${want.shape}]`);
  const at = got.data.findIndex((value, i) => !Object.is(value, want.data[i]));
  if (at < 0) return;
  throw new Error(`${name}: [${got.indexOf(at)}] is ${got.data[at]}, expected exactly ${want.data[at]}`);
}
