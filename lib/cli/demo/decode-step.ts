// Token by token: the keys and values of softmax attention grow with every token, the state of linear attention never.
import { join } from 'node:path';
import { attention, attentionSync, linearAttention, linearAttentionSync, Tensor } from '../../index';
import { CommandError } from '../failure';
import { tensorBytes } from '../measure';
import { largestDifference } from '../numbers/difference';
import { decodeCharts } from './decode-charts';
import { byteSize, duration, tiny, tokenCount } from '../terminal/quantities';
import { table } from '../terminal/table';
import type { Report } from './report';
import type { Layer, TextData } from './text-data';

export interface DecodeRow {
  readonly tokens: number;
  readonly cacheBytes: number;
  readonly stateBytes: number;
  /** Milliseconds for one more token: the fastest of the last ones. */
  readonly softmaxTime: number;
  readonly linearTime: number;
}

const tolerance = 1e-5;
const recentTokens = 64;
const budget = 20_000; // milliseconds

const token = (tensor: Tensor, index: number): Tensor => tensor.slice(1, index, index + 1);

// The text is read again and again until enough tokens have passed: a session that lasts.
function repeatTokens(tensor: Tensor, count: number): Tensor {
  const [batch, tokens, heads, dim] = tensor.shape as readonly [number, number, number, number];
  const repeated = new Float32Array(batch * count * heads * dim);
  const source = tensor.data as Float32Array;
  for (let start = 0; start < count; start += tokens) {
    const part = Math.min(tokens, count - start) * heads * dim;
    repeated.set(source.subarray(0, part), start * heads * dim);
  }
  return Tensor.from(repeated, [batch, count, heads, dim]);
}

const linearOptions = { featureMap: 'elu1', normalize: true } as const;

/** Results of the last token. */
interface LastToken {
  readonly softmax: Tensor;
  readonly linear: Tensor;
}

interface Session {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly tokens: number;
}

/** Decodes a session with both attentions; a row whenever the number of tokens is one of `stops`. */
function decode(
  { q, k, v, tokens }: Session,
  stops: readonly number[],
  report: Report,
): { rows: DecodeRow[]; last: LastToken } {
  const rows: DecodeRow[] = [];
  let state: Tensor | undefined;
  let normalizer: Tensor | undefined;
  let last: LastToken | undefined;
  const times: { softmax: number[]; linear: number[] } = { softmax: [], linear: [] };
  const began = performance.now();
  for (let t = 0; t < tokens; t++) {
    const [query, key, value] = [token(q, t), token(k, t), token(v, t)];
    const [keys, values] = [k.slice(1, 0, t + 1), v.slice(1, 0, t + 1)];
    const start = performance.now();
    const softmax = attentionSync(query, keys, values);
    const middle = performance.now();
    const result = linearAttentionSync(query, key, value, { ...linearOptions, returnState: true, state, normalizer });
    times.linear.push(performance.now() - middle);
    times.softmax.push(middle - start);
    last = { softmax: softmax.out, linear: result.out };
    state?.dispose();
    normalizer?.dispose();
    state = result.state!;
    normalizer = result.normalizer!;
    if (!stops.includes(t + 1)) continue;
    report.progress(`decoding, ${t + 1} of ${tokens} tokens`);
    rows.push({
      tokens: t + 1,
      cacheBytes: tensorBytes(keys) + tensorBytes(values),
      stateBytes: tensorBytes(state) + tensorBytes(normalizer),
      softmaxTime: Math.min(...times.softmax.slice(-recentTokens)),
      linearTime: Math.min(...times.linear.slice(-recentTokens)),
    });
    // Twice as many tokens take about four times as long; a slow machine stops here.
    if (performance.now() - began > budget / 4) break;
  }
  return { rows, last: last! };
}

// The last token's results must be those of single causal calls over all tokens.
async function checkDecode(session: Session, tokens: number, last: LastToken): Promise<void> {
  const part = (tensor: Tensor): Tensor => tensor.slice(1, 0, tokens);
  const [q, k, v] = [part(session.q), part(session.k), part(session.v)];
  const whole = [await attention(q, k, v, { causal: true }), await linearAttention(q, k, v, linearOptions)];
  for (const [index, actual] of [last.softmax, last.linear].entries()) {
    const difference = largestDifference(actual.data, token(whole[index]!.out, tokens - 1).data);
    if (difference > tolerance) {
      throw new CommandError(`decoding is ${tiny(difference)} away from one call over all tokens`);
    }
  }
}

export async function decodeStep(report: Report, address: TextData, quick: boolean, machine: string): Promise<void> {
  report.heading('Decoding token by token');
  const layer = address.layers[0] as Layer;
  const tokens = quick ? 1024 : 8192;
  const stops = Array.from({ length: Math.log2(tokens) - 3 }, (_, index) => 16 * 2 ** index);
  const session: Session = {
    q: repeatTokens(layer.q, tokens),
    k: repeatTokens(layer.k, tokens),
    v: repeatTokens(layer.v, tokens),
    tokens,
  };
  report.progress(`decoding ${tokens} tokens`);
  const { rows, last } = decode(session, stops, report);
  await checkDecode(session, rows.at(-1)!.tokens, last);
  const [, , heads, dim] = layer.q.shape;
  report.line(
    `The Gettysburg Address (${address.tokens.length} tokens, ${heads} heads of dim ${dim}), read over and over as one session:`,
  );
  const right = (name: string): { name: string; align: 'right' } => ({ name, align: 'right' });
  report.block(
    table(
      ['tokens so far', 'keys and values', 'state', 'softmax / token', 'linear / token'].map(right),
      rows.map((row) => [
        tokenCount(row.tokens),
        byteSize(row.cacheBytes),
        byteSize(row.stateBytes),
        duration(row.softmaxTime),
        duration(row.linearTime),
      ]),
    ),
  );
  report.picture(
    join(report.folder, 'decode.svg'),
    decodeCharts(rows, `one layer, ${heads} heads of dim ${dim}, f32, ${machine}`),
  );
}
