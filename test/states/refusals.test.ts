// Bad states, pools, segments and bytes: each is an error with a code and a message that says what is wrong.
import { crc32 } from 'node:zlib';
import {
  RecurrentState,
  StatePool,
  type StatePoolOptions,
  Tensor,
  chainStates,
  linearAttention,
  linearAttentionSync,
  segmentState,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectBoth, expectError } from '../api/errors';

const good = { heads: 2, keyDim: 3, valueDim: 5, updateRule: 'linear' } as const;
const q = Tensor.zeros([1, 4, 2, 3]);
const v = Tensor.zeros([1, 4, 2, 5]);

describe('pools', () => {
  const make = (options: unknown) => caught(() => new StatePool(options as StatePoolOptions));

  it.each([
    [undefined, 'StatePool: options must be an object, got undefined'],
    [null, 'got null'],
    [[good], 'got an array'],
    [{ ...good, slot: 4 }, 'StatePool: unknown option slot; known are heads, '],
    [{ ...good, heads: undefined }, 'heads is missing'],
    [{ ...good, keyDim: '3' }, 'keyDim must be an integer, got a string'],
    [{ ...good, updateRule: undefined }, 'updateRule is undefined, expected one of linear, '],
    [{ ...good, normalizer: 1 }, 'normalizer must be a boolean, got a number'],
  ])('take an object of known options: %o', (options, message) => {
    expectError(make(options), TypeError, 'ERR_ATTN_ARG_TYPE', message);
  });

  it.each([
    [{ ...good, heads: 0 }, 'heads is 0, expected an integer from 1 to 2147483647'],
    [{ ...good, keyDim: 1.5 }, 'keyDim is 1.5'],
    [{ ...good, keyDim: 2 ** 31 }, 'keyDim is 2147483648'],
    [{ ...good, valueDim: Number.NaN }, 'valueDim is NaN'],
    [{ ...good, heads: 2 ** 30, keyDim: 2 ** 30 }, 'heads 1073741824, keyDim 1073741824 and valueDim 5 would not fit'],
    [{ ...good, slots: 0 }, 'slots is 0'],
    [{ ...good, maxBytes: 119 }, 'maxBytes is 119, but one state takes 120'],
  ])('have sizes that memory may hold: %o', (options, message) => {
    expectError(make(options), RangeError, 'ERR_ATTN_VALUE', message);
  });
});

describe('states', () => {
  it.each([[undefined], [null], [{}], ['pool']])('belong to a pool, not to %o', (pool) => {
    for (const call of [
      () => new RecurrentState(pool as never),
      () => RecurrentState.from(pool as never, q),
      () => RecurrentState.deserialize(pool as never, new Uint8Array()),
    ]) {
      expectError(caught(call), TypeError, 'ERR_ATTN_ARG_TYPE', 'pool must be a StatePool, got ');
    }
  });

  it.each([
    [null, 'options must be an object, got null'],
    [[], 'options must be an object, got an array'],
    [{ len: 3 }, 'unknown option len; known are normalizer, length'],
    [{ length: '3' }, 'length must be an integer, got a string'],
  ])('go on from tensors with known options: %o', (options, message) => {
    const pool = new StatePool(good);
    const state = Tensor.zeros([2, 3, 5]);
    const error = caught(() => RecurrentState.from(pool, state, options as never));
    expectError(error, TypeError, 'ERR_ATTN_ARG_TYPE', `RecurrentState.from: ${message}`);
    expect(pool.used).toBe(0);
  });

  it.each([
    [undefined as unknown, 'states[1] must be a RecurrentState, got undefined'],
    [null, 'got null'],
    [{}, 'got an object'],
    [q, 'states[1] must be a RecurrentState, got a Tensor'],
  ])('of a call are states: %o', async (wrong, message) => {
    const pool = new StatePool(good);
    const state = new RecurrentState(pool);
    for (const further of [{}, { checkpointEvery: 2 }]) {
      const options = { states: [state, wrong], ...further } as never;
      await expectBoth(
        () => linearAttentionSync(q, q, v, options),
        () => linearAttention(q, q, v, options),
        TypeError,
        'ERR_ATTN_ARG_TYPE',
        `linearAttention: `,
        message,
      );
    }
    state.dispose(); // was not left busy
    expect(pool.used).toBe(0);
  });

  it.each([
    [[], 'an empty one'],
    [new Float32Array(1), 'a Float32Array'],
    [3, 'a number'],
  ] as const)('of a call are an array: %o', async (states, message) => {
    await expectBoth(
      () => linearAttentionSync(q, q, v, { states } as never),
      () => linearAttention(q, q, v, { states } as never),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      `states must be an array of at least one RecurrentState, got ${message}`,
    );
  });
});

