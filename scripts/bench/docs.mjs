// Writes docs/benchmarks.md, and the numbers of README.md, from the files that --json wrote.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, root } from '../setup/steps.mjs';
import { writeReadme } from './readme.mjs';
import { describe, shareText } from './results.mjs';
import { duration, percent, significant } from './statistics.mjs';
import { markdownTable } from './table.mjs';

const intro = `# Benchmarks

Written by \`npm run bench -- --write-docs FILE…\` from measured results; the numbers are those of one machine on one day,
named above each table. \`scripts/bench/targets.json\` holds the speed to reach and the kernel that has to run each
case, and \`--check\` fails where either is missed.

How to read them: every case is measured once per round, in turns with what it is compared with, and the medians over
the rounds are shown; a ratio is the median of the rounds' own ratios, so that a load from outside meets both sides.
\`±\` is the distance from the median that half of the rounds stay within. The shares are of what a probe without any of
the package's kernels reaches on the same machine in the same round: multiply-adds in registers (FMA), one pass after the
other over memory as large as the case's (read), the same with every element rewritten in place (update). A probe is
itself a measurement and can be beaten by a few percent. A large \`±\` says that the machine was busy with
other work.`;

const peerNotes = `The peer runs each operator in the form that is fastest there: outputs allocated once, caches and states updated in
place, the same number of threads. It offers a promise only, which costs it some 20 µs per call; the package is called
through its synchronous twin. Before timing, both results are compared; \`apart\` is the largest difference between them
as a share of the largest value.`;

const caseColumns = [
  { title: 'case', of: (result) => `${result.case}<br>${result.about}` },
  { title: 'threads', of: ({ threads }) => threads, right: true },
  { title: 'time', of: ({ ms }) => (ms === undefined ? '' : duration(ms)), right: true },
  { title: '±', of: ({ spread }) => (spread === undefined ? '' : percent(spread)), right: true },
  { title: 'GFLOP/s', of: ({ gflops }) => (gflops > 0.05 ? significant(gflops) : ''), right: true },
  { title: 'GB/s', of: ({ gbs }) => (gbs > 0.05 ? significant(gbs) : ''), right: true },
  { title: 'share', of: shareText },
];

const peerColumns = [
  caseColumns[0],
  caseColumns[1],
  { title: 'own', of: ({ ms }) => duration(ms), right: true },
  { title: 'peer', of: ({ peer }) => duration(peer.ms), right: true },
  { title: 'faster', of: ({ ratio }) => `${significant(ratio)}×`, right: true },
  { title: 'apart', of: ({ difference }) => difference.toExponential(1), right: true },
  { title: 'peer’s operator', of: ({ peer }) => peer.operator },
];

const targetColumns = [
  { title: 'target', of: ({ id }) => id },
  { title: 'wanted', of: ({ bound }) => bound ?? '' },
  { title: 'measured', of: ({ text, reason }) => text ?? reason ?? '' },
  { title: 'verdict', of: ({ verdict }) => verdict },
];

/** Several runs of one command on one machine, each perhaps of some cases, are one section. */
function section(runs) {
  const [{ command, machine }] = runs;
  const withPeer = command === 'bench:peers';
  const results = runs.flatMap((run) => run.results);
  const targets = runs.flatMap((run) => run.targets);
  const times = results.filter(({ ms }) => ms !== undefined);
  const memory = results.filter(({ beyondTensors }) => beyondTensors !== undefined);
  const lines = [...new Set(runs.map(({ line, date }) => `\`${line}\` (${date})`))];
  return [
    withPeer ? `## Against ${machine.peer}` : '## The package alone',
    `Version ${machine.version} on ${describe(machine)}. ${lines.join(', ')}.`,
    ...(withPeer ? [peerNotes] : []),
    markdownTable(times, withPeer ? peerColumns : caseColumns),
    ...memory.map(
      ({ case: name, about, beyondTensors, growth, threads }) =>
        `\`${name}\` (${about}; ${threads} threads) takes ${significant(beyondTensors)} MiB beyond its tensors, ` +
        `${significant(growth)} MiB more than with half of the tokens.`,
    ),
    ...(targets.length > 0 ? ['### Targets', markdownTable(targets, targetColumns)] : []),
  ].join('\n\n');
}

function readRun(file) {
  if (!existsSync(file)) throw new SetupError(`${file} does not exist`);
  const run = JSON.parse(readFileSync(file, 'utf8'));
  if (run.toy) throw new SetupError(`${file} was measured at toy sizes`);
  return run;
}

export function writeDocs({ files, note }) {
  const runs = files.map(readRun);
  const sections = new Map();
  for (const run of runs) {
    const key = `${run.command} ${describe(run.machine)}`;
    sections.set(key, [...(sections.get(key) ?? []), run]);
  }
  const text = [intro, ...(note ? [note] : []), ...[...sections.values()].map(section)].join('\n\n');
  writeFileSync(join(root, 'docs/benchmarks.md'), `${text}\n`);
  console.log(`wrote docs/benchmarks.md from ${files.join(', ')}`);
  writeReadme(runs, note);
  return 0;
}
