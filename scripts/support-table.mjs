// The support table of README.md, from the operations' table and the kernels of the compiled addon:
//   npm run generate:support               writes it between its marks
//   npm run generate:support -- --check    fails when it has drifted
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { opTable } from '../dist/generated/op-table.js';
import { camel } from './generate/schema.mjs';
import { statedFloor } from './glibc-floor.mjs';
import { readSources } from './native-sources.mjs';
import { root } from './setup/steps.mjs';

const readme = join(root, 'README.md');
const marks = ['<!-- support table: npm run generate:support -->', '<!-- end of support table -->'];
const pages = { attention: 'docs/attention.md', linearAttention: 'docs/linear-attention.md' };

// Kernels are written once and compiled for every instruction set, so those of the lowest one are what every machine has.
const { cpu } = readSources();
const isas = [...cpu.x64, ...cpu.arm64].filter((file) => file.includes('/isa/')).map((file) => basename(file, '.cc'));
const lowest = process.arch === 'arm64' ? 'neon' : 'x86_64_v2';

function kernels() {
  const script = `console.log(JSON.stringify(require(${JSON.stringify(join(root, 'dist/index.js'))}).info().kernels))`;
  const env = { ...process.env, ATTN_ISA: lowest };
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' }));
}

const names = {
  x86_64_v2: 'x86-64-v2 (SSE4.2)',
  avx2: 'AVX2 with FMA',
  avx512: 'AVX-512',
  avx512_bf16: 'AVX-512 with BF16',
  avx512_amx: 'AVX-512 with AMX',
  neon: 'arm64 NEON',
};
const operationOf = (kernel) => camel(kernel.split(/[/.]/)[2]);
const unique = (values) => [...new Set(values)].join(', ');

// The first sentence, or its first clause where it is long.
function summary(doc) {
  const sentence = doc.split(/\.(?= |$)/)[0];
  return sentence.length > 60 ? sentence.split(/[:;](?= )/)[0] : sentence;
}

function table() {
  const rows = kernels();
  const lines = opTable.flatMap(({ name, title, doc }) => {
    const own = rows.filter(({ id }) => operationOf(id) === name);
    if (own.length === 0) return [];
    const page = pages[name] ?? `docs/options.md#${title.toLowerCase().replaceAll(' ', '-')}`;
    const what = summary(doc);
    const forms = unique(own.map(({ form }) => form));
    return [`| [\`${title}\`](${page}) | ${what} | ${forms} | ${unique(own.map(({ dtype }) => dtype))} |`];
  });
  const listed = Object.keys(names).filter((isa) => isas.includes(isa));
  return [
    '| Operation | Computes | Kernels | dtypes |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
    `Each kernel is compiled for ${listed.map((isa) => names[isa]).join(', ')};`,
    'the best that the machine has is chosen when the package is loaded.',
    '',
    `Prebuilt for linux-x64 with glibc ${statedFloor()} or newer; other systems compile from source (Node.js 20, 22 and 24;`,
    'x86-64-v2 or arm64).',
  ].join('\n');
}

const text = readFileSync(readme, 'utf8');
const [from, to] = [text.indexOf(marks[0]) + marks[0].length, text.indexOf(marks[1])];
const filled = `${text.slice(0, from)}\n\n${table()}\n\n${text.slice(to)}`;
if (!process.argv.includes('--check')) {
  writeFileSync(readme, filled);
} else if (filled !== text) {
  console.error('the support table of README.md has drifted from the kernels; npm run generate:support writes it');
  process.exit(1);
}
