// docs/accuracy.md, from the tolerances that the tests use.
import { type FloatType, type Tolerance, afterManyTokens, largestScore, manyTokens, tolerances } from './tolerance';

const dtypes: readonly FloatType[] = ['f32', 'f16', 'bf16'];
const number = (value: number | undefined): string => (value ? value.toExponential(1).replace('e', '·10^') : '–');

const rows = Object.entries(tolerances).flatMap(([op, outputs]) =>
  Object.entries(outputs as Record<string, Record<FloatType, Tolerance>>).flatMap(([output, byType]) => {
    const same = dtypes.every((dtype) => byType[dtype] === byType.f32);
    return (same ? (['f32'] as const) : dtypes).map((dtype) => {
      const { relative, ofMax, absolute } = byType[dtype];
      const exact = !relative && !ofMax && !absolute;
      const bounds = exact
        ? 'the same bits | |'
        : `${number(relative)} | ${number(ofMax)} | ${number(absolute)}`.concat(' |');
      return `| \`${op}\` | ${output} | ${same ? 'all' : dtype} | ${exact ? `${bounds} |` : bounds}`;
    });
  }),
);

export const accuracyPage = `# Accuracy

How far a result may be from float64: for each element, |got − want| ≤ relative · |want| + of max · max|want| + absolute,
the maximum taken over the tensor. Every kernel of every instruction set is tested against these bounds, with inputs that
are exact in their dtype, so that f16 and bf16 show what the computation adds: little more than the rounding of the result.

| Operation | Output | dtype | relative | of max | absolute |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

The bounds of \`attention\` hold while no score that carries weight is beyond ±${largestScore}, before and after bias and ALiBi. A score is
an f32 number: the larger, the coarser, and what rounding adds to it is the relative error of its key's weight, e^score. Where
the largest |score| is n · ${largestScore}, \`out\` and the weights are within n times the bounds; \`lse\` keeps its own.

The bounds of \`linearAttention\` hold for up to a few hundred tokens. After ${manyTokens.toLocaleString('en')} tokens, in one call or one by one,
with a decay as slow as 10^-6 per token, f32 results are within ${number(afterManyTokens.relative)} relative and ${number(afterManyTokens.ofMax)} of max.

Sums are kept in f32, as are states, gates, log-sum-exp and scores. Results do not depend, bit for bit, on the number of
threads or on what else is in the batch.
`;
