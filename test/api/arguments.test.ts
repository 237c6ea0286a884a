// Bad calls: each is an error with a code and a message that names what is wrong, thrown or rejected, never a crash.
import {
  type AttentionOptions,
  type ErrorCode,
  Tensor,
  type TensorLike,
  attention,
  attentionSync,
  isAttnError,
  linearAttention,
  linearAttentionSync,
  mergeAttention,
  mergeAttentionSync,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectBoth } from './errors';

const zeros = (...shape: number[]): Tensor => Tensor.zeros(shape);
const q = zeros(1, 4, 2, 8);
const kv = zeros(1, 6, 2, 8);

const refuses = (
  given: unknown[],
  kind: typeof TypeError | typeof RangeError | typeof Error,
  code: ErrorCode,
  ...mentions: string[]
) => {
  const args = given as [TensorLike, TensorLike, TensorLike, AttentionOptions?];
  return expectBoth(
    () => attentionSync(...args),
    () => attention(...args),
    kind,
    code,
    'attention: ',
    ...mentions,
  );
};

describe('tensors', () => {
  it.each([
    ['nothing', undefined, 'missing'],
    ['null', null, 'null'],
    ['a string', 'k', 'a string'],
    ['a number', 3, 'a number'],
    ['a function', () => kv, 'a function'],
    ['a promise', Promise.resolve(kv), 'await it first'],
    ['a plain object', { data: new Float32Array(96) }, 'data, dims and type'],
    ['an object without numbers', { data: [0, 0], dims: [2], type: 'float32' }, 'k.data'],
  ])('are not %s', async (_, value, mention) => {
    await refuses([q, value, kv], TypeError, 'ERR_ATTN_ARG_TYPE', 'k', mention);
  });

  it('are not arrays of numbers', async () => {
    await refuses([q, kv, [1, 2, 3]], TypeError, 'ERR_ATTN_ARG_TYPE', 'v', 'Float32Array');
    expect(() => attentionSync(q, [1, 2, 3] as never)).toThrow('sequences[0] must be a Sequence');
  });

  it('fit together', async () => {
    await refuses([q, zeros(1, 6, 2, 9), kv], RangeError, 'ERR_ATTN_SHAPE', 'K', '8', '9');
    await refuses([q, zeros(1, 6, 2), kv], RangeError, 'ERR_ATTN_SHAPE', 'k');
    await refuses([zeros(1, 4, 3, 8), kv, kv], RangeError, 'ERR_ATTN_SHAPE', 'Hkv', 'Hq');
    await refuses(
      [q, kv, kv.permute([0, 1, 3, 2]).contiguous().permute([0, 1, 3, 2])],
      RangeError,
      'ERR_ATTN_SHAPE',
      'v',
    );
  });

  it('have a dtype that the argument takes', async () => {
    await refuses([q, kv.castSync('bf16'), kv], TypeError, 'ERR_ATTN_DTYPE', 'k', 'bf16', 'f32');
    await refuses([q.castSync('i8'), kv, kv], TypeError, 'ERR_ATTN_DTYPE', 'q', 'i8');
    await refuses([q, kv, kv, { mask: zeros(4, 6) }], TypeError, 'ERR_ATTN_DTYPE', 'mask', 'f32', 'bool');
  });

  it('are not disposed', async () => {
    const gone = zeros(1, 6, 2, 8);
    gone.dispose();
    await refuses([q, gone, kv], Error, 'ERR_ATTN_DISPOSED', 'k');
  });

  it('throw through their own getters', async () => {
    const trap = {
      get data(): never {
        throw new Error('mine');
      },
      dims: [1],
      type: 'float32',
    };
    expect(() => attentionSync(q, trap, kv)).toThrow('mine');
    await expect(attention(q, trap, kv)).rejects.toThrow('mine');
    const options = {
      get causal(): never {
        throw new Error('mine');
      },
    };
    expect(() => attentionSync(q, kv, kv, options)).toThrow('mine');
    await expect(attention(q, kv, kv, options)).rejects.toThrow('mine');
    const part = {
      get out(): never {
        throw new Error('mine');
      },
      lse: q,
    };
    await expect(mergeAttention([part])).rejects.toThrow('mine');
  });
});

