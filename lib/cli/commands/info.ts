// `hybrid-attention info`: what runs on this machine, and why something does not.
import { Command } from 'commander';
import { info, type Kernel } from '../../index';
import { fold, indent, table } from '../terminal/table';

const unique = (values: readonly string[]): string => [...new Set(values)].join(' ');

// A row per operation and form, with the instruction sets and dtypes it exists for.
function kernelTable(kernels: readonly Kernel[]): string {
  const groups = new Map<string, Kernel[]>();
  for (const kernel of kernels) {
    const key = `${kernel.op} ${kernel.form}`;
    groups.set(key, [...(groups.get(key) ?? []), kernel]);
  }
  const rows = [...groups.values()].map((group) => [
    group[0]!.op,
    group[0]!.form,
    unique(group.map(({ dtype }) => dtype)),
    unique(group.map(({ isa }) => isa)),
  ]);
  return table([{ name: 'operation' }, { name: 'kernel' }, { name: 'dtypes' }, { name: 'instruction sets' }], rows);
}

function show({ json }: { readonly json: boolean }): void {
  const facts = info();
  if (json) {
    console.log(JSON.stringify(facts, null, 2));
    return;
  }
  const others = facts.isas.filter((isa) => isa !== facts.isa);
  const rows: readonly (readonly [string, string])[] = [
    ['Instruction set', facts.isa + (others.length > 0 ? ` (the machine also has ${others.join(', ')})` : '')],
    ['Threads', String(facts.threads)],
    ['Node.js', `${process.versions.node}, ${process.platform}-${process.arch}`],
    ['Native part', facts.binary],
    ...facts.devices.map(
      ({ device, available, reason }) => [device, available ? 'available' : `not available: ${reason}`] as const,
    ),
  ];
  console.log(`hybrid-attention ${facts.version}\n`);
  for (const [name, value] of rows) {
    const [first, ...rest] = fold(value, ' '.repeat(20)).split('\n');
    console.log([`  ${name.padEnd(18)}${first!.trimStart()}`, ...rest].join('\n'));
  }
  console.log(`\n  Kernels, in order of preference\n\n${indent(kernelTable(facts.kernels))}`);
}

export function infoCommand(): Command {
  return new Command('info')
    .description('version, instruction set, threads and kernels of this machine')
    .option('--json', 'print JSON instead of text', false)
    .action(show);
}
