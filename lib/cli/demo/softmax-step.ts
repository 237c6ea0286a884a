// Softmax attention over a real encoder's tensors, against the model's own result, and what one of its heads looks at.
import { join } from 'node:path';
import { attention } from '../../index';
import { CommandError } from '../failure';
import { largestDifference } from '../numbers/difference';
import { headWeights, type Link, strongestLinks } from '../numbers/links';
import { attentionMap } from '../svg/attention-map';
import { tiny } from '../terminal/quantities';
import { table } from '../terminal/table';
import type { Report } from './report';
import { readable, type TextData } from './text-data';

// f32 results of two implementations that add in different orders.
const tolerance = 1e-5;

async function compareWithModel(name: string, { layers, tokens }: TextData): Promise<readonly string[]> {
  let largest = 0;
  for (const { q, k, v, result } of layers) {
    const { out } = await attention(q, k, v);
    largest = Math.max(largest, largestDifference(out.data, result.data));
  }
  if (largest > tolerance) {
    throw new CommandError(
      `softmax attention is ${tiny(largest)} away from the model's result; ${tolerance} is allowed`,
    );
  }
  return [name, String(layers.length), String(tokens.length), String(layers[0]!.q.shape[2]), tiny(largest)];
}

const bar = (fraction: number): string => '█'.repeat(Math.round(fraction * 40));

interface WordPicture {
  readonly word: string;
  readonly names: readonly string[];
  readonly links: readonly Link[];
  readonly svg: string;
}

/** The head that knows what "it" is: its map over the sentence, and the strongest links of that word. */
export async function drawWord({ text, tokens, layers }: TextData): Promise<WordPicture> {
  const [layer, head, word] = ['layer3', 1, 'it'] as const;
  const { q, k, v } = layers.find(({ name }) => name === layer)!;
  const { scores } = await attention(q, k, v, { scores: 'weights' });
  const weights = headWeights(scores!.data, scores!.shape, head);
  const names = tokens.map(readable);
  const query = names.indexOf(word);
  const links = strongestLinks(weights[query]!, 4);
  const title = `"${word}" looks at "${names[links[0]!.to]}"`;
  const subtitle = `${text} Layer 3, head 1 of all-MiniLM-L6-v2`;
  return { word, names, links, svg: attentionMap({ title, subtitle, names, weights, query }) };
}

export async function softmaxStep(report: Report, sentence: TextData, address: TextData): Promise<void> {
  report.heading('Softmax attention over the tensors of a real sentence encoder');
  report.progress('softmax attention');
  const columns = [
    { name: 'text' },
    { name: 'layers', align: 'right' },
    { name: 'tokens', align: 'right' },
    { name: 'heads', align: 'right' },
    { name: 'largest difference', align: 'right' },
  ] as const;
  const rows = [await compareWithModel('a sentence', sentence), await compareWithModel('Gettysburg Address', address)];
  report.line('Compared with what the model itself computed from the same queries, keys and values:');
  report.block(table(columns, rows));

  const { word, names, links, svg } = await drawWord(sentence);
  report.line(`"${sentence.text}"`);
  report.line(`Layer 3, head 1: where "${word}" looks`);
  report.block(
    table(
      [{ name: 'word' }, { name: 'weight', align: 'right' }, { name: '' }],
      links.map(({ to, weight }) => [names[to]!, weight.toFixed(2), bar(weight)]),
    ),
  );
  report.picture(join(report.folder, 'attention-map.svg'), svg);
}
