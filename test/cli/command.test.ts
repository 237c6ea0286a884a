import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { SafetensorsFile, writeSafetensors } from '../../lib/cli/safetensors';
import { opTable } from '../../lib/generated/op-table';
import { attentionSync, linearAttentionSync, Tensor } from '../../lib/index';
import { runCommand, runNode } from './run-command';

const folder = mkdtempSync(join(tmpdir(), 'attention-command-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

const numbers = (shape: readonly number[], scale = 1): Tensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  return Tensor.from(
    Float32Array.from({ length: count }, (_, index) => scale * Math.sin(index + 1)),
    shape,
  );
};
const inputs = {
  q: numbers([1, 5, 4, 8]),
  k: numbers([1, 5, 2, 8]),
  v: numbers([1, 5, 2, 8], 2),
  decay: Tensor.from(new Float32Array(10).fill(-0.1), [1, 5, 2]),
  starts: Tensor.from(Int32Array.of(2), [1]),
};
writeSafetensors(path('in.safetensors'), inputs);

function readAll(name: string): Record<string, Tensor> {
  const file = new SafetensorsFile(path(name));
  const tensors = Object.fromEntries([...file.header.tensors.keys()].map((key) => [key, file.read(key)]));
  file.close();
  return tensors;
}

const files = (out: string): string[] => ['--in', path('in.safetensors'), '--out', path(out)];

describe('info', () => {
  it('says what runs here and why CUDA does not', async () => {
    const { code, stdout, stderr } = await runCommand('info');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^hybrid-attention \d+\.\d+\.\d+$/m);
    expect(stdout).toMatch(/cuda:0 +not available: .+/);
    for (const line of stdout.split('\n').filter((one) => !one.includes('.node'))) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });

  it('prints the same as JSON', async () => {
    const { code, stdout } = await runCommand('info', '--json');
    expect(code).toBe(0);
    const parsed = JSON.parse(stdout) as { version: string; isa: string; threads: number; kernels: unknown[] };
    expect(parsed.threads).toBeGreaterThan(0);
    expect(parsed.kernels.length).toBeGreaterThan(0);
  });
});

