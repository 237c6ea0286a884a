import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommand } from './run-command';

const folder = mkdtempSync(join(tmpdir(), 'attention-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('demo', () => {
  it('checks both attentions against their references and draws its pictures', { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await runCommand('demo', '--quick', '--out', folder);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/a sentence +6 +15 +12 +\d\.\de-\d/);
    expect(stdout).toMatch(/animal +0\.69 +█+/);
    expect(stdout).toContain('All results agree with their references.');
    for (const line of stdout.split('\n')) {
      if (!line.includes(folder)) expect(line.length, line).toBeLessThanOrEqual(80);
    }
    expect(readdirSync(folder).sort()).toEqual(['attention-map.svg', 'cost.svg', 'decode.svg']);
    for (const name of readdirSync(folder)) {
      const svg = readFileSync(join(folder, name), 'utf8');
      expect(svg).toMatch(/^<svg [^>]*>.*<title>[^<]+<\/title>[\s\S]*<\/svg>\n$/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});

describe('bench', () => {
  it('prints its table as JSON', { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await runCommand('bench', '--quick', '--json');
    expect([code, stderr]).toEqual([0, '']);
    const { results } = JSON.parse(stdout) as { results: { milliseconds: number }[] };
    for (const { milliseconds } of results) expect(milliseconds).toBeGreaterThan(0);
  });
});
