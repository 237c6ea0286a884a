// The code of the pages in docs, behind the names that their text takes for granted.
import { describe, expect, it } from 'vitest';
import { codeBlocks, runCode, typeProblems } from './example-code';

const random = `
const random = (...shape: number[]) =>
  Tensor.from(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, Math.random), shape);
`;

const pages = {
  'docs/attention.md': `
import { attention, type AttentionOptions, CachePool, mergeAttention, Tensor } from 'hybrid-attention';
${random}
const options: AttentionOptions = {};
const [q, k, v] = [random(1, 1, 8, 128), random(1, 8192, 8, 128), random(1, 8192, 8, 128)];
const [promptQ, promptK, promptV] = [random(1, 5, 8, 128), random(1, 5, 8, 128), random(1, 5, 8, 128)];
const [nextQ, key, value] = [random(2, 1, 8, 128), random(2, 1, 8, 128), random(2, 1, 8, 128)];
const [paddedQ, paddedK, paddedV] = [random(2, 5, 8, 128), random(2, 5, 8, 128), random(2, 5, 8, 128)];
const session = new CachePool({ kvHeads: 8, keyDim: 128, pages: 4 }).sequence();
const [draftQ, draftK, draftV] = [random(1, 4, 8, 128), random(1, 4, 8, 128), random(1, 4, 8, 128)];
const [manyQ, longK, longV] = [random(1, 7, 8, 128), random(1, 60, 8, 128), random(1, 60, 8, 128)];
`,
  'docs/linear-attention.md': `
import {
  chainStates, linearAttention, type LinearAttentionOptions, RecurrentState, segmentState, StatePool, Tensor,
} from 'hybrid-attention';
${random}
const options: LinearAttentionOptions = {};
const [q, k, v] = [random(2, 3, 16, 128), random(2, 3, 16, 128), random(2, 3, 16, 128)];
const [decay, beta] = [Tensor.zeros([2, 3, 16]), random(2, 3, 16)];
const chunks = (async function* () {
  yield { q, k, v, decay, beta };
  yield { q, k, v, decay, beta };
})();
const consume = (out: Tensor) => out.shape;
const [k1, v1, k2, v2] = [k, v, k, v];
const [options1, options2] = [{}, {}];
`,
  'docs/tensors.md': `
import { attention, attentionSync, explain, info, isAttnError, setThreads, Tensor } from 'hybrid-attention';
import * as ort from 'onnxruntime-common';
${random}
const [q, k, v] = [random(1, 4, 8, 64), random(1, 9, 8, 64), random(1, 9, 8, 64)];
const session = { run: async (feeds: Record<string, ort.Tensor>) => feeds };
`,
};

describe.each(Object.entries(pages))('%s', (page, before) => {
  it.each(codeBlocks(page).map((block) => [block.split('\n')[0], block] as const))('%s', async (_, block) => {
    // In a block of its own, which may name things again.
    const imports = before.slice(0, before.indexOf("'hybrid-attention';") + "'hybrid-attention';".length);
    const code = `${imports}\n${before.slice(imports.length)}\n{\n${block}\n}\n`;
    expect(typeProblems(code)).toEqual([]);
    const { code: exit, stderr } = await runCode(code);
    expect([exit, stderr]).toEqual([0, '']);
  });
});
