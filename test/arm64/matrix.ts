// A share of the kernel matrix, small enough for an emulated processor. Prints each failure and, last, a count.
import { info } from 'hybrid-attention';
import * as softmax from '../ops/attention-cases';
import * as cached from '../ops/cached-attention-cases';
import { checkAttention, checkLinear, checkMerge } from '../ops/check';
import { checkCached } from '../ops/check-cached';
import * as linear from '../ops/linear-attention-cases';
import * as merging from '../ops/merge-attention-cases';
import type { FloatType } from '../support/tolerance';

type Check = readonly [name: string, run: () => void];
const dtypes: readonly FloatType[] = ['f32', 'f16', 'bf16'];

const small = softmax.shapes.filter(
  (shape) => shape.reduce((product, extent) => product * Math.max(extent, 1), 1) < 4e6,
);
const shapes: Check[] = small.map((shape, i) => [
  `attention [${shape}]`,
  () => {
    const dtype = dtypes[i % 3]!;
    checkAttention({ ...softmax.plainCase(shape, i), causal: true }, { dtype }, { lse: true });
  },
]);
// Of the cases with many keys those with small heads.
const options: Check[] = softmax
  .combinations(1)
  .filter(({ keys, dims }) => keys === '93' || dims === '40/24')
  .map((choice, i) => [
    `attention ${softmax.labelOf(choice)}`,
    () => checkAttention(softmax.combinedCase(choice, i), softmax.formOf(choice), softmax.wantedOf(choice)),
  ]);
const pages: Check[] = cached
  .combinations(1)
  .filter(({ held, dims }) => held !== 'long' || dims === '40/24')
  .map((choice, i) => [
    `cached attention ${softmax.labelOf(choice)}`,
    () => checkCached(cached.combinedCase(choice, i), softmax.formOf(choice)),
  ]);
const merges: Check[] = merging
  .combinations(1)
  .map((choice, i) => [
    `mergeAttention ${softmax.labelOf(choice)}`,
    () => checkMerge(merging.combinedCase(choice, i), softmax.formOf(choice)),
  ]);
const light = linear.combinations(1).filter(({ tokens, dims }) => tokens !== '131' && dims !== '256/428');
const rules: Check[] = light.map((choice, i) => [
  `linearAttention ${linear.labelOf(choice)}`,
  () => checkLinear(linear.combinedCase(choice, i), linear.formOf(choice)),
]);

let [passed, failed] = [0, 0];
for (const [name, check] of [...shapes, ...options, ...pages, ...merges, ...rules]) {
  try {
    check();
    ++passed;
  } catch (error) {
    ++failed;
    console.log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${info().isa}: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
