import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runNode } from './run-command';

const example = (name: string) => runNode([fileURLToPath(new URL(`../../examples/${name}.mjs`, import.meta.url))]);

describe('examples', () => {
  it('softmax-decode keeps keys and values of every token', async () => {
    const { code, stdout, stderr } = await example('softmax-decode');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('token 24: out [1, 1, 8, 64], 24576 bytes of keys and values');
  });

  it('linear-stream gives the result of one call from chunks', async () => {
    const { code, stdout, stderr } = await example('linear-stream');
    expect([code, stderr]).toEqual([0, '']);
    const [, difference] = stdout.match(/over all 96 tokens: (\S+)/) ?? [];
    expect(Number(difference)).toBeLessThan(1e-5);
  });

  it('cached-sessions decodes many sessions in one call', async () => {
    const { code, stdout, stderr } = await example('cached-sessions');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/after 4 steps: 44, 11, 127, 127 tokens/);
    expect(stdout).toMatch(/restored from \d+ bytes: 42 tokens/);
  });

  it('recurrent-sessions steps, branches and takes back', async () => {
    const { code, stdout, stderr } = await example('recurrent-sessions');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('sessions of 204, 24, 204 tokens, 65536 bytes of state each');
    expect(stdout).toContain('after taking back three: 204, 24, 201 tokens');
    expect(stdout).toMatch(/restored from \d+ bytes: 24 tokens/);
  });

  it('async-server answers one request and stops the other', async () => {
    const { code, stdout, stderr } = await example('async-server');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('shape: [ 1, 512, 8, 64 ]');
    expect(stdout).toContain('stopped: the client is gone');
  });
});
