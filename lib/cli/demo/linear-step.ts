// elu+1 linear attention over the same tensors, against float64.
import { linearAttention } from '../../index';
import { CommandError } from '../failure';
import { largestDifference } from '../numbers/difference';
import { linearReference } from '../numbers/linear-reference';
import { tiny } from '../terminal/quantities';
import { table } from '../terminal/table';
import type { Report } from './report';
import type { Layer, TextData } from './text-data';

// A sum over hundreds of tokens in f32 against the same in float64.
const tolerance = 1e-5;

async function difference({ q, k, v }: Layer, causal: boolean): Promise<number> {
  const { out } = await linearAttention(q, k, v, { featureMap: 'elu1', normalize: true, scale: 1, causal });
  const [, tokens, heads, dim] = q.shape as readonly [number, number, number, number];
  return largestDifference(
    out.data,
    linearReference({ q: q.data, k: k.data, v: v.data }, { tokens, heads, dim }, causal),
  );
}

async function compareWithReference(name: string, { layers, tokens }: TextData): Promise<readonly string[]> {
  const largest: Record<'causal' | 'full', number> = { causal: 0, full: 0 };
  for (const layer of layers) {
    largest.causal = Math.max(largest.causal, await difference(layer, true));
    largest.full = Math.max(largest.full, await difference(layer, false));
  }
  const worst = Math.max(largest.causal, largest.full);
  if (worst > tolerance) {
    throw new CommandError(
      `linear attention is ${tiny(worst)} away from the float64 reference; ${tolerance} is allowed`,
    );
  }
  return [name, String(layers.length), String(tokens.length), tiny(largest.causal), tiny(largest.full)];
}

export async function linearStep(report: Report, sentence: TextData, address: TextData): Promise<void> {
  report.heading('Linear attention (elu + 1, normalised) over the same tensors');
  report.progress('linear attention and its float64 reference');
  const columns = [
    { name: 'text' },
    { name: 'layers', align: 'right' },
    { name: 'tokens', align: 'right' },
    { name: 'difference, causal', align: 'right' },
    { name: 'over all tokens', align: 'right' },
  ] as const;
  const rows = [
    await compareWithReference('a sentence', sentence),
    await compareWithReference('Gettysburg Address', address),
  ];
  report.line('Compared with its definition, computed in float64; largest difference:');
  report.block(table(columns, rows));
}
