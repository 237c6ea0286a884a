import { copyFileSync, mkdtempSync, rmSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runNode } from '../cli/run-command';

const script = fileURLToPath(new URL('../../scripts/conformance.mjs', import.meta.url));
const cases = fileURLToPath(new URL('../conformance/cases/onnx', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('npm run conformance', () => {
  it('takes a folder without cases, or none, for a mistake', async () => {
    for (const [args, problem] of [
      [[folder], 'holds no .safetensors files'],
      [[join(folder, 'absent')], 'is not a folder'],
      [[], 'usage'],
    ] as const) {
      const { code, stderr } = await runNode([script, ...args]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
    }
  });

  it('counts a file that cannot be read as a failed case, names it, and goes on', async () => {
    const whole = join(cases, 'test_attention_3d.safetensors');
    const bytes = readFileSync(whole);
    copyFileSync(whole, join(folder, 'z.safetensors'));
    for (const length of [0, 5, 100, bytes.length - 1]) {
      writeFileSync(join(folder, `cut-${length}.safetensors`), bytes.subarray(0, length));
    }
    const { code, stdout, stderr } = await runNode([script, folder]);
    expect([code, stderr]).toEqual([1, '']);
    for (const length of [0, 5, 100, bytes.length - 1]) {
      expect(stdout).toMatch(new RegExp(`^cut-${length}\\.safetensors: .*cut off: it has ${length} bytes`, 'm'));
    }
    expect(stdout.trim().split('\n').at(-1)).toBe('1 passed, 4 failed');
  });
});