describe('checkpoints', () => {
  it.each([
    [{ checkpointEvery: '4' }, 'checkpointEvery must be an integer, got a string'],
    [{ checkpointEvery: null }, 'checkpointEvery must be an integer, got null'],
    [{ checkpointEvery: 4, out: new Float32Array(40) }, 'out must be a Tensor, got a Float32Array'],
  ])('are asked for with %o', async (further, message) => {
    const state = new RecurrentState(new StatePool(good));
    const options = { states: [state], ...further } as never;
    await expectBoth(
      () => linearAttentionSync(q, q, v, options),
      () => linearAttention(q, q, v, options),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      `linearAttention: ${message}`,
    );
    state.dispose(); // was not left busy
  });

  it('may be left out as undefined', () => {
    const state = new RecurrentState(new StatePool(good));
    const results = [{ states: [state] }, {}].map((options) =>
      linearAttentionSync(q, q, v, { ...options, checkpointEvery: undefined }),
    );
    for (const result of results) expect(result.checkpoints).toBeUndefined();
    expect(state.length).toBe(4);
  });

  it('are asked for by objects of a class', () => {
    class Options {
      updateRule = 'linear' as const;
      readonly #state: RecurrentState;
      constructor(state: RecurrentState) {
        this.#state = state;
      }
      get states(): RecurrentState[] {
        return [this.#state];
      }
      get checkpointEvery(): number {
        return 3;
      }
    }
    const { checkpoints } = linearAttentionSync(q, q, v, new Options(new RecurrentState(new StatePool(good))));
    expect(checkpoints.map((one) => one.map(({ length }) => length))).toEqual([[3]]);
  });
});

describe('bytes of a state', () => {
  const pool = new StatePool(good);
  const bytes = new RecurrentState(pool).serialize();
  const headerBytes = new DataView(bytes.buffer).getUint32(12, true);
  const withHeader = (text: string): Uint8Array => {
    const header = new TextEncoder().encode(text);
    const changed = new Uint8Array([...bytes.subarray(0, 16), ...header, ...bytes.subarray(16 + headerBytes)]);
    new DataView(changed.buffer).setUint32(12, header.length, true);
    return changed;
  };
  const header = new TextDecoder().decode(bytes.subarray(16, 16 + headerBytes));
  const changed = (change: (view: DataView) => void): Uint8Array => {
    const copy = bytes.slice();
    change(new DataView(copy.buffer));
    return copy;
  };
  /** As somebody writes them who knows the format: with the right checksum. */
  const sealed = (content: Uint8Array): Uint8Array => {
    const copy = content.slice();
    new DataView(copy.buffer).setUint32(copy.length - 4, crc32(copy.subarray(0, -4)), true);
    return copy;
  };

  it.each([
    ['none', new Uint8Array(), 'not a recurrent state'],
    ['a state cut short', sealed(bytes.subarray(0, bytes.length - 8)), 'the state has 112 bytes, expected 120'],
    ['bytes after the state', sealed(new Uint8Array([...bytes, 0, 0, 0, 0])), 'the state has 124 bytes, expected 120'],
    ['version 0', sealed(changed((view) => view.setUint32(8, 0, true))), 'version 0, this package reads 1 to 1'],
    ['a newer version', sealed(changed((view) => view.setUint32(8, 2, true))), 'version 2, this package reads 1 to 1'],
    [
      'a header longer than all of them',
      sealed(changed((view) => view.setUint32(12, 4e9, true))),
      'the header is said to have 4000000000 bytes',
    ],
    ['a header that is not JSON', sealed(withHeader('{nope')), 'the header is no JSON object'],
    ['a header that is no object', sealed(withHeader('3')), 'the header is no JSON object'],
    ['a header without fields', sealed(withHeader('{}')), 'length is undefined'],
    ['a length that is none', sealed(withHeader(header.replace('"length":0', '"length":-1'))), 'length is -1'],
    ['other sizes', sealed(withHeader(header.replace('"heads":2', '"heads":4'))), "heads is 4, the pool's is 2"],
    ['changed bytes', changed((view) => view.setUint8(bytes.length - 9, 1)), 'the checksum does not match'],
  ])('are refused: %s', (_, given, message) => {
    const used = pool.used;
    expectError(
      caught(() => RecurrentState.deserialize(pool, given)),
      Error,
      'ERR_ATTN_DATA',
      'RecurrentState.deserialize: ',
      message,
    );
    expect(pool.used).toBe(used);
  });

  it('are a Uint8Array', () => {
    expectError(
      caught(() => RecurrentState.deserialize(pool, bytes.buffer as never)),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'bytes must be a Uint8Array, got an ArrayBuffer',
    );
  });
});

describe('getters that throw', () => {
  const trap = (name: string): object =>
    Object.defineProperty({}, name, {
      enumerable: true,
      get: () => {
        throw new Error('mine');
      },
    });

  it.each([['states'], ['updateRule']])('reject: %s', async (name) => {
    const options = trap(name) as never;
    expect(() => linearAttentionSync(q, q, v, options)).toThrow('mine');
    const promise = linearAttention(q, q, v, options);
    await expect(promise).rejects.toThrow('mine');
    await expect(segmentState(q, v, options)).rejects.toThrow('mine');
    await expect(chainStates([trap('transition')] as never)).rejects.toThrow('mine');
  });
});
