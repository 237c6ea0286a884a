import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The kernel matrix and the tests of numerics run once per instruction set, which is chosen when the addon loads; those
// that the machine lacks are skipped. Everything else runs on the best one.
const instructionSets = process.arch === 'arm64' ? ['neon'] : ['x86_64_v2', 'avx2', 'avx512'];
const matrix = ['test/ops/**/*.test.ts', 'test/numerics/**/*.test.ts'];
// Those that have kernels of their own for attention in bf16 alone.
const bf16Products = process.arch === 'arm64' ? [] : ['avx512_bf16', 'avx512_amx'];
const attention = ['test/ops/{,cached-}attention*.test.ts', 'test/numerics/attention.test.ts'];
const project = (name: string, include: string[]) => ({
  extends: true as const,
  test: { name, include, env: { ATTN_ISA: name } },
});

export default defineConfig({
  resolve: {
    alias: { 'hybrid-attention': fileURLToPath(new URL('lib/index.ts', import.meta.url)) },
  },
  test: {
    pool: 'forks',
    maxWorkers: '100%', // vitest would leave one core idle
    execArgv: ['--expose-gc'],
    testTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'package', include: ['test/**/*.test.ts'], exclude: matrix } },
      ...instructionSets.map((name) => project(name, matrix)),
      ...bf16Products.map((name) => project(name, attention)),
    ],
  },
});
