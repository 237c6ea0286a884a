import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { codeBlocks, runCode, typeProblems } from './example-code';
import { runNode } from './run-command';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = codeBlocks('README.md');
const folder = mkdtempSync(join(tmpdir(), 'readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the examples of the README', () => {
  it('are one for each attention', () => expect(blocks.length).toBe(2));

  it.each(blocks.map((code, index) => [index + 1, code] as const))('compile and run: %i', async (_, code) => {
    expect(typeProblems(code)).toEqual([]);
    const { code: exit, stdout, stderr } = await runCode(code);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/\[ 1, (128, 8|4, 64), 64 \]/);
  });

  // The benchmark takes long and has tests of its own.
  const commands = [...readme.matchAll(/^npx hybrid-attention ([^#\n]*)/gm)].map(([, words]) => words!.trim());
  it.each(commands.filter((words) => words !== 'bench'))('npx hybrid-attention %s', async (words) => {
    const args = words.split(' ').map((word) => (word === 'result.safetensors' ? join(folder, word) : word));
    const { code, stderr } = await runNode([join(root, 'dist/cli/main.js'), ...args], root);
    expect([code, stderr]).toEqual([0, '']);
  });
});
