// Measures the package's own cases: builds their calls, times them in turns with the machine's limits, adds them up.
import { attentionCase } from './attention-case.mjs';
import { sized } from './cases.mjs';
import { linearCase } from './linear-case.mjs';
import { measureInTurns } from './measure.mjs';
import { sessionsCase } from './sessions-case.mjs';
import { median, medianRatio, spread } from './statistics.mjs';

const builders = { attention: attentionCase, linearAttention: linearCase, sessions: sessionsCase };
/** Gives the memory of a case back. */
export function release({ tensors, dispose }) {
  dispose?.();
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

export const buildCase = (lib, spec) => builders[spec.op](lib, spec);

const dramBytes = 256 * 2 ** 20;

// The limits a case is compared with, asked for right before it is timed.
function probesOf(probe, spec, built, threads, toy) {
  const bytes = Math.min(toy ? 2 ** 20 : dramBytes, Math.max(built.read ?? built.update ?? 0, 2 ** 20));
  const probes = {};
  if (spec.against === 'fma' || spec.against === 'read') probes.fma = () => probe.fma(threads);
  if (spec.against === 'fma' && spec.dtype === 'bf16') probes.bf16 = () => probe.bf16(threads);
  if (spec.against === 'read') probes.read = () => probe.read(threads, bytes);
  if (spec.against === 'update') probes.update = () => probe.update(threads, bytes);
  if (built.optionBytes > 0) probes.read = () => probe.read(threads, toy ? 2 ** 20 : dramBytes / 4);
  return probes;
}

/** Billions per second in each round: floating-point operations, or bytes. */
const rates = (amount, rounds) => rounds.map((ms) => amount / ms / 1e6);

function sharesOf({ spec, built }, { ms, probes }) {
  const amounts = { fma: built.flops, bf16: built.flops, read: built.read, update: built.update * 2 };
  const held = [spec.against, 'fma', 'bf16'].filter((name) => probes[name]?.every((limit) => limit > 0));
  return Object.fromEntries(
    [...new Set(held)].map((name) => [name, medianRatio(rates(amounts[name], ms), probes[name])]),
  );
}

export function summarise({ spec, threads, built }, { ms, probes }) {
  const typical = median(ms);
  return {
    case: spec.id,
    threads,
    about: spec.about,
    kernel: built.kernel(),
    ms: typical,
    spread: spread(ms),
    rounds: ms,
    flops: built.flops,
    gflops: built.flops / typical / 1e6,
    gbs: built.bytes / typical / 1e6,
    optionBytes: built.optionBytes,
    probes: Object.fromEntries(Object.entries(probes).map(([name, values]) => [name, median(values)])),
    shares: sharesOf({ spec, built }, { ms, probes }),
  };
}

export async function runGroup(lib, probe, group, { toy, rounds = group.rounds ?? 7, threadLimit, report }) {
  const entries = group.cases.flatMap((full) => {
    const spec = sized(full, toy);
    const built = buildCase(lib, spec);
    return spec.threads
      .filter((threads) => threads <= threadLimit)
      .map((threads) => ({
        id: `${spec.id}@${threads}`,
        spec,
        threads,
        built,
        call: built.call,
        isAsync: built.isAsync,
        prepare: () => lib.setThreads(threads),
        probes: probesOf(probe, spec, built, threads, toy),
      }));
  });
  const times = { rounds: toy ? 1 : rounds, ms: toy ? 1 : 60, settle: toy ? 0 : 5, report };
  const measured = await measureInTurns(entries, times);
  const results = entries.map((entry) => summarise(entry, measured[entry.id]));
  for (const { built } of entries) release(built);
  return results;
}
