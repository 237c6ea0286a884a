// npm run bench: the package through TypeScript's built dist, beside what the machine can do. --help lists the options.
import { availableParallelism } from 'node:os';
import { caseNames, chosenNames, groupsOf } from './bench/cases.mjs';
import { writeDocs } from './bench/docs.mjs';
import { loadLibrary, machine } from './bench/library.mjs';
import { measureMemory, memoryCases } from './bench/memory.mjs';
import { BadUse, readOptions } from './bench/options.mjs';
import { startProbe } from './bench/probe.mjs';
import { conclude, describe, progress } from './bench/results.mjs';
import { runGroup } from './bench/run-cases.mjs';
import { rivals } from './bench/targets.mjs';
import { SetupError } from './setup/steps.mjs';

const options = readOptions('bench');

async function main() {
  const chosen = new Set(chosenNames(options.filter, [...caseNames, ...Object.keys(memoryCases)]));
  const lib = loadLibrary();
  const about = machine(lib);
  const threadLimit = availableParallelism();
  const probe = startProbe(about.isa, options);
  const report = progress();
  const results = [];
  console.log(describe(about));
  for (const group of groupsOf(new Set([...chosen, ...rivals('bench', chosen)]))) {
    results.push(...(await runGroup(lib, probe, group, { ...options, threadLimit, report })));
  }
  probe.stop();
  const memory = Object.keys(memoryCases).filter((name) => chosen.has(name));
  if (memory.length > 0) results.push(...measureMemory(memory, { ...options, threadLimit }));
  report();
  return conclude('bench', { options, machine: about, selected: chosen }, results);
}

try {
  process.exitCode = options.writeDocs ? writeDocs(options) : await main();
} catch (error) {
  if (!(error instanceof SetupError || error instanceof BadUse)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = error instanceof BadUse ? 2 : 1;
}
