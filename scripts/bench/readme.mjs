// The short table of README.md, from a run against a peer.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/steps.mjs';
import { describe } from './results.mjs';
import { duration, significant } from './statistics.mjs';
import { markdownTable } from './table.mjs';

const marks = ['<!-- numbers: npm run bench:peers -- --write-docs FILE… -->', '<!-- end of numbers -->'];

/** What a reader without the other tables needs to know of each case. */
const headlines = {
  'softmax.full.f32.d128': 'softmax, every token sees all 4096, 8 heads of 128',
  'softmax.causal.f32.d128': 'softmax, causal, 4096 tokens, 8 heads of 128',
  'softmax.decode.f32.4k': 'softmax, one token over 4096 keys, 32 query and 8 key heads of 128',
  'softmax.decode.f32.64k': 'softmax, one token over 65536 keys, 32 query and 8 key heads of 128',
  'linear.linear': 'linear attention, 4096 tokens, 16 heads of 128',
  'linear.gated': 'linear attention with decay, 4096 tokens, 16 heads of 128',
  'linear.gated_delta': 'gated delta rule, 4096 tokens, 16 heads of 128',
  'linear.step': 'gated delta rule, one token, 32 heads of 128',
};

const columns = [
  { title: 'f32', of: ({ case: name }) => headlines[name] },
  { title: 'threads', of: ({ threads }) => threads, right: true },
  { title: 'this package', of: ({ ms }) => duration(ms), right: true },
  { title: 'onnxruntime', of: ({ peer }) => duration(peer.ms), right: true },
  { title: 'faster', of: ({ ratio }) => `**${significant(ratio, 2)}×**`, right: true },
];

/** The runs on one machine, under its name. */
function machineTable(runs) {
  const [{ date, machine }] = runs;
  const results = runs.flatMap((run) => run.results);
  const rows = Object.keys(headlines).flatMap((name) =>
    results.filter((result) => result.case === name && result.peer),
  );
  return `${markdownTable(rows, columns)}\n\n\`npm run bench:peers\`, ${date}; ${describe(machine)}.`;
}

export function writeReadme(runs, note) {
  const chosen = runs.filter(({ command }) => command === 'bench:peers');
  if (chosen.length === 0) return;
  const machines = [...new Set(chosen.map(({ machine }) => describe(machine)))];
  const text = [
    `Against ${chosen[0].machine.peer} in one process, in turns, with the same threads; medians.`,
    ...machines.map((name) => machineTable(chosen.filter(({ machine }) => describe(machine) === name))),
    ...(note ? [note] : []),
    'More cases, with shares of what the machine can do at all: [docs/benchmarks.md](docs/benchmarks.md).',
  ].join('\n\n');
  const path = join(root, 'README.md');
  const readme = readFileSync(path, 'utf8');
  const [from, to] = [readme.indexOf(marks[0]) + marks[0].length, readme.indexOf(marks[1])];
  writeFileSync(path, `${readme.slice(0, from)}\n\n${text}\n\n${readme.slice(to)}`);
  console.log('wrote the numbers of README.md');
}