describe('options', () => {
  it.each([
    [{ casual: true }, 'unknown option casual', 'did you mean causal?'],
    [{ window: { lef: 1 } }, 'window.lef', 'window.left'],
    [{ bananas: 1 }, 'bananas', 'known are'],
    [{ '': 1 }, 'unknown option ;'],
  ] as [object, ...string[]][])('are known: %o', async (options, ...mentions) => {
    await refuses([q, kv, kv, options], TypeError, 'ERR_ATTN_ARG_TYPE', ...mentions);
  });

  it.each([
    [{ causal: 1 }, 'causal', 'a boolean', 'a number'],
    [{ causal: null }, 'causal', 'null'],
    [{ scale: '1' }, 'scale', 'a number', 'a string'],
    [{ scale: 1n }, 'scale', 'a bigint'],
    [{ window: 4 }, 'window', 'an object'],
    [{ window: [4] }, 'window', 'an array'],
    [{ chunk: '4' }, 'chunk', 'an integer'],
    [{ scores: true }, 'scores', "'weights'"],
    [{ mask: true }, 'mask', 'a boolean'],
    [{ kvLengths: '7' }, 'kvLengths', 'an integer, or one per sequence in an Int32Array', 'a string'],
    [{ kvLengths: [7] }, 'kvLengths', 'an Int32Array or an i32 tensor', 'an array'],
    [{ out: new Float32Array(64) }, 'out', 'a Tensor', 'a Float32Array'],
    [{ signal: {} }, 'signal', 'an AbortSignal'],
  ] as [object, ...string[]][])('have the right type: %o', async (options, ...mentions) => {
    await refuses([q, kv, kv, options], TypeError, 'ERR_ATTN_ARG_TYPE', ...mentions);
  });

  it.each([
    [{ scale: Number.NaN }, 'scale', 'NaN'],
    [{ chunk: 0 }, 'chunk', '0'],
    [{ chunk: 1.5 }, 'chunk must be an integer, got 1.5'],
    [{ chunk: Number.NaN }, 'chunk'],
    [{ chunk: 1e300 }, 'chunk must be an integer, got 1e+300'],
    [{ chunk: Number.NEGATIVE_INFINITY }, 'got -Infinity'],
    [{ chunk: 2 ** 40 }, 'chunk is 1099511627776, expected at most 2147483647'],
    [{ softcap: -0.00000125 }, 'softcap is -0.00000125, expected'],
    [{ softcap: -1.25e-7 }, 'softcap is -1.25e-7, expected'],
    [{ softcap: -123.456 }, 'softcap is -123.456, expected'],
    [{ scale: -1.5e300 }, 'scale is -1.5e+300, expected'],
    [{ softcap: 0 }, 'softcap is 0, expected more than 0'],
    [{ softcap: Number.POSITIVE_INFINITY }, 'softcap is Infinity, expected a finite number'],
    [{ softcap: 1e300 }, 'softcap is 1e+300, expected a magnitude of at most 1e+38'],
    [{ softcap: 1e-46 }, 'softcap is 1e-46, expected more than 0 in f32'],
    [{ scale: 3e38 }, 'scale is 3e+38, expected a magnitude of at most 1e+38'],
    [{ scale: -1e39 }, 'scale is -1e+39, expected a magnitude'],
    [{ scores: 'weight' }, 'scores', "'weights'", "'weight'"],
    [{ kvLengths: Int32Array.of(7) }, 'kvLengths', '7'],
    [{ kvLengths: -1 }, 'kvLengths', '-1'],
  ] as [object, ...string[]][])('are in range: %o', async (options, ...mentions) => {
    await refuses([q, kv, kv, options], RangeError, 'ERR_ATTN_VALUE', ...mentions);
  });

  it('may be as large and as small as f32 is', () => {
    const ones = Tensor.from(new Float32Array(96).fill(1), [1, 6, 2, 8]);
    for (const options of [{ scale: 1e38 }, { softcap: 1e38 }, { softcap: 1.5e-45 }, { scale: 1e-46 }]) {
      const { out } = attentionSync(q, kv, ones, options);
      for (const value of out.data) expect(value).toBeCloseTo(1);
    }
  });

  it.each([[null], [3], ['causal'], [[]], [() => ({})]])('are an object: %o', async (options) => {
    await refuses([q, kv, kv, options], TypeError, 'ERR_ATTN_ARG_TYPE', 'options');
  });

  it('count as absent when undefined, and may be inherited', () => {
    const plain = attentionSync(q, kv, kv, { scale: undefined, out: undefined, signal: undefined, window: undefined });
    expect(Object.keys(plain)).toEqual(['out']);
    const inherited = Object.create({ returnLse: true }) as AttentionOptions;
    expect(Object.keys(attentionSync(q, kv, kv, inherited))).toEqual(['out', 'lse']);
  });

  it('may be objects of a class, whose getters are read', async () => {
    class Settings {
      readonly causal = true;
      get returnLse(): true {
        return true;
      }
      get window() {
        return new Band();
      }
    }
    class Band {
      get left(): number {
        return 0;
      }
    }
    const { out, lse } = attentionSync(q, kv, kv, new Settings());
    expect(lse!.data).toEqual(attentionSync(q, kv, kv, { window: { left: 0, right: 0 }, returnLse: true }).lse.data);
    expect((await attention(q, kv, kv, new Settings())).out.data).toEqual(out.data);
    class Misspelled extends Settings {
      readonly casual = true;
    }
    await refuses([q, kv, kv, new Misspelled()], TypeError, 'ERR_ATTN_ARG_TYPE', 'casual', 'did you mean causal?');
  });

  it('that belong to another update rule are refused', async () => {
    const t = zeros(1, 4, 2, 8);
    const gate = zeros(1, 4, 2);
    for (const [options, mention] of [
      [{ updateRule: 'gated' }, 'decay'],
      [{ updateRule: 'delta' }, 'beta'],
      [{ updateRule: 'linear', decay: gate }, 'decay'],
    ] as const) {
      await expectBoth(
        () => linearAttentionSync(t, t, t, options as never),
        () => linearAttention(t, t, t, options as never),
        TypeError,
        'ERR_ATTN_OPTION_CONFLICT',
        'linearAttention: ',
        mention,
      );
    }
  });
});

