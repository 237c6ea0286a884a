// What growing sequences cost on this machine: softmax attention against linear attention.
import { join } from 'node:path';
import { attention, linearAttention, type Tensor } from '../../index';
import { type Effort, growthExponent, fastestTime, tensorBytes } from '../measure';
import { randomTensor } from '../numbers/random';
import { costCharts } from './cost-charts';
import { byteSize, duration, tokenCount } from '../terminal/quantities';
import { table } from '../terminal/table';
import type { Report } from './report';

const [heads, dim] = [8, 64];

export interface CostRow {
  readonly tokens: number;
  /** Milliseconds of one call over all tokens, the fastest of several. */
  readonly softmaxTime: number;
  readonly linearTime: number;
  /** Bytes of the full weight matrix, which the kernels never store. */
  readonly weightBytes: number;
  /** Bytes that decoding the next token needs. */
  readonly cacheBytes: number;
  readonly stateBytes: number;
}

/** Times both attentions over so many tokens and counts the bytes they need. */
export async function measureCost(tokens: number, effort: Effort): Promise<CostRow> {
  const random = (seed: number): Tensor => randomTensor([1, tokens, heads, dim], seed);
  const [q, k, v] = [random(1), random(2), random(3)];
  try {
    const softmaxTime = await fastestTime(() => attention(q, k, v, { causal: true }), effort);
    const linear = (): ReturnType<typeof linearAttention> =>
      linearAttention(q, k, v, { featureMap: 'elu1', normalize: true, returnState: true });
    const linearTime = await fastestTime(linear, effort);
    const { state, normalizer } = await linear();
    return {
      tokens,
      softmaxTime,
      linearTime,
      weightBytes: tokens * tokens * heads * 4,
      cacheBytes: tensorBytes(k) + tensorBytes(v),
      stateBytes: tensorBytes(state!) + tensorBytes(normalizer!),
    };
  } finally {
    for (const tensor of [q, k, v]) tensor.dispose();
  }
}

export async function costStep(report: Report, quick: boolean, machine: string): Promise<void> {
  report.heading('Cost of one call as the sequence grows, on this machine');
  const lengths = quick ? [256, 512, 1024, 2048] : [256, 512, 1024, 2048, 4096, 8192, 16384];
  const effort = quick ? { enough: 200, rounds: 30 } : { enough: 400, rounds: 30 };
  const budget = quick ? 5000 : 30_000; // milliseconds; a slow machine stops at shorter sequences
  const start = performance.now();
  const rows: CostRow[] = [];
  for (const tokens of lengths) {
    // Three calls at twice the length, each four times as long as the last.
    const ahead = 12 * (rows.at(-1)?.softmaxTime ?? 0);
    if (rows.length > 2 && performance.now() - start + ahead > budget) break;
    report.progress(`measuring both attentions over ${tokens} tokens`);
    rows.push(await measureCost(tokens, effort));
  }
  const right = (name: string): { name: string; align: 'right' } => ({ name, align: 'right' });
  report.line(`${heads} heads of dim ${dim}, f32, causal; linear attention is elu + 1. The fastest of several calls:`);
  report.block(
    table(
      ['tokens', 'softmax', 'linear', 'softmax / linear', 'keys and values', 'state'].map(right),
      rows.map((row) => [
        tokenCount(row.tokens),
        duration(row.softmaxTime),
        duration(row.linearTime),
        (row.softmaxTime / row.linearTime).toFixed(1),
        byteSize(row.cacheBytes),
        byteSize(row.stateBytes),
      ]),
    ),
  );
  const tail = rows.slice(-4);
  const exponent = (pick: (row: CostRow) => number): string =>
    growthExponent(tail.map((row) => ({ x: row.tokens, y: pick(row) }))).toFixed(2);
  report.line(
    `From ${tokenCount(tail[0]!.tokens)} tokens on, time grows as n^${exponent((row) => row.softmaxTime)} for softmax ` +
      `and as n^${exponent((row) => row.linearTime)} for linear attention.`,
  );
  report.picture(
    join(report.folder, 'cost.svg'),
    costCharts(rows, `${heads} heads of dim ${dim}, f32, causal, ${machine}`),
  );
}
