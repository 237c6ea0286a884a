// Latent attention: keys and values expanded from a latent vector per head, or the expansion absorbed into queries and
// outputs, so that all heads share the latent itself as key and, but for the rotated dims, as value. Both are the same.
import { CachePool, Tensor, attentionSync, explain } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { type AttentionCase, attention as oracle } from '../oracle/attention';
import { Dense } from '../oracle/dense';
import { expectClose } from '../support/compare';
import { Random } from '../support/random';
import { rounded, toDense, toTensor } from '../support/tensors';
import { type FloatType, tolerances } from '../support/tolerance';

const [heads, plainDim, rotatedDim, latentDim, valueDim] = [3, 128, 64, 512, 128];
const scale = 1 / Math.sqrt(plainDim + rotatedDim);

/** [..., rows, inner] · [inner, columns] for one head of [1, tokens, heads, inner]. */
function project(x: Dense, weights: Dense): Dense {
  const [, count, , inner] = x.shape as [number, number, number, number];
  const columns = weights.shape[2]!;
  const result = Dense.filled([1, count, heads, columns], 0);
  for (let t = 0; t < count; ++t) {
    for (let h = 0; h < heads; ++h) {
      const [from, to] = [x.offset([0, t, Math.min(h, x.shape[2]! - 1), 0]), result.offset([0, t, h, 0])];
      for (let i = 0; i < inner; ++i) {
        const row = weights.offset([h, i, 0]);
        for (let c = 0; c < columns; ++c) result.data[to + c]! += x.data[from + i]! * weights.data[row + c]!;
      }
    }
  }
  return result;
}

const beside = (left: Dense, right: Dense): Dense =>
  Dense.build([1, left.shape[1]!, left.shape[2]!, left.shape[3]! + right.shape[3]!], ([, t, h, d]) =>
    d! < left.shape[3]!
      ? left.at(0, t!, h!, d!)
      : right.at(0, t!, Math.min(h!, right.shape[2]! - 1), d! - left.shape[3]!),
  );

function forms(T: number, S: number) {
  const random = new Random(T * S);
  const latent = random.normals([1, S, 1, latentDim]);
  const rotated = random.normals([1, S, 1, rotatedDim]);
  const [qPlain, qRotated] = [random.normals([1, T, heads, plainDim]), random.normals([1, T, heads, rotatedDim])];
  const toKey = random.normals([heads, latentDim, plainDim], 1 / Math.sqrt(latentDim));
  const toValue = random.normals([heads, latentDim, valueDim], 1 / Math.sqrt(latentDim));
  const expanded = project(latent, toKey);
  const naive = { q: beside(qPlain, qRotated), k: beside(expanded, rotated), v: project(latent, toValue) };
  const shared = beside(latent, rotated);
  const absorbed = { q: beside(project(qPlain, toKey.permute([0, 2, 1])), qRotated), k: shared, v: latent };
  return { naive, absorbed, toValue };
}

const to = (args: AttentionCase, dtype: FloatType): AttentionCase => ({
  q: rounded(args.q, dtype),
  k: rounded(args.k, dtype),
  v: rounded(args.v, dtype),
  causal: true,
  scale,
});

describe.each(['f32', 'bf16'] as const)('latent attention in %s', (dtype) => {
  const allowed = tolerances.attention.out[dtype];

  it.each([
    [1, 150],
    [3, 600],
    [37, 150],
  ])('is the same naive and absorbed, %d queries over %d tokens', (T, S) => {
    const { naive, absorbed, toValue } = forms(T, S);
    const options = { causal: true, scale };
    const tensors = to(naive, dtype);
    const expanded = attentionSync(
      toTensor(tensors.q, dtype),
      toTensor(tensors.k, dtype),
      toTensor(tensors.v, dtype),
      options,
    );
    expectClose(toDense(expanded.out), oracle(tensors).out, allowed, 'naive');

    const latents = to(absorbed, dtype);
    const [q, k] = [toTensor(latents.q, dtype), toTensor(latents.k, dtype)];
    const v = k.slice(3, 0, latentDim);
    expect([v.shape, v.strides]).toEqual([[1, S, 1, latentDim], k.strides]);
    const { out } = attentionSync(q, k, v, options);
    expectClose(toDense(out), oracle(latents).out, allowed, 'absorbed');
    const kernel = explain('attention', q, k, v, options).kernel;
    expect(kernel).toBe(explain('attention', q, k, v.contiguous(), options).kernel);
    expect(kernel).toContain(T > 16 ? 'prefill' : 'decode');

    const pages = { kvHeads: 1, keyDim: latentDim + rotatedDim, valueDim: latentDim, valuesFromKeys: true } as const;
    const sequence = new CachePool({ ...pages, dtype, pages: Math.ceil(S / 16) }).sequence();
    attentionSync(Tensor.zeros([1, S, 1, pages.keyDim], { dtype }), [sequence], { append: { key: k } });
    const cached = attentionSync(q, [sequence], options);
    expectClose(toDense(cached.out), oracle(latents).out, allowed, 'absorbed, from a pool');

    // Each form rounds its own inputs once more.
    const apart = dtype === 'f32' ? 4e-5 : 2 ** -5;
    expectClose(project(toDense(out), toValue), toDense(expanded.out), { ofMax: apart }, 'one against the other');
  });
});
