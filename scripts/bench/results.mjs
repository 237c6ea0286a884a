// What all benchmark commands do with their results: print them, judge them, write them to a file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { judge, judgeKernels } from './targets.mjs';
import { textTable } from './table.mjs';
import { duration, percent, significant } from './statistics.mjs';

const limitNames = { fma: 'FMA', bf16: 'bf16', read: 'read', update: 'update' };

/** Shares of what the machine can do, the case's own limit first. */
export const shareText = ({ shares = {} }) =>
  Object.entries(shares)
    .filter(([, share]) => share > 0)
    .map(([name, share]) => `${percent(share)} ${limitNames[name]}`)
    .join(', ');

export const timeColumns = [
  { title: 'case', of: ({ case: name }) => name },
  { title: 'threads', of: ({ threads }) => threads, right: true },
  { title: 'time', of: ({ ms }) => (ms === undefined ? '' : duration(ms)), right: true },
  { title: '±', of: ({ spread }) => (spread === undefined ? '' : percent(spread)), right: true },
  { title: 'GFLOP/s', of: ({ gflops }) => (gflops > 0.05 ? significant(gflops) : ''), right: true },
  { title: 'GB/s', of: ({ gbs }) => (gbs > 0.05 ? significant(gbs) : ''), right: true },
  { title: 'share', of: shareText },
  {
    title: 'kernel',
    of: ({ kernel, beyondTensors }) =>
      kernel ?? (beyondTensors === undefined ? '' : `${significant(beyondTensors)} MiB`),
  },
];

export const targetColumns = [
  { title: 'target', of: ({ id }) => id },
  { title: 'case', of: (row) => `${row.case}@${row.threads}${row.over ? ` / ${row.over}` : ''}` },
  { title: 'wanted', of: ({ bound }) => bound ?? '' },
  { title: 'measured', of: ({ text, reason }) => text ?? reason ?? '' },
  { title: 'verdict', of: ({ verdict }) => verdict },
];

export function describe({ cpu, cores, isa, memory, system, node }) {
  return `${cpu}, ${cores} cores, ${memory}; ${isa}; ${system}, Node ${node}`;
}

/**
 * Ends the command: prints the verdicts, writes the file, and with --check fails when a target is missed. At toy sizes
 * only the kernels are judged, and always.
 */
export function conclude(command, { options, machine, selected }, results, columns = timeColumns) {
  console.log(textTable(results, columns));
  const judgement = options.toy ? judgeKernels : judge;
  const rows = judgement(command, results, machine, selected);
  if (!options.toy && rows.length > 0) console.log(`\n${textTable(rows, targetColumns)}`);
  if (options.json) {
    const date = new Date().toISOString().slice(0, 10);
    const line = `npm run ${command}${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`;
    mkdirSync(dirname(options.json), { recursive: true });
    writeFileSync(
      options.json,
      `${JSON.stringify({ command, line, date, toy: options.toy, machine, results, targets: rows }, null, 1)}\n`,
    );
  }
  for (const { id, reason } of rows.filter(({ verdict }) => verdict === 'skipped'))
    console.log(`skipped: ${id}: ${reason}`);
  if (!options.check && !options.toy) return 0;
  const failed = rows.filter(({ verdict }) => verdict !== 'met' && verdict !== 'skipped');
  for (const { id, verdict, text, bound } of failed)
    console.error(verdict === 'missed' ? `missed: ${id}: ${text}, wanted ${bound}` : `${verdict}: ${id}`);
  return failed.length > 0 ? 1 : 0;
}

/** One line on a terminal that says what is being measured; nothing in a pipe. */
export function progress() {
  if (!process.stderr.isTTY) return () => {};
  return (id, round) => process.stderr.write(`\r\x1b[2K${id === undefined ? '' : `${id}, round ${round + 1}`}`);
}