describe('out', () => {
  it('receives the result and is returned', async () => {
    const out = Tensor.from(new Float32Array(64).fill(Number.NaN), [1, 4, 2, 8]);
    expect(attentionSync(q, kv, kv, { out }).out).toBe(out);
    expect(out.data).toEqual(new Float32Array(64));
    out.data.fill(Number.NaN);
    expect((await attention(q, kv, kv, { out })).out).toBe(out);
    expect(out.data).toEqual(new Float32Array(64));
  });

  it('may be strided', async () => {
    const heads = Tensor.from(new Float32Array(128).fill(7), [1, 4, 4, 8]);
    await attention(q, kv, kv, { out: heads.slice(2, 1, 3) });
    const rows = heads.permute([2, 0, 1, 3]).contiguous().view([4, 32]);
    expect([0, 1, 2, 3].map((head) => new Set(rows.slice(0, head, head + 1).data))).toEqual(
      [7, 0, 0, 7].map((value) => new Set([value])),
    );
  });

  it('has the right shape and dtype, and memory of its own', async () => {
    await refuses([q, kv, kv, { out: zeros(1, 4, 2, 9) }], RangeError, 'ERR_ATTN_SHAPE', 'out', '[1, 4, 2, 9]');
    await refuses([q, kv, kv, { out: q.castSync('f16') }], TypeError, 'ERR_ATTN_DTYPE', 'out', 'f16');
    await refuses([q, kv, kv, { out: q }], RangeError, 'ERR_ATTN_OVERLAP', 'out', 'q');
    const array = new Float32Array(100);
    const a = Tensor.from(array.subarray(0, 64), [1, 4, 2, 8]);
    const b = Tensor.from(array.subarray(36), [1, 4, 2, 8]);
    await refuses([a, kv, kv, { out: b }], RangeError, 'ERR_ATTN_OVERLAP', 'out', 'q');
  });
});

