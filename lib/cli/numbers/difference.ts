// How far two results lie apart.
import { CommandError } from '../failure';

type Numbers = ArrayLike<number>;

/** The largest absolute difference; not a number anywhere counts as infinite. */
export function largestDifference(actual: Numbers, expected: Numbers): number {
  if (actual.length !== expected.length) {
    throw new CommandError(`${actual.length} numbers cannot be compared with ${expected.length}`);
  }
  let largest = 0;
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs(actual[index]! - expected[index]!);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    if (difference > largest) largest = difference;
  }
  return largest;
}