describe('run', () => {
  it('computes softmax attention over the tensors of a file', async () => {
    const args = ['--causal', '--return-lse', '--scores', 'weights', '--window-left', '2'];
    const { code, stdout, stderr } = await runCommand('run', 'attention', ...files('softmax.safetensors'), ...args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('out f32 [1, 5, 4, 8]');
    const { q, k, v } = inputs;
    const expected = attentionSync(q, k, v, { causal: true, returnLse: true, scores: 'weights', window: { left: 2 } });
    const actual = readAll('softmax.safetensors');
    expect(Object.keys(actual)).toEqual(['out', 'lse', 'scores']);
    expect(actual['out']!.data).toEqual(expected.out.data);
    expect(actual['lse']!.data).toEqual(expected.lse!.data);
    expect(actual['scores']!.data).toEqual(expected.scores!.data);
  });

  it('computes linear attention, its state in the order of its axes', async () => {
    const args = ['--update-rule', 'gated', '--decay', 'decay', '--return-state'];
    const { code, stderr } = await runCommand('run', 'linear-attention', ...files('linear.safetensors'), ...args);
    expect([code, stderr]).toEqual([0, '']);
    const { q, k, v, decay } = inputs;
    const expected = linearAttentionSync(q, k, v, { updateRule: 'gated', decay, returnState: true });
    const actual = readAll('linear.safetensors');
    expect(actual['out']!.data).toEqual(expected.out.data);
    expect(actual['state']!.data).toEqual(expected.state!.contiguous().data);
  });

  it('takes operations as the API spells them, and offers one spelling', async () => {
    const { code, stderr } = await runCommand('run', 'linearAttention', ...files('camel.safetensors'));
    expect([code, stderr]).toEqual([0, '']);
    const { stdout } = await runCommand('run', '--help');
    expect(stdout).toContain('linear-attention [options]');
    expect(stdout).not.toContain('linearAttention');
    const { stdout: help } = await runCommand('run', 'linear-attention', '--help');
    expect(help.replace(/\s+/g, ' ')).toContain('--no-causal causal: false, where it is true when absent;');
  });

  it('replaces a file through links, with nothing left behind', async () => {
    writeFileSync(path('kept.safetensors'), 'before');
    symlinkSync(path('kept.safetensors'), path('link.safetensors'));
    const failing = await runCommand('run', 'attention', ...files('link.safetensors'), '--k', 'decay');
    expect(failing.code).toBe(1);
    expect(readFileSync(path('kept.safetensors'), 'utf8')).toBe('before');
    const { code } = await runCommand('run', 'attention', ...files('link.safetensors'));
    expect(code).toBe(0);
    expect(lstatSync(path('link.safetensors')).isSymbolicLink()).toBe(true);
    expect(Object.keys(readAll('kept.safetensors'))).toEqual(['out']);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('takes tensors by name, and an integer or a tensor where both are allowed', async () => {
    const once = await runCommand(
      'run',
      'attention',
      ...files('a.safetensors'),
      '--v',
      'k',
      '--query-start',
      '2',
      '--causal',
    );
    const twice = await runCommand(
      'run',
      'attention',
      ...files('b.safetensors'),
      '--v',
      'k',
      '--query-start',
      'starts',
      '--causal',
    );
    expect([once.code, twice.code]).toEqual([0, 0]);
    expect(readAll('a.safetensors')['out']!.data).toEqual(readAll('b.safetensors')['out']!.data);
  });

  it('takes lists of tensors, with commas between their names', async () => {
    const { q, k, v } = inputs;
    const part = (from: number, to: number) =>
      attentionSync(q, k.slice(1, from, to), v.slice(1, from, to), { returnLse: true });
    const [first, second] = [part(0, 2), part(2, 5)];
    writeSafetensors(path('parts.safetensors'), { a: first.out, b: second.out, la: first.lse, lb: second.lse });
    const args = [
      '--in',
      path('parts.safetensors'),
      '--out',
      path('whole.safetensors'),
      '--outs',
      'a,b',
      '--lses',
      'la,lb',
    ];
    const { code, stderr } = await runCommand('run', 'merge-attention', ...args);
    expect([code, stderr]).toEqual([0, '']);
    const whole = attentionSync(q, k, v).out.data;
    const merged = readAll('whole.safetensors')['out']!.data;
    expect(Math.max(...whole.map((value, index) => Math.abs(value - merged[index]!)))).toBeLessThan(1e-5);
  });

  it('lists every option of the schema in its help', async () => {
    const { code, stdout } = await runCommand('run', 'attention', '--help');
    expect(code).toBe(0);
    const kebab = (name: string) => name.replace('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const { options } = opTable.find(({ name }) => name === 'attention')!;
    for (const { name } of options) expect(stdout).toContain(`--${kebab(name)}`);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });
});

describe('bad use', () => {
  it.each([
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/],
    ['an unknown operation', ['run', 'frobnicate'], /unknown command 'frobnicate'/],
    ['an operation misspelled', ['run', 'atention'], /unknown command 'atention' \(Did you mean attention\?\)/],
    ['an unknown option', ['info', '--frobnicate'], /unknown option '--frobnicate'/],
    [
      'options that exclude each other',
      ['run', 'attention', ...files('x'), '--chunk', '2', '--block', '2'],
      /ERR_ATTN_/,
    ],
    [
      'a number out of its range',
      ['run', 'attention', ...files('x'), '--chunk', '0'],
      /chunk is 0, expected at least 1/,
    ],
    ['a missing option', ['run', 'attention'], /required option '--in <file>' not specified/],
    ['a word outside its list', ['run', 'attention', ...files('x'), '--scores', 'loud'], /Allowed choices are raw, /],
    [
      'a number that is none',
      ['run', 'attention', ...files('x'), '--scale', 'big'],
      /--scale needs a number, not 'big'/,
    ],
    [
      'a fraction for an integer',
      ['run', 'attention', ...files('x'), '--chunk', '1.5'],
      /--chunk needs an integer, not '1.5'/,
    ],
  ])('exits with 2 for %s', async (_, args, message) => {
    const { code, stdout, stderr } = await runCommand(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^hybrid-attention: [^\n]+\n$/);
  });
});

describe('failures', () => {
  it.each([
    ['a file that is not there', ['--in', path('none.safetensors')], /none\.safetensors: no such file or folder$/],
    [
      'a file of another kind',
      ['--in', path('text.safetensors')],
      /is not a valid safetensors file: it says its header has/,
    ],
    [
      'a tensor that is not there',
      ['--in', path('in.safetensors'), '--q', 'query'],
      /has no tensor 'query'; it has q, k, v, /,
    ],
    ['tensors that do not fit', ['--in', path('in.safetensors'), '--k', 'decay'], /ERR_ATTN_SHAPE/],
    ['a folder in place of a file', ['--in', folder], /: is a folder, not a file$/],
    ['a folder as the output', ['--in', path('in.safetensors'), '--out', folder], /: is a folder, not a file$/],
    ['a full disk', ['--in', path('in.safetensors'), '--out', '/dev/full'], /full: no space left on the device$/],
    [
      'a folder that is not there',
      ['--in', path('in.safetensors'), '--out', path('no/out')],
      /no\/out: no such file or folder$/,
    ],
  ])('exit with 1 and one sentence: %s', async (_, args, message) => {
    writeFileSync(path('text.safetensors'), 'attention is all you need');
    const out = args.includes('--out') ? [] : ['--out', path('never.safetensors')];
    const { code, stdout, stderr } = await runCommand('run', 'attention', ...out, ...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trimEnd()).toMatch(message);
    expect(stderr).toMatch(/^hybrid-attention: [^\n]+\n$/);
    expect(() => readFileSync(path('never.safetensors'))).toThrow('ENOENT');
  });
});

describe('a pipe', () => {
  it('is no file to read tensors from', () => {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const args = [main, 'run', 'attention', '--in', '/dev/stdin', '--out', path('never.safetensors')];
    const piped = ['-c', 'echo attention | "$0" "$@"', process.execPath, ...args];
    const { status, stderr } = spawnSync('sh', piped, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([
      1,
      'hybrid-attention: /dev/stdin: is a pipe or the like, which cannot be read at any place\n',
    ]);
  });
});

describe('a native part that cannot be loaded', () => {
  it('is one message without a stack, and exit code 1', async () => {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const env = { ...process.env, HYBRID_ATTENTION_BINARY: path('none.node') };
    const { code, stdout, stderr } = await runNode([main, 'info'], undefined, env);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^hybrid-attention: cannot load the native part .*none\.node: no such file/s);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr).toMatch(/compile it with .*HYBRID_ATTENTION_BINARY\. \(ERR_ATTN_BINDING\)\n$/s);
  });

  it('is not run when it is JavaScript', async () => {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    writeFileSync(path('addon.js'), "console.log('ran');");
    const env = { ...process.env, HYBRID_ATTENTION_BINARY: path('addon.js') };
    const { code, stdout, stderr } = await runNode([main, 'info'], undefined, env);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('addon.js: not a .node file');
  });
});
