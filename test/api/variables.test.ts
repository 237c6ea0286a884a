// ATTN_ISA and ATTN_THREADS are read by the native side once per process.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { info } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';

interface Report {
  isa?: string;
  threads?: number;
  code?: string;
  message?: string;
  call: unknown;
}

function reportWith(variables: Readonly<Record<string, string>>): Report {
  const library = resolve(__dirname, '../..');
  const env = { ...process.env, ATTN_ISA: '', ATTN_THREADS: '', ...variables };
  const { stdout, stderr } = spawnSync(process.execPath, [join(__dirname, 'programs/info.cjs'), library], { env });
  expect(stderr.toString()).toBe('');
  return JSON.parse(stdout.toString()) as Report;
}

describe('ATTN_THREADS', () => {
  it.each(['1', '3', '64'])('%s', (threads) => {
    expect(reportWith({ ATTN_THREADS: threads })).toMatchObject({ threads: Number(threads), call: [1, 1, 1, 8] });
  });

  it.each(['0', '1025', 'two', '-1', '1.5'])('refuses %s', (threads) => {
    const { code, message, call } = reportWith({ ATTN_THREADS: threads });
    expect({ code, message }).toEqual({
      code: 'ERR_ATTN_VALUE',
      message: `ATTN_THREADS must be a whole number 1…1024, got "${threads}"`,
    });
    expect(call).toEqual({ code, message });
  });
});

describe('ATTN_ISA', () => {
  it.each(info().isas)('%s', (isa) => {
    expect(reportWith({ ATTN_ISA: isa })).toMatchObject({ isa, call: [1, 1, 1, 8] });
  });

  it('refuses a name that is none, and says which there are', () => {
    const { code, message, call } = reportWith({ ATTN_ISA: 'AVX9' });
    expect(code).toBe('ERR_ATTN_VALUE');
    expect(message).toContain('"AVX9"');
    for (const isa of info().isas) expect(message).toContain(isa);
    expect(call).toEqual({ code, message });
  });
});
