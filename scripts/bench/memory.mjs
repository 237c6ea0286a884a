// How much memory a call needs beyond its tensors: the process's own peak before and after one call. Run as a child
// process, once per size, so that nothing else has raised the peak: node memory.mjs CASE TOKENS THREADS
import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadLibrary } from './library.mjs';
import { buildCase } from './run-cases.mjs';
import { findCase } from './cases.mjs';

const script = fileURLToPath(import.meta.url);
export const memoryCases = { 'memory.softmax': 'softmax.causal.f32.d128', 'memory.linear': 'linear.gated_delta' };

const statusKiB = (field) =>
  Number(readFileSync('/proc/self/status', 'utf8').match(new RegExp(`${field}:\\s*(\\d+)`))[1]);

function measureHere([id, tokens, threads]) {
  const lib = loadLibrary();
  lib.setThreads(Number(threads));
  const build = (T) => buildCase(lib, { ...findCase(id), T, S: T });
  build(1).call(); // code, pool and stacks
  const { call, tensors } = build(Number(tokens));
  for (const tensor of Object.values(tensors)) tensor.data.fill(tensor.data[0]); // every page is there
  writeFileSync('/proc/self/clear_refs', '5'); // the peak starts from here
  const before = statusKiB('VmRSS');
  call();
  console.log(Math.max(0, statusKiB('VmHWM') - before) / 1024);
}

function beyondTensors(id, tokens, threads) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, id, tokens, threads].map(String), {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`measuring the memory of ${id} failed:\n${stderr}`);
  return Number(stdout);
}

/** MiB beyond its tensors that one prefill takes, at 16384 tokens, and how much of it 4096 tokens do not need. */
export function measureMemory(names, { threadLimit, toy }) {
  if (process.platform !== 'linux') return [];
  const [few, many] = toy ? [64, 256] : [4096, 16384];
  const threads = Math.min(2, threadLimit);
  return names.map((name) => {
    const id = memoryCases[name];
    const peak = beyondTensors(id, many, threads);
    const growth = peak - beyondTensors(id, few, threads);
    return { case: name, threads, about: `memory beyond the tensors, ${many} tokens`, beyondTensors: peak, growth };
  });
}

if (process.argv[1] === script) measureHere(process.argv.slice(2));