describe('empty tensors', () => {
  it('are computed like any other', async () => {
    const { out } = await attention(zeros(1, 0, 2, 8), kv, kv);
    expect(out.shape).toEqual([1, 0, 2, 8]);
    const none = zeros(1, 0, 2, 8);
    const { out: rows, lse } = attentionSync(q, none, none, { returnLse: true });
    expect(rows.data).toEqual(new Float32Array(64));
    expect(lse.data).toEqual(new Float32Array(8).fill(Number.NEGATIVE_INFINITY));
    const { state } = linearAttentionSync(none, none, none, { returnState: true });
    expect(state.contiguous().data).toEqual(new Float32Array(128));
  });
});

describe('lists', () => {
  it('of parts are lists of parts', async () => {
    const part = attentionSync(q, kv, kv, { returnLse: true });
    expect(mergeAttentionSync([part, part]).out.shape).toEqual([1, 4, 2, 8]);
    expect(Object.keys(await mergeAttention([part]))).toEqual(['out', 'lse']);
    for (const parts of [undefined, null, part, 'parts', [part, null], [{ out: part.out }]]) {
      const error = await mergeAttention(parts as never).catch((reason: unknown) => reason);
      expect(isAttnError(error)).toBe(true);
      expect(() => mergeAttentionSync(parts as never)).toThrow('mergeAttention: ');
    }
  });

  it('hold parts with a batch axis or without, but not both', async () => {
    const part = attentionSync(q, kv, kv, { returnLse: true });
    const packed = { out: part.out.view([4, 2, 8]), lse: part.lse.view([2, 4]) };
    const out = Tensor.empty([4, 2, 8]);
    const merged = mergeAttentionSync([packed, packed], { out });
    expect([merged.out, merged.lse.shape]).toEqual([out, [2, 4]]);
    expect((await mergeAttention([packed])).lse.data).toEqual(mergeAttentionSync([part]).lse.data);
    const flat = { out: part.out.view([8, 8]), lse: packed.lse };
    for (const [parts, message] of [
      [[part, packed], 'outs[1] has shape [4, 2, 8], expected [B, T, H, V]'],
      [[packed, part], 'outs[1] has shape [1, 4, 2, 8], expected [T, H, V] in a packed call'],
      [[{ ...packed, lse: part.lse }], 'lses[0] has shape [1, 2, 4], expected [H, T] in a packed call'],
      [[flat], 'outs[0] has shape [8, 8], expected [B, T, H, V] or [T, H, V]'],
    ] as const) {
      await expectBoth(
        () => mergeAttentionSync(parts),
        () => mergeAttention(parts),
        RangeError,
        'ERR_ATTN_SHAPE',
        message,
      );
      expect((caught(() => mergeAttentionSync(parts)) as Error).message).toBe(`mergeAttention: ${message}`);
    }
    await expectBoth(
      () => mergeAttentionSync([packed], { out: zeros(1, 4, 2, 8) }),
      () => mergeAttention([packed], { out: zeros(1, 4, 2, 8) }),
      RangeError,
      'ERR_ATTN_SHAPE',
      'out has shape [1, 4, 2, 8], expected [4, 2, 8]',
    );
  });

  it('hold tensors of one dtype', async () => {
    const part = attentionSync(q, kv, kv, { returnLse: true });
    const other = { out: part.out.castSync('bf16'), lse: part.lse };
    await expectBoth(
      () => mergeAttentionSync([part, other]),
      () => mergeAttention([part, other]),
      TypeError,
      'ERR_ATTN_DTYPE',
      'outs[1] has dtype bf16, expected f32',
    );
  });
});
