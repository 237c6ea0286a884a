// CachePool and Sequence as objects of JavaScript: what they refuse, and memory that outlives its users.
import { CachePool, Sequence, Tensor, attention, attentionSync, explain, info } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectBoth, expectError } from './errors';

const heads = 2;
const dim = 8;
const makePool = (pages = 64) => new CachePool({ kvHeads: heads, keyDim: dim, pages });

function tokens(count: number, seed = 1): Tensor {
  const shape = [1, count, heads, dim];
  const values = Float32Array.from({ length: count * heads * dim }, (_, i) => Math.sin(i * seed));
  return Tensor.from(values, shape);
}
function append(sequence: Sequence, count: number, seed = 1): Tensor {
  const part = tokens(count, seed);
  return attentionSync(part, [sequence], { append: { key: part, value: part }, causal: true }).out;
}
const rejection = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe('a call over sequences', () => {
  it('leaves them as they were when it fails or is aborted', async () => {
    const pool = makePool(4);
    const sequence = pool.sequence();
    append(sequence, 20);
    const { freePages } = pool;
    const part = tokens(200);
    const full = { append: { key: part, value: part } };
    expectError(
      caught(() => attentionSync(part, [sequence], full)),
      Error,
      'ERR_ATTN_POOL_FULL',
      'pages',
    );
    expectError(await rejection(attention(part, [sequence], full)), Error, 'ERR_ATTN_POOL_FULL', 'pages');
    const wrong = { append: { key: tokens(3), value: tokens(4) } };
    expectError(
      caught(() => attentionSync(tokens(3), [sequence], wrong)),
      RangeError,
      'ERR_ATTN_SHAPE',
      'append',
    );
    const few = tokens(3);
    const signal = AbortSignal.abort('no');
    expect(await rejection(attention(few, [sequence], { append: { key: few, value: few }, signal }))).toBe('no');
    expect({ length: sequence.length, freePages: pool.freePages }).toEqual({ length: 20, freePages });
    append(sequence, 4);
    expect(sequence.length).toBe(24);
  });

  it('keeps what it uses alive', async () => {
    const pool = makePool();
    const sequence = pool.sequence();
    const expected = Array.from(append(sequence.fork(), 30).data);
    const part = tokens(30);
    const call = attention(part, [sequence], { append: { key: part, value: part }, causal: true });
    sequence.dispose();
    pool.dispose();
    globalThis.gc?.();
    const { out } = await call;
    expect(Array.from(out.data)).toEqual(expected);
    expectError(
      caught(() => sequence.length),
      Error,
      'ERR_ATTN_DISPOSED',
    );
    expectError(
      caught(() => attentionSync(part, [sequence])),
      Error,
      'ERR_ATTN_DISPOSED',
      'sequences[0]',
    );
    expectError(
      caught(() => pool.sequence()),
      Error,
      'ERR_ATTN_DISPOSED',
    );
  });
});

describe('sequences', () => {
  it('of one call are of one pool', () => {
    const part = Tensor.zeros([2, 1, heads, dim]);
    const mixed = [makePool().sequence(), makePool().sequence()];
    expectError(
      caught(() => attentionSync(part, mixed)),
      RangeError,
      'ERR_ATTN_VALUE',
      'sequences[1]',
      'pool',
    );
  });
});

describe('bytes', () => {
  it('are turned into a sequence with a pool, and nothing else is', () => {
    const pool = makePool();
    expectError(
      caught(() => Sequence.deserialize(pool, 'x' as never)),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'Uint8Array',
    );
    expectError(
      caught(() => Sequence.deserialize({} as never, [])),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'CachePool',
    );
    expectError(
      caught(() => Sequence.deserialize(pool, [])),
      Error,
      'ERR_ATTN_DATA',
      'no bytes',
    );
  });
});

