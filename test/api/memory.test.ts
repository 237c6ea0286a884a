// Memory stays safe whatever JavaScript does with it while calls are running.
import { Tensor, attention, attentionSync, info } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectError } from './errors';

const T = 512;
const shape = [1, T, 4, 64];
const size = T * 4 * 64;
const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
const expected = Float32Array.from(attentionSync(wrapped(), wrapped(), wrapped(), { causal: true }).out.data);

// Comparing this many numbers one by one takes a second.
const expectSame = (got: ArrayBufferView, want: ArrayBufferView) => {
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);
  expect(bytes(got).equals(bytes(want))).toBe(true);
};

function wrapped(buffer: ArrayBufferLike = new ArrayBuffer(size * 4)): Tensor {
  const array = new Float32Array(buffer);
  array.set(values);
  return Tensor.from(array, shape);
}

function owned(): Tensor {
  const tensor = Tensor.empty(shape);
  (tensor.data as Float32Array).set(values);
  return tensor;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const collect = async () => {
  for (let i = 0; i < 4; ++i) {
    globalThis.gc?.();
    await turn();
  }
};

/** ArrayBuffer.prototype.transfer where the runtime has it, else a structured clone with a transfer list. */
function detach(buffer: ArrayBuffer): ArrayBuffer {
  const { transfer } = buffer as ArrayBuffer & { transfer?: () => ArrayBuffer };
  return transfer ? transfer.call(buffer) : structuredClone(buffer, { transfer: [buffer] });
}

describe('buffers of JavaScript', () => {
  it('may be detached or overwritten while an asynchronous call runs', async () => {
    const tensors = [wrapped(), wrapped(), wrapped()] as const;
    const call = attention(...tensors, { causal: true });
    (tensors[0].data as Float32Array).fill(Number.NaN);
    const moved = tensors.slice(1).map(({ data }) => detach(data.buffer as ArrayBuffer));
    for (const buffer of moved) new Uint8Array(buffer).fill(255);
    expectSame((await call).out.data, expected);
  });

  it('are copied where a view covers a part of them', async () => {
    const heads = owned().permute([0, 2, 1, 3]).contiguous();
    const array = Float32Array.from(heads.data);
    const view = Tensor.from(array, [1, 4, T, 64]).permute([0, 2, 1, 3]);
    const call = attention(view, view, view, { causal: true });
    array.fill(Number.NaN);
    expectSame((await call).out.data, expected);
  });

  it('that were detached before the call are refused', async () => {
    const tensor = wrapped();
    detach(tensor.data.buffer as ArrayBuffer);
    expectError(
      caught(() => tensor.data),
      TypeError,
      'ERR_ATTN_DETACHED',
      'Tensor.data',
    );
    const view = tensor.slice(2, 0, 2);
    expectError(
      caught(() => view.contiguous()),
      TypeError,
      'ERR_ATTN_DETACHED',
    );
    expectError(
      caught(() => attentionSync(owned(), tensor, owned())),
      TypeError,
      'ERR_ATTN_DETACHED',
      'k',
    );
    const error = await attention(tensor, owned(), owned()).catch((reason: unknown) => reason);
    expectError(error, TypeError, 'ERR_ATTN_DETACHED', 'q');
    const empty = new Float32Array(4);
    detach(empty.buffer);
    expectError(
      caught(() => Tensor.from(empty, [4])),
      TypeError,
      'ERR_ATTN_DETACHED',
      'Tensor.from',
    );
  });

  it('may shrink, and are refused then', () => {
    const Resizable = ArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(bytes: number): void };
    const buffer = new Resizable(256, { maxByteLength: 1024 });
    const tensor = Tensor.from(new Float32Array(buffer), [1, 8, 1, 8]);
    buffer.resize(1024);
    expect(attentionSync(tensor, tensor, tensor).out.size).toBe(64);
    buffer.resize(128);
    expectError(
      caught(() => attentionSync(tensor, tensor, tensor)),
      TypeError,
      'ERR_ATTN_DETACHED',
      'q',
    );
  });

  it('detached by an option that is read later are noticed', () => {
    const tensor = wrapped();
    const options = {
      get causal() {
        detach(tensor.data.buffer as ArrayBuffer);
        return true;
      },
    };
    expectError(
      caught(() => attentionSync(tensor, owned(), owned(), options)),
      TypeError,
      'ERR_ATTN_DETACHED',
      'q',
    );
  });

  it('receive an asynchronous result through out, unless they are gone', async () => {
    const out = Tensor.from(new Float32Array(size), shape);
    const before = out.data;
    await attention(owned(), owned(), owned(), { causal: true, out });
    expectSame(before, expected);
    const call = attention(owned(), owned(), owned(), { out });
    detach(before.buffer as ArrayBuffer);
    expectError(await call.catch((reason: unknown) => reason), TypeError, 'ERR_ATTN_DETACHED', 'out');
  });
});

