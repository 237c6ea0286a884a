// Judges measured results by the rows of targets.json.
import { readFileSync } from 'node:fs';
import { medianRatio, percent, significant } from './statistics.mjs';

export const targets = JSON.parse(readFileSync(new URL('targets.json', import.meta.url), 'utf8')).rows;

const keyOf = (name, threads) => `${name}@${threads}`;

const judges = {
  speedup(row, own, other) {
    const value = medianRatio(other.rounds, own.rounds);
    return {
      value,
      text: `${significant(value)}×`,
      bound: `≥ ${row.speedup.atLeast}×`,
      ok: value >= row.speedup.atLeast,
    };
  },
  // Where the option is a matrix that has to be read, the time to read it at the measured bandwidth comes off first.
  slowdown(row, own, other) {
    const { atMost, plusReading } = row.slowdown;
    const reading = plusReading ? own.optionBytes / (own.probes.read * 1e6) : 0;
    const value = medianRatio(
      own.rounds.map((ms) => ms - reading),
      other.rounds,
    );
    const slower = row.sameKernel && own.kernel !== other.kernel;
    return {
      value,
      text: `${significant(value)}×${slower ? `, by ${own.kernel} where plain takes ${other.kernel}` : ''}`,
      bound: `≤ ${atMost}×${plusReading ? ` beyond ${significant(reading)} ms of reading it` : ''}`,
      ok: value <= atMost && !slower,
    };
  },
  share(row, own) {
    const { of, atLeast } = row.share;
    const value = own.shares[of];
    const alsoFma = of === 'fma' ? '' : `; ${percent(own.shares.fma)} of fma`;
    const text = `${percent(value)}${own.shares.fma === undefined ? '' : alsoFma}`;
    return { value, text, bound: `≥ ${percent(atLeast)} of ${of}`, ok: value >= atLeast };
  },
  time(row, own) {
    const value = own.ms * 1000;
    return { value, text: `${significant(value)} µs`, bound: `≤ ${row.time.atMost} µs`, ok: value <= row.time.atMost };
  },
  memory(row, own) {
    const { atMost, growth = Number.POSITIVE_INFINITY } = row.memory;
    const value = own.beyondTensors;
    return {
      value,
      text: `${significant(value)} MiB, ${significant(own.growth)} more with four times the tokens`,
      bound: `≤ ${atMost} MiB${row.memory.growth === undefined ? '' : `, growing ≤ ${growth}`}`,
      ok: value <= atMost && own.growth <= growth,
    };
  },
};

function skipReason(row, { isa, cores }) {
  if (row.needs && isa !== row.needs) return `needs ${row.needs}, this run uses ${isa}`;
  if (row.threads > cores) return `needs ${row.threads} cores, this machine has ${cores}`;
  return undefined;
}

/** Rows of one command over the selected cases: verdict 'met', 'missed', 'skipped' (the machine lacks what it needs) or 'not measured'. */
export function judge(command, results, machine, selected) {
  const byKey = new Map(results.map((result) => [keyOf(result.case, result.threads), result]));
  return targets
    .filter((row) => row.command === command && selected.has(row.case))
    .map((row) => {
      const about = { id: row.id, case: row.case, threads: row.threads, over: row.over };
      const reason = skipReason(row, machine);
      if (reason) return { ...about, verdict: 'skipped', reason };
      const own = byKey.get(keyOf(row.case, row.threads));
      const peer = command === 'bench:peers' ? own?.peer : undefined;
      const other = peer ?? (row.over ? byKey.get(keyOf(row.over, row.overThreads ?? row.threads)) : undefined);
      if (!own || (row.over && !other)) return { ...about, verdict: 'not measured' };
      const kind = Object.keys(judges).find((name) => name in row);
      const { ok, ...judged } = judges[kind](row, own, other);
      return { ...about, ...judged, kind, verdict: ok ? 'met' : 'missed' };
    });
}
