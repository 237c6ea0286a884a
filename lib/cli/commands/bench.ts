// `hybrid-attention bench`: a short table of this machine's speed. The project's own npm run bench is the careful one.
import { Command } from 'commander';
import { attention, attentionSync, info, linearAttention, linearAttentionSync, type Tensor } from '../../index';
import { medianTime } from '../measure';
import { randomTensor } from '../numbers/random';
import { progress, progressDone } from '../terminal/progress';
import { duration } from '../terminal/quantities';
import { table } from '../terminal/table';

interface Measured {
  readonly name: string;
  readonly shape: string;
  readonly tokens: number;
  readonly milliseconds: number;
  readonly tokensPerSecond: number;
}

interface Case {
  readonly name: string;
  readonly shape: string;
  /** Tokens that one call produces. */
  readonly tokens: number;
  /** Makes the inputs and returns the call to measure. */
  readonly prepare: () => () => unknown;
}

function softmaxPrefill(tokens: number): Case {
  const [heads, kvHeads, dim] = [16, 4, 128];
  return {
    name: 'softmax prefill',
    shape: `${tokens} tokens, ${heads}/${kvHeads} heads × ${dim}`,
    tokens,
    prepare: () => {
      const q = randomTensor([1, tokens, heads, dim], 1);
      const [k, v] = [randomTensor([1, tokens, kvHeads, dim], 2), randomTensor([1, tokens, kvHeads, dim], 3)];
      return () => attention(q, k, v, { causal: true });
    },
  };
}

function softmaxDecode(keys: number): Case {
  const [heads, kvHeads, dim] = [32, 8, 128];
  return {
    name: 'softmax decode',
    shape: `1 token, ${keys} keys, ${heads}/${kvHeads} heads × ${dim}`,
    tokens: 1,
    prepare: () => {
      const q = randomTensor([1, 1, heads, dim], 1);
      const [k, v] = [randomTensor([1, keys, kvHeads, dim], 2), randomTensor([1, keys, kvHeads, dim], 3)];
      return () => attentionSync(q, k, v);
    },
  };
}

interface GatedInputs {
  readonly qkv: readonly [Tensor, Tensor, Tensor];
  readonly options: { readonly updateRule: 'gated_delta'; readonly decay: Tensor; readonly beta: Tensor };
}

function gatedInputs(tokens: number, heads: number, dim: number): GatedInputs {
  const shape = [1, tokens, heads, dim];
  const unit = (x: number): number => x * 0.153; // √(3 / 128): keys of about length 1
  return {
    qkv: [randomTensor(shape, 1, unit), randomTensor(shape, 2, unit), randomTensor(shape, 3)],
    options: {
      updateRule: 'gated_delta',
      decay: randomTensor([1, tokens, heads], 4, (x) => (x - 1) / 20),
      beta: randomTensor([1, tokens, heads], 5, (x) => (x + 1) / 2),
    },
  };
}

function linearPrefill(tokens: number): Case {
  const [heads, dim] = [16, 128];
  return {
    name: 'gated delta prefill',
    shape: `${tokens} tokens, ${heads} heads × ${dim}`,
    tokens,
    prepare: () => {
      const { qkv, options } = gatedInputs(tokens, heads, dim);
      return () => linearAttention(...qkv, options);
    },
  };
}

function linearDecode(): Case {
  const [heads, dim] = [32, 128];
  return {
    name: 'gated delta decode',
    shape: `1 token, ${heads} heads × ${dim}`,
    tokens: 1,
    prepare: () => {
      const { qkv, options } = gatedInputs(1, heads, dim);
      let { state } = linearAttentionSync(...qkv, { ...options, returnState: true });
      return () => {
        const before = state;
        state = linearAttentionSync(...qkv, { ...options, state: before, returnState: true }).state;
        before?.dispose();
      };
    },
  };
}

const quickCases: readonly Case[] = [softmaxPrefill(512), softmaxDecode(4096), linearPrefill(512), linearDecode()];
const allCases: readonly Case[] = [
  softmaxPrefill(512),
  softmaxPrefill(2048),
  softmaxDecode(4096),
  softmaxDecode(16384),
  linearPrefill(512),
  linearPrefill(2048),
  linearPrefill(8192),
  linearDecode(),
];

async function bench({ json, quick }: { readonly json: boolean; readonly quick: boolean }): Promise<void> {
  const cases = quick ? quickCases : allCases;
  const effort = { enough: quick ? 50 : 300, rounds: 200 };
  const { version, isa, threads } = info();
  const results: Measured[] = [];
  for (const [index, { name, shape, tokens, prepare }] of cases.entries()) {
    progress(`${index + 1} of ${cases.length}: ${name}, ${shape}`);
    const milliseconds = await medianTime(prepare(), effort);
    results.push({ name, shape, tokens, milliseconds, tokensPerSecond: (tokens * 1000) / milliseconds });
  }
  progressDone();
  if (json) {
    console.log(JSON.stringify({ version, isa, threads, dtype: 'f32', results }, null, 2));
    return;
  }
  console.log(
    `hybrid-attention ${version}: ${isa}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, f32; softmax prefill is causal\n`,
  );
  const right = (name: string): { name: string; align: 'right' } => ({ name, align: 'right' });
  console.log(
    table(
      [{ name: 'case' }, { name: 'size' }, right('median time'), right('tokens/s')],
      results.map((row) => [row.name, row.shape, duration(row.milliseconds), row.tokensPerSecond.toFixed(0)]),
    ),
  );
}

export function benchCommand(): Command {
  return new Command('bench')
    .description('a short table of how fast this machine runs both attentions')
    .option('--json', 'print JSON instead of a table', false)
    .option('--quick', 'a few short cases', false)
    .action(bench);
}
