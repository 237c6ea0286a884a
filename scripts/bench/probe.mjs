// Builds native/bench/probe.cc when its sources have changed, and keeps it running to be asked between measurements.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { SetupError, root, run, stampOf, upToDate, writeStamp } from '../setup/steps.mjs';

const binary = join(root, 'build/bench/probe');
const stampFile = `${binary}.stamp`;

function build() {
  const compiler = process.env.CXX?.split(' ').at(-1) ?? 'g++';
  const sources = ['native/bench/probe.cc', 'native/bench/probe_loops.h'];
  const stamp = stampOf(sources, [compiler]);
  if (existsSync(binary) && upToDate(stampFile, stamp)) return;
  mkdirSync(dirname(binary), { recursive: true });
  const args = ['-std=c++17', '-O3', '-pthread', '-Inative', sources[0], '-o', binary];
  run(compiler, args, "the probe of this machine's peaks does not compile");
  writeStamp(stampFile, stamp);
}

/** What the machine can do with one instruction set: GFLOP/s and GB/s, measured anew at each call. */
export function startProbe(isa, { toy = false } = {}) {
  build();
  const child = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ms = toy ? 2 : 40;
  const ask = async (kind, threads, bytes = 0) => {
    child.stdin.write(`${kind} ${isa} ${threads} ${ms} ${bytes}\n`);
    const { value, done } = await lines.next();
    if (done) throw new SetupError("the probe of this machine's peaks stopped");
    return Number(value);
  };
  return {
    fma: (threads) => ask('fma', threads),
    bf16: (threads) => ask('bf16', threads),
    read: (threads, bytes) => ask('read', threads, bytes),
    update: (threads, bytes) => ask('update', threads, bytes),
    stop: () => child.stdin.end(),
  };
}