describe('SharedArrayBuffers', () => {
  it('are read and written in place', async () => {
    const tensor = wrapped(new SharedArrayBuffer(size * 4));
    const out = Tensor.from(new Float32Array(new SharedArrayBuffer(size * 4)), shape);
    expect(tensor.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(tensor.slice(1, 2, 3).data.buffer).toBe(tensor.data.buffer);
    await attention(tensor, tensor, tensor, { causal: true, out });
    expectSame(Float32Array.from(out.data), expected);
    expectSame(Float32Array.from(attentionSync(tensor, tensor, tensor, { causal: true }).out.data), expected);
  });

  it('hold no index that could change between the check and its use', async () => {
    const lengths = new Int32Array(new SharedArrayBuffer(4)).fill(T);
    const q = wrapped();
    const call = attention(q, q, q, { causal: true, queryStart: 0, kvLengths: lengths });
    lengths[0] = 1 << 30;
    expectSame((await call).out.data, expected);
  });
});

describe('native memory', () => {
  it('is leased to calls in flight: dispose waits for them', async () => {
    const tensors = [owned(), owned(), owned()] as const;
    const call = attention(...tensors, { causal: true });
    for (const tensor of tensors) tensor.dispose();
    expect(tensors[0].disposed).toBe(true);
    expectSame((await call).out.data, expected);
  });

  it('of an index tensor may be overwritten during the call', async () => {
    const lengths = Tensor.zeros([1], { dtype: 'i32' });
    lengths.data[0] = T;
    const call = attention(owned(), owned(), owned(), { causal: true, queryStart: 0, kvLengths: lengths });
    lengths.data[0] = 1 << 30;
    expectSame((await call).out.data, expected);
  });

  it('lives as long as an array over it', async () => {
    const arrays: Float32Array[] = [];
    for (let i = 0; i < 20; ++i)
      arrays.push((await attention(owned(), owned(), owned(), { causal: true })).out.data as Float32Array);
    await collect();
    for (const array of arrays) expectSame(array, expected);
  });

  it('survives its ArrayBuffer being detached', async () => {
    const tensor = owned();
    const first = tensor.data;
    const moved = detach(first.buffer as ArrayBuffer);
    new Float32Array(moved);
    expectSame(tensor.data, values);
    tensor.dispose();
    await collect();
  });

  it('is given back by dispose, and counted once', async () => {
    const bytes = 64 << 20;
    await collect();
    const before = process.memoryUsage().external;
    const tensor = Tensor.zeros([bytes / 4]);
    tensor.data[0] = 1;
    const held = process.memoryUsage().external - before;
    expect(held).toBeGreaterThan(bytes * 0.9);
    expect(held).toBeLessThan(bytes * 1.1);
    tensor.dispose();
    await collect();
    expect(process.memoryUsage().external - before).toBeLessThan(bytes * 0.1);
  });

  it('is known to the garbage collector', async () => {
    const before = process.memoryUsage().rss;
    let peak = 0;
    for (let i = 0; i < 1500; ++i) {
      Tensor.zeros([1 << 18]);
      if (i % 10 === 0) await turn();
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect(peak).toBeLessThan(500 << 20); // 1500 MiB were made
  });

  it('of dropped tensors goes, also in loops that never turn the event loop', () => {
    const q = Tensor.zeros([1, 1, 64, 1024]);
    const run = (rounds: number) => {
      for (let i = 0; i < rounds; ++i) attentionSync(q, q, q);
      return process.memoryUsage().rss;
    };
    const after = run(500);
    expect(run(4000) - after).toBeLessThan(300 << 20);
  });

  it('of small tensors goes as well, with all that Node keeps of them', () => {
    const q = Tensor.zeros([1, 1, 1, 4]);
    const run = (rounds: number) => {
      for (let i = 0; i < rounds; ++i) attentionSync(q, q, q);
      return process.memoryUsage().rss;
    };
    const after = run(50_000);
    expect(run(200_000) - after).toBeLessThan(40 << 20);
  });

  it('of dropped tensors goes between asynchronous calls', async () => {
    const q = Tensor.zeros([1, 1, 64, 1024]);
    for (let i = 0; i < 200; ++i) await attention(q, q, q);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 3000; ++i) await attention(q, q, q);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 << 20);
  });
});

describe('garbage collection', () => {
  it('under load changes nothing', async () => {
    const calls = Array.from({ length: 60 }, async (_, i) => {
      const inputs = i % 2 === 0 ? [owned(), owned(), owned()] : [wrapped(), wrapped(), wrapped()];
      const { out } = await attention(inputs[0]!, inputs[1]!, inputs[2]!, { causal: true });
      globalThis.gc?.();
      return out.slice(1, 5, 6).data[3];
    });
    globalThis.gc?.();
    const index = 5 * 4 * 64 + 3;
    expect(new Set(await Promise.all(calls))).toEqual(new Set([expected[index]]));
    expect(info().threads).toBeGreaterThan(0);
  });
});
