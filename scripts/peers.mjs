// npm run bench:peers: the package against onnxruntime-node, in one process, with the same threads and the same memory,
// in turns. Both must give the same numbers before either is timed. --help lists the options.
import { availableParallelism } from 'node:os';
import { chosenNames, findCase, sized } from './bench/cases.mjs';
import { writeDocs } from './bench/docs.mjs';
import { loadLibrary, machine } from './bench/library.mjs';
import { measureInTurns } from './bench/measure.mjs';
import { loadOnnxruntime, openSession } from './bench/onnxruntime.mjs';
import { BadUse, readOptions } from './bench/options.mjs';
import { peerGraph } from './bench/peer-graphs.mjs';
import { conclude, describe, progress } from './bench/results.mjs';
import { buildCase, release, summarise } from './bench/run-cases.mjs';
import { duration, median, medianRatio, significant, spread } from './bench/statistics.mjs';
import { targets } from './bench/targets.mjs';
import { SetupError } from './setup/steps.mjs';

const options = readOptions('bench:peers');
const tolerance = 1e-4; // of the largest value; both sum in f32, in different orders

function checkSame(id, ours, theirs) {
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < ours.length; ++i) {
    largest = Math.max(largest, Math.abs(theirs[i]));
    const apart = Math.abs(ours[i] - theirs[i]);
    difference = apart > difference || Number.isNaN(apart) ? apart : difference;
  }
  if (!(difference <= tolerance * largest)) {
    throw new SetupError(`${id}: the two results differ by ${difference} where values reach ${largest}`);
  }
  return difference / largest;
}

async function compare(lib, ort, { id, threads }, report) {
  const spec = sized(findCase(id), options.toy);
  lib.setThreads(threads);
  const built = buildCase(lib, spec);
  const { operator, bytes, feeds, fetches } = peerGraph(ort, spec, built.tensors);
  const session = await openSession(ort, bytes, threads);
  built.call();
  await session.run(feeds, fetches);
  const difference = checkSame(id, built.tensors.out.data, fetches.out.data);
  const entries = [
    { id: 'own', call: built.call },
    { id: 'peer', call: () => session.run(feeds, fetches), isAsync: true },
  ];
  const times = options.toy ? { rounds: 1, ms: 1, settle: 0 } : { rounds: options.rounds ?? 9, ms: 60 };
  const measured = await measureInTurns(entries, { ...times, report: (side, round) => report(`${id} ${side}`, round) });
  const own = summarise({ spec, threads, built }, measured.own);
  const rounds = measured.peer.ms;
  await session.release();
  release(built);
  return {
    ...own,
    difference,
    peer: { operator, ms: median(rounds), spread: spread(rounds), rounds },
    ratio: medianRatio(rounds, own.rounds),
  };
}

const columns = [
  { title: 'case', of: ({ case: name }) => name },
  { title: 'threads', of: ({ threads }) => threads, right: true },
  { title: 'own', of: ({ ms }) => duration(ms), right: true },
  { title: 'peer', of: ({ peer }) => duration(peer.ms), right: true },
  { title: 'faster', of: ({ ratio }) => `${significant(ratio)}×`, right: true },
  { title: 'apart', of: ({ difference }) => difference.toExponential(1), right: true },
  { title: 'operator', of: ({ peer }) => peer.operator },
  { title: 'kernel', of: ({ kernel }) => kernel },
];

async function main() {
  const peerRows = targets.filter(({ command }) => command === 'bench:peers');
  const selected = new Set(chosenNames(options.filter, [...new Set(peerRows.map((row) => row.case))]));
  const lib = loadLibrary();
  const about = machine(lib);
  const { ort, version } = loadOnnxruntime();
  const report = progress();
  const threadLimit = availableParallelism();
  const rows = peerRows.filter((row) => selected.has(row.case) && row.threads <= threadLimit);
  console.log(`${describe(about)}; onnxruntime-node ${version}`);
  const results = [];
  for (const row of rows) results.push(await compare(lib, ort, { id: row.case, threads: row.threads }, report));
  report();
  return conclude(
    'bench:peers',
    { options, machine: { ...about, peer: `onnxruntime-node ${version}` }, selected },
    results,
    columns,
  );
}

try {
  process.exitCode = options.writeDocs ? writeDocs(options) : await main();
} catch (error) {
  if (!(error instanceof SetupError || error instanceof BadUse)) throw error;
  console.error(`bench:peers: ${error.message}`);
  process.exitCode = error instanceof BadUse ? 2 : 1;
}
