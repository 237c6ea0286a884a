// What a clone needs before anything is installed or compiled, said in one sentence.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runNode } from './run-command';

const folder = mkdtempSync(join(tmpdir(), 'attention-setup-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tools = pathToFileURL(join(__dirname, '../../scripts/setup/tools.mjs')).href;

/** What a check says on a machine with these programs alone: shell scripts by name. */
async function said(check: string, programs: Readonly<Record<string, string>>, before = ''): Promise<string> {
  const bin = mkdtempSync(join(folder, 'bin-'));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const program = `${before}; const { ${check} } = await import('${tools}');
    try { ${check}(); console.log('fine'); } catch (error) { console.log(error.message); }`;
  const { stdout, stderr } = await runNode(['--input-type=module', '-e', program], undefined, { PATH: bin });
  expect(stderr).toBe('');
  return stdout.trimEnd();
}

const others = { python3: 'exit 0', make: 'exit 0' };
const compiler = (macros: string): string => `printf '${macros}'`;

describe('tools', () => {
  it.each([
    ['gcc 12', { 'g++': compiler('#define __GNUC__ 12\\n') }],
    ['clang 14 alone', { 'clang++': compiler('#define __GNUC__ 4\\n#define __clang_major__ 14\\n') }],
    ['one that does not say', { 'c++': 'exit 0' }],
  ])('may be %s', async (_, found) => {
    expect(await said('checkTools', { ...others, ...found })).toBe('fine');
  });

  it('are named when they are missing', async () => {
    const text = await said('checkTools', {});
    expect(text).toMatch(
      /needs Python 3\.8 or newer and make and a C\+\+ compiler .*apt-get install python3 make g\+\+\)$/,
    );
    expect(text).not.toContain('\n');
  });

  it.each([
    ['g++', '#define __GNUC__ 9\\n', 'gcc 11 or newer in place of g++, which is version 9'],
    [
      'clang++',
      '#define __GNUC__ 4\\n#define __clang_major__ 10\\n',
      'clang 11 or newer in place of clang++, which is version 10',
    ],
  ])('are new enough: %s', async (name, macros, expected) => {
    expect(await said('checkTools', { ...others, [name]: compiler(macros) })).toContain(expected);
  });
});

describe('Node', () => {
  const pretend = (version: string): string =>
    `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;

  it.each(['20.17.0', '20.18.1', '22.0.0'])('may be %s', async (version) => {
    expect(await said('checkNode', {}, pretend(version))).toBe('fine');
  });

  it.each(['18.20.4', '20.16.0'])('is not %s', async (version) => {
    expect(await said('checkNode', {}, pretend(version))).toBe(`Node.js 20.17 or newer is needed, this is ${version}`);
  });
});
