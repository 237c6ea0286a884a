// AbortSignal: stops the native work within 50 ms and rejects with its reason; and calls that share the pool.
import { getEventListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Tensor, attention, attentionSync, linearAttention } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';

const large = Tensor.zeros([1, 6144, 8, 128]); // seconds of work
const small = Tensor.zeros([1, 4, 2, 8]);

const outcome = (call: Promise<unknown>) =>
  call.then(
    () => 'resolved',
    (reason: unknown) => reason,
  );

describe('a signal', () => {
  it.each([
    ['attention', (signal: AbortSignal) => attention(large, large, large, { signal })],
    ['linearAttention', (signal: AbortSignal) => linearAttention(large, large, large, { signal, causal: true })],
  ])('stops %s', async (_, start) => {
    const controller = new AbortController();
    const call = outcome(start(controller.signal));
    await sleep(30);
    const reason = new Error('enough');
    const begin = performance.now();
    controller.abort(reason);
    expect(await call).toBe(reason);
    expect(performance.now() - begin).toBeLessThan(150); // 50 ms on a machine of its own
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('rejects at once a call that still waits in the queue', async () => {
    const stopAll = new AbortController();
    const running = Array.from({ length: 8 }, () =>
      outcome(attention(large, large, large, { signal: stopAll.signal })),
    );
    const controller = new AbortController();
    const waiting = outcome(attention(small, small, small, { signal: controller.signal }));
    controller.abort('changed my mind');
    expect(await waiting).toBe('changed my mind');
    stopAll.abort('done');
    expect(await Promise.all(running)).toEqual(Array(8).fill('done'));
  });

  it('that is aborted already rejects without starting', async () => {
    const signal = AbortSignal.abort('never');
    expect(await outcome(attention(large, large, large, { signal }))).toBe('never');
    expect(() => attentionSync(large, large, large, { signal })).toThrow('never');
    const byDefault = await outcome(attention(small, small, small, { signal: AbortSignal.abort() }));
    expect(byDefault).toMatchObject({ name: 'AbortError' });
  });

  it('may be a timeout', async () => {
    const call = outcome(attention(large, large, large, { signal: AbortSignal.timeout(20) }));
    expect(await call).toMatchObject({ name: 'TimeoutError' });
  });

  it('leaves no listener behind, and may fire after the call', async () => {
    const controller = new AbortController();
    for (let i = 0; i < 20; ++i) await attention(small, small, small, { signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    controller.abort();
  });

  it('has one listener for all the calls that it may stop', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): number => warnings.push(name);
    process.on('warning', onWarning);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 200 }, (_, i) => {
      const x = i < 4 ? large : small;
      return outcome(attention(x, x, x, { signal }));
    });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    const other = outcome(attention(small, small, small, { signal: new AbortController().signal }));
    controller.abort('all');
    expect(new Set(await Promise.all(calls.slice(0, 4)))).toEqual(new Set(['all']));
    for (const ending of await Promise.all(calls)) expect(['all', 'resolved']).toContain(ending); // the small ones
    expect(await other).toBe('resolved');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(warnings).toEqual([]);
    process.off('warning', onWarning);
  });

  it('stops only the calls that are left', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const long = outcome(attention(large, large, large, { signal }));
    for (let i = 0; i < 3; ++i) expect(await outcome(attention(small, small, small, { signal }))).toBe('resolved');
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    controller.abort('late');
    expect(await long).toBe('late');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('of another making does for calls that it can be attached to', async () => {
    let listener: (() => void) | undefined;
    const signal = {
      aborted: false,
      reason: 'by hand',
      addEventListener: (_: string, added: () => void) => {
        listener = added;
      },
      removeEventListener: () => {},
    } as unknown as AbortSignal;
    const call = outcome(attention(large, large, large, { signal }));
    listener?.();
    expect(await call).toBe('by hand');
    listener?.(); // long after the call
    const broken = {
      aborted: false,
      addEventListener: () => {
        throw new Error('broken');
      },
    } as unknown as AbortSignal;
    expect(await outcome(attention(small, small, small, { signal: broken }))).toMatchObject({ message: 'broken' });
  });
});

describe('the event loop', () => {
  it('goes on, and so does libuv’s pool', async () => {
    const controller = new AbortController();
    const running = Array.from({ length: 6 }, () =>
      outcome(attention(large, large, large, { signal: controller.signal })),
    );
    const begin = performance.now();
    await readFile(__filename);
    await sleep(1);
    expect(performance.now() - begin).toBeLessThan(500);
    controller.abort('end');
    await Promise.all(running);
  });

  it('serves many calls at once, each with its own result', async () => {
    const calls = Array.from({ length: 200 }, async (_, i) => {
      const one = (value: number) => Tensor.from(Float32Array.of(value), [1, 1, 1, 1]);
      return (await attention(one(1), one(2), one(i))).out.data[0];
    });
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });
});
