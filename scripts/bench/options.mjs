// The command line that the three benchmark commands share.
import { parseArgs } from 'node:util';

/** The command line asks for what does not exist. */
export class BadUse extends Error {}

export const usage = (command) => `usage: npm run ${command} -- [options]
  --filter TEXT      only cases whose name contains TEXT; several may be given
  --json FILE        write the results to FILE
  --check            exit 1 when a target of scripts/bench/targets.json is missed, naming it
  --toy              small sizes, one round: that everything runs, and each case by the kernel that it should; no speed
  --rounds N         how often each case is measured; medians are reported
  --write-docs FILE… write docs/benchmarks.md from results that --json wrote, and measure nothing
  --note TEXT        with --write-docs: what a reader should know of the circumstances`;

export function readOptions(command) {
  const options = {
    filter: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    toy: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    'write-docs': { type: 'boolean', default: false },
    note: { type: 'string' },
    help: { type: 'boolean', default: false },
  };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
      throw new Error(`--rounds expects a positive integer, got '${values.rounds}'`);
    }
    if (values['write-docs'] !== positionals.length > 0) throw new Error('--write-docs FILE… takes the files to read');
    if (values.check && values.toy) throw new Error('--check needs the real sizes, --toy has none');
    if (values.help) {
      console.log(usage(command));
      process.exit(0);
    }
    return { ...values, rounds, files: positionals, writeDocs: values['write-docs'] };
  } catch (error) {
    console.error(`${error.message}\n${usage(command)}`);
    process.exit(2);
  }
}
