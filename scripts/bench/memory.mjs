// How much memory a call needs beyond its tensors: the process's own peak before and after one call. Run as a child
// process, once per size, so that nothing else has raised the peak: node memory.mjs CASE TOKENS THREADS
import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cachedCase } from './cached-case.mjs';
import { findCase } from './cases.mjs';
import { loadLibrary } from './library.mjs';
import { buildCase } from './run-cases.mjs';
import { median } from './statistics.mjs';

const script = fileURLToPath(import.meta.url);

const ofCase = (id) => (lib, T) => buildCase(lib, { ...findCase(id), T, S: T });
const cached = { dtype: 'f32', Hq: 8, Hkv: 8, D: 128 };

/** By name: what is measured, and its call over a number of tokens. */
export const memoryCases = {
  'memory.softmax': { about: 'causal prefill', build: ofCase('softmax.causal.f32.d128') },
  'memory.linear': { about: 'prefill of the gated delta rule', build: ofCase('linear.gated_delta') },
  'memory.cached-prompt': {
    about: 'a prompt appended to an empty cache',
    build: (lib, tokens) => cachedCase(lib, { ...cached, S: 0, T: tokens }),
  },
  'memory.cached-step': {
    about: 'one token appended to a cache',
    build: (lib, tokens) => cachedCase(lib, { ...cached, S: tokens, T: 1 }),
  },
};

const statusKiB = (field) =>
  Number(readFileSync('/proc/self/status', 'utf8').match(new RegExp(`${field}:\\s*(\\d+)`))[1]);

function measureHere([name, tokens, threads]) {
  const lib = loadLibrary();
  lib.setThreads(Number(threads));
  const { build } = memoryCases[name];
  build(lib, 1).call(); // code, pool and stacks
  const { call, tensors } = build(lib, Number(tokens));
  for (const tensor of Object.values(tensors)) tensor.data.fill(tensor.data[0]); // every page is there
  writeFileSync('/proc/self/clear_refs', '5'); // the peak starts from here
  const before = statusKiB('VmRSS');
  call();
  console.log(Math.max(0, statusKiB('VmHWM') - before) / 1024);
}

/** The median of some processes: what the runtime itself allocates meanwhile differs. */
function beyondTensors(name, tokens, threads, processes) {
  const measured = Array.from({ length: processes }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, name, tokens, threads].map(String), {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`measuring ${name} failed:\n${stderr}`);
    return Number(stdout);
  });
  return median(measured);
}

/** MiB beyond its tensors that one call takes over 8192 tokens, and how much of it 4096 tokens do not need. */
export function measureMemory(names, { threadLimit, toy }) {
  if (process.platform !== 'linux') return [];
  const [few, many] = toy ? [64, 128] : [4096, 8192];
  const threads = Math.min(2, threadLimit);
  const processes = toy ? 1 : 3;
  return names.map((name) => {
    const peak = beyondTensors(name, many, threads, processes);
    const growth = peak - beyondTensors(name, few, threads, processes);
    return { case: name, threads, about: `${memoryCases[name].about}, ${many} tokens`, beyondTensors: peak, growth };
  });
}

if (process.argv[1] === script) measureHere(process.argv.slice(2));