describe('a pool', () => {
  it('says what it was made of', () => {
    const plain = { dtype: 'f32', kvHeads: 2, keyDim: 8, valueDim: 8, pageSize: 16, pages: 4 };
    expect(makePool(4)).toMatchObject({ ...plain, window: undefined, rollback: undefined });
    const full = { dtype: 'bf16', kvHeads: 3, keyDim: 8, valueDim: 16, pageSize: 32, pages: 5 } as const;
    expect(new CachePool({ ...full, window: 20 })).toMatchObject({ ...full, window: 20, rollback: 16 });
    expect(new CachePool({ ...full, window: 20, rollback: 0 })).toMatchObject({ window: 20, rollback: 0 });
  });

  it('says what is wrong with its options', () => {
    const make = (options: object) => caught(() => new CachePool(options as never));
    expectError(make({ keyDim: 8, pages: 4 }), TypeError, 'ERR_ATTN_ARG_TYPE', 'kvHeads');
    expectError(make({ kvHeads: 0, keyDim: 8, pages: 4 }), RangeError, 'ERR_ATTN_VALUE', 'kvHeads');
    expectError(make({ kvHeads: 1.5, keyDim: 8, pages: 4 }), RangeError, 'ERR_ATTN_VALUE', 'kvHeads', 'got 1.5');
    expectError(make({ kvHeads: 2, keyDim: 8, pages: 1e300 }), RangeError, 'ERR_ATTN_VALUE', 'pages', 'got 1e+300');
    expectError(make({ kvHeads: '2', keyDim: 8, pages: 4 }), TypeError, 'ERR_ATTN_ARG_TYPE', 'kvHeads');
    expectError(make({ kvHeads: 2, keyDim: 8 }), TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'pages', 'maxBytes');
    expectError(make({ kvHeads: 2, keyDim: 8, pages: 4, maxBytes: 9 }), TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'both');
    expectError(make({ kvHeads: 2, keyDim: 8, pages: 4, window: 8, rollback: -1 }), RangeError, 'ERR_ATTN_VALUE', '0');
    expectError(
      make({ kvHeads: 2, keyDim: 8, pages: 4, rollback: 2 }),
      TypeError,
      'ERR_ATTN_OPTION_CONFLICT',
      'window',
    );
    expectError(make({ kvHeads: 2, keyDim: 8, maxBytes: 9 }), RangeError, 'ERR_ATTN_VALUE', 'maxBytes');
    expectError(make({ kvHeads: 2, keyDim: 8, page: 4 }), TypeError, 'ERR_ATTN_ARG_TYPE', 'unknown option page');
    expectError(make({ kvHeads: 2, keyDim: 8, pages: 4, dtype: 'bool' }), TypeError, 'ERR_ATTN_DTYPE', 'bool');
    expectError(make([]), TypeError, 'ERR_ATTN_ARG_TYPE', 'options');
    const huge = { kvHeads: 2 ** 20, keyDim: 2 ** 10, pages: 2 ** 20 };
    expectError(make(huge), Error, 'ERR_ATTN_OUT_OF_MEMORY', 'pages');
  });
});

describe('what a call over sequences is called', () => {
  const q = Tensor.zeros([1, 1, 2, 8]);

  it('is the function that makes it, in messages and in explain', async () => {
    const sequences = [makePool(4).sequence()];
    await expectBoth(
      () => attentionSync(q, sequences, { casual: true } as never),
      () => attention(q, sequences, { casual: true } as never),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'attention: unknown option casual; did you mean causal?',
    );
    expectError(
      caught(() => attentionSync(q, [])),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'attention: sequences is missing',
    );
    expect(explain('attention', q, sequences, { causal: true }).kernel).toMatch(/\.paged\.f32$/);
    expect(explain('attention', q, q, q).kernel).toMatch(/attention\.(decode|prefill)\.f32$/);
    expect(new Set(info().kernels.map(({ op }) => op))).not.toContain('cachedAttention');
    const unknown = caught(() => explain('attn', q));
    expectError(unknown, RangeError, 'ERR_ATTN_VALUE', "op is 'attn', expected one of activation, attention, causal");
  });
});
