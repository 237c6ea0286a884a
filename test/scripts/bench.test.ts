// The judge of the benchmarks, on results that are made up: what a target demands is what it checks.
import { fileURLToPath } from 'node:url';
import { info } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { runNode } from '../cli/run-command';

interface Row {
  readonly id: string;
  readonly command: string;
  readonly case: string;
  readonly threads: number;
  readonly kernel?: string;
  readonly over?: string;
}
interface Result {
  readonly case: string;
  readonly threads: number;
  readonly kernel?: string;
  readonly rounds?: readonly number[];
  readonly flops?: number;
  readonly beyondTensors?: number;
  readonly growth?: number;
}
interface Verdict {
  readonly id: string;
  readonly verdict: string;
  readonly text?: string;
}
type Judge = (command: string, results: Result[], machine: object, selected: Set<string>) => Verdict[];
interface Targets {
  readonly targets: Row[];
  readonly judge: Judge;
  readonly judgeKernels: Judge;
  readonly rivals: (command: string, chosen: Set<string>) => Set<string>;
}
interface Cases {
  readonly groups: { readonly cases: { readonly id: string; readonly threads: number[] }[] }[];
}

const script = (name: string) => new URL(`../../scripts/${name}.mjs`, import.meta.url);
const { targets, judge, judgeKernels, rivals } = (await import(script('bench/targets').href)) as Targets;
const { groups } = (await import(script('bench/cases').href)) as Cases;
const { memoryCases } = (await import(script('bench/memory').href)) as { memoryCases: object };

const preferred = ['cpu.avx2/attention.prefill.f32', 'cpu.avx2/attention.decode.bf16'];
const machine = { isa: 'avx2', cores: 2, system: 'linux-x64', preferred };
const prefill = (name: string, ms: number, more: Partial<Result> = {}): Result => ({
  case: `softmax.${name}`,
  threads: 2,
  kernel: preferred[0]!,
  rounds: [ms],
  flops: 100,
  ...more,
});
const verdictOf = (id: string, results: Result[], by = judge) => {
  const row = targets.find((target) => target.id === id)!;
  return by(row.command, results, machine, new Set([row.case])).find((verdict) => verdict.id === id)!;
};

describe('targets', () => {
  it.each(targets.filter(({ command }) => command === 'bench'))('$id is measured, in turns with its rival', (row) => {
    if (row.case in memoryCases) return;
    const group = groups.find(({ cases }) => cases.some(({ id }) => id === row.case))!;
    expect(group.cases.find(({ id }) => id === row.case)!.threads).toContain(row.threads);
    if (row.over) expect(group.cases.map(({ id }) => id)).toContain(row.over);
  });

  it.each(targets)('$id names a kernel that the package has', ({ case: name, kernel }) => {
    if (name in memoryCases) expect(kernel).toBeUndefined();
    else expect(info().kernels.some(({ id }) => id.endsWith(`/${kernel}`))).toBe(true);
  });
});

describe('judge', () => {
  it('fails what another kernel than the preferred one ran, however fast', () => {
    const results = [prefill('softcap', 1), prefill('plain', 1)];
    expect(verdictOf('softmax-softcap', results).verdict).toBe('met');
    const slow = [prefill('softcap', 1, { kernel: 'cpu.x86_64_v2/attention.prefill.f32' }), prefill('plain', 1)];
    expect(verdictOf('softmax-softcap', slow)).toMatchObject({
      verdict: 'missed',
      text: '1.00×, by cpu.x86_64_v2/attention.prefill.f32 instead of cpu.avx2/attention.prefill.f32',
    });
    expect(verdictOf('softmax-softcap', slow, judgeKernels).verdict).toBe('missed');
    expect(verdictOf('softmax-softcap', [prefill('softcap', 9), prefill('plain', 1)], judgeKernels).verdict).toBe(
      'met',
    );
  });

  it('does not take two options on the wrong kernel for right because they agree', () => {
    const kernel = 'cpu.avx2/attention.decode.f32';
    const results = [prefill('mask', 1, { kernel }), prefill('plain', 1, { kernel })];
    expect(verdictOf('softmax-mask', results, judgeKernels).verdict).toBe('missed');
  });

  it('compares times per score where an option hides keys', () => {
    const half = (ms: number) => [prefill('kv-start', ms, { flops: 50 }), prefill('causal4096', 10)];
    expect(verdictOf('softmax-kv-start', half(5)).verdict).toBe('met');
    expect(verdictOf('softmax-kv-start', half(8))).toMatchObject({ verdict: 'missed', text: '1.60×' });
  });

  it('bounds how memory grows, not only how much it is', () => {
    const memory = (growth: number) => [{ case: 'memory.softmax', threads: 2, beyondTensors: 5, growth }];
    expect(verdictOf('softmax-memory', memory(0.2)).verdict).toBe('met');
    expect(verdictOf('softmax-memory', memory(2.5)).verdict).toBe('missed');
  });

  it('says so when the rival of a case was not measured, and names it beforehand', () => {
    expect(verdictOf('softmax-softcap', [prefill('softcap', 1)]).verdict).toBe('not measured');
    expect([...rivals('bench', new Set(['softmax.softcap']))]).toEqual(['softmax.plain']);
  });
});

describe('the commands', () => {
  it.each(['bench', 'peers'])('%s refuses a filter that no case passes', async (name) => {
    const args = ['--toy', '--filter', 'softmax', '--filter', 'nosuch'];
    const { code, stderr } = await runNode([fileURLToPath(script(name)), ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("no case is named like 'nosuch'")]);
  });
});
