// Times calls with tinybench, in turns: every round measures each entry once, so that a load from outside or a clock
// that changes meets all of them alike, and what is compared is compared within a round.
import { setTimeout as sleep } from 'node:timers/promises';
import { Bench } from 'tinybench';

/** Median milliseconds of one call, over at least `atLeast` calls and about `ms` of them. */
async function timeOnce({ call, isAsync = false }, { ms, atLeast }) {
  const bench = new Bench({ time: ms, iterations: atLeast, warmup: false, throws: true });
  bench.add('call', call, { async: isAsync });
  if (isAsync) await bench.run();
  else bench.runSync();
  return bench.tasks[0].result.latency.p50;
}

/**
 * @param {{ id: string, call: () => unknown, isAsync?: boolean, prepare?: () => void, calls?: number,
 *   probes?: Record<string, () => Promise<number>> }[]} entries
 *   `calls`: how many units of work one call does; `probes`: asked right before the entry is timed.
 * @returns {Promise<Record<string, { ms: number[], probes: Record<string, number[]> }>>} one number per round
 */
export async function measureInTurns(entries, { rounds, ms, atLeast = 1, settle = 40, report = () => {} }) {
  const noProbes = (probes) => Object.fromEntries(Object.keys(probes).map((name) => [name, []]));
  const results = Object.fromEntries(entries.map(({ id, probes = {} }) => [id, { ms: [], probes: noProbes(probes) }]));
  for (let round = 0; round < rounds; ++round) {
    for (const entry of entries) {
      report(entry.id, round);
      const { id, calls = 1, probes = {} } = entry;
      for (const [name, ask] of Object.entries(probes)) results[id].probes[name].push(await ask());
      entry.prepare?.();
      await sleep(settle); // the other side's threads stop spinning
      await entry.call();
      results[id].ms.push((await timeOnce(entry, { ms, atLeast })) / calls);
    }
  }
  return results;
}
