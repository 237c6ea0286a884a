// Judges measured results by the rows of targets.json.
import { readFileSync } from 'node:fs';
import { medianRatio, percent, significant } from './statistics.mjs';

export const targets = JSON.parse(readFileSync(new URL('targets.json', import.meta.url), 'utf8')).rows;

/** The cases that rows of the chosen ones are measured against. */
export const rivals = (command, chosen) =>
  new Set(targets.filter((row) => row.command === command && chosen.has(row.case) && row.over).map((row) => row.over));

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
    const { atMost, aim, plusReading, perScore } = row.slowdown;
    const reading = plusReading ? own.optionBytes / (own.probes.read * 1e6) : 0;
    const amount = perScore ? own.flops / other.flops : 1;
    const value = medianRatio(
      own.rounds.map((ms) => (ms - reading) / amount),
      other.rounds,
    );
    const beyond = plusReading ? ` beyond ${significant(reading)} ms of reading it` : '';
    return {
      value,
      text: `${significant(value)}×`,
      bound: `≤ ${atMost}×${perScore ? ' per score' : ''}${beyond}${aim ? `, aim ${aim}×` : ''}`,
      ok: value <= atMost,
    };
  },
  share(row, own) {
    const { of, atLeast, aim } = row.share;
    const value = own.shares[of];
    const alsoFma = of === 'fma' ? '' : `; ${percent(own.shares.fma)} of fma`;
    const text = `${percent(value)}${own.shares.fma === undefined ? '' : alsoFma}`;
    return {
      value,
      text,
      bound: `≥ ${percent(atLeast)} of ${of}${aim ? `, aim ${percent(aim)}` : ''}`,
      ok: value >= atLeast,
    };
  },
  time(row, own) {
    const value = own.ms * 1000;
    return { value, text: `${significant(value)} µs`, bound: `≤ ${row.time.atMost} µs`, ok: value <= row.time.atMost };
  },
  memory(row, own) {
    const { atMost, growth } = row.memory;
    const value = own.beyondTensors;
    return {
      value,
      text: `${significant(value)} MiB, ${significant(own.growth)} more than for half the tokens`,
      bound: `≤ ${atMost} MiB, growing ≤ ${growth}`,
      ok: value <= atMost && own.growth <= growth,
    };
  },
};

/** Which kernel ran a case, when it is not the first choice for the row's operation, form and type. */
function wrongKernel({ kernel }, own, machine) {
  const wanted = kernel && machine.preferred.find((id) => id.endsWith(`/${kernel}`));
  return wanted === own.kernel ? '' : `by ${own.kernel} instead of ${wanted}`;
}

function skipReason(row, { isa, cores, system }) {
  if (row.needs && !row.needs.includes(isa)) return `needs ${row.needs.join(' or ')}, this run uses ${isa}`;
  if (row.threads > cores) return `needs ${row.threads} cores, this machine has ${cores}`;
  if (row.memory && !system.startsWith('linux')) return "memory is read from Linux's /proc";
  return undefined;
}

/** Verdicts of `one(row, own, find)` on the rows of a command over the chosen cases. */
function verdicts(command, results, machine, selected, one) {
  const byKey = new Map(results.map((result) => [keyOf(result.case, result.threads), result]));
  const find = (name, threads) => byKey.get(keyOf(name, threads));
  return targets
    .filter((row) => row.command === command && selected.has(row.case))
    .map((row) => {
      const about = { id: row.id, case: row.case, threads: row.threads, over: row.over };
      const reason = skipReason(row, machine);
      if (reason) return { ...about, verdict: 'skipped', reason };
      const own = find(row.case, row.threads);
      return { ...about, ...((own && one(row, own, find)) ?? { verdict: 'not measured' }) };
    });
}

const verdict = (ok) => (ok ? 'met' : 'missed');

/** Each row 'met', 'missed', 'skipped' (the machine lacks what it needs) or 'not measured'. */
export function judge(command, results, machine, selected) {
  return verdicts(command, results, machine, selected, (row, own, find) => {
    const other = own.peer ?? (row.over && find(row.over, row.overThreads ?? row.threads));
    if (row.over && !other) return undefined;
    const kind = Object.keys(judges).find((name) => name in row);
    const { ok, text, ...judged } = judges[kind](row, own, other);
    const wrong = wrongKernel(row, own, machine);
    return { ...judged, text: wrong ? `${text}, ${wrong}` : text, kind, verdict: verdict(ok && !wrong) };
  });
}

/** The same for sizes whose times say nothing: whether each case is run by the kernel of its row. */
export function judgeKernels(command, results, machine, selected) {
  return verdicts(command, results, machine, selected, (row, own) => {
    const wrong = wrongKernel(row, own, machine);
    return { kind: 'kernel', text: wrong, bound: row.kernel, verdict: verdict(!wrong) };
  });
}
