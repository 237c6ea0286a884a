// Worker threads and processes that end in the middle of calls.
import { spawnSync } from 'node:child_process';
import { on } from 'node:events';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

const library = resolve(__dirname, '../..');
const large = [1, 4096, 8, 64];
const small = [1, 8, 2, 8];

interface Plan {
  shape: number[];
  calls: number;
  then?: 'exit' | 'throw' | 'spin';
}

function start(plan: Plan): { worker: Worker; message: () => Promise<unknown>; ended: Promise<number> } {
  const worker = new Worker(join(__dirname, 'programs/worker.cjs'), { workerData: { library, ...plan } });
  const messages = on(worker, 'message'); // all of them, also those that come together
  worker.on('error', () => {}); // 'exit' follows
  return {
    worker,
    message: async () => (await messages.next()).value[0],
    ended: new Promise((resolve) => worker.once('exit', resolve)),
  };
}

describe('worker threads', () => {
  it('compute side by side', async () => {
    const workers = Array.from({ length: 4 }, () => start({ shape: small, calls: 50 }));
    const results = await Promise.all(
      workers.map(async ({ message }) => {
        expect(await message()).toBe('started');
        return message();
      }),
    );
    expect(results).toEqual([50, 50, 50, 50]);
    for (const { ended } of workers) expect(await ended).toBe(0);
  });

  it('may be terminated during calls', async () => {
    for (const calls of [1, 5, 40]) {
      const { worker, message } = start({ shape: large, calls });
      await message();
      const begin = performance.now();
      await worker.terminate();
      expect(performance.now() - begin).toBeLessThan(2000);
    }
  });

  it('may be terminated during synchronous calls', async () => {
    const { worker, message } = start({ shape: small, calls: 3, then: 'spin' });
    await message();
    await worker.terminate();
  });

  it.each([
    ['exit', 0],
    ['throw', 1],
  ] as const)('may %s during calls', async (then, code) => {
    expect(await start({ shape: large, calls: 5, then }).ended).toBe(code);
  });

  it('may come and go while others compute', async () => {
    const steady = start({ shape: small, calls: 2000 });
    await steady.message();
    for (let i = 0; i < 8; ++i) {
      const { worker, message } = start({ shape: large, calls: 2 });
      await message();
      await worker.terminate();
    }
    expect(await steady.ended).toBe(0);
  });
});

describe('a process', () => {
  const run = (how: string, env: NodeJS.ProcessEnv = {}) => {
    const program = join(__dirname, 'programs/exit.cjs');
    const options = { encoding: 'utf8', timeout: 25_000, env: { ...process.env, ...env } } as const;
    return spawnSync(process.execPath, [program, library, how], options);
  };

  it.each([
    ['exit', 7],
    ['exit-at-once', 7],
    ['throw', 1],
    ['finish', 0],
    ['idle', 0],
  ] as const)('ends during calls by %s', (how, status) => {
    const { signal, status: got, stdout } = run(how);
    expect({ status: got, signal }).toEqual({ status, signal: null });
    expect(stdout).toBe(how === 'finish' ? 'finished 6\n' : '');
  });

  it('works where external buffers are refused', () => {
    const script = `
      const { Tensor, attention, attentionSync } = require(${JSON.stringify(library)});
      (async () => {
        const tensor = Tensor.zeros([1, 64, 1, 4]);
        tensor.data.fill(2);
        const { out } = await attention(tensor, tensor, tensor);
        const again = attentionSync(out, tensor, out, { out: Tensor.zeros([1, 64, 1, 4]) }).out;
        const given = Tensor.empty([1, 64, 1, 4]);
        const running = attention(tensor, tensor, tensor, { out: given });
        given.data.fill(0);
        await running;
        const view = again.data.buffer === again.slice(1, 0, 2).data.buffer;
        console.log([out, again, given].map(({ data }) => data.every((value) => Math.abs(value - 2) < 1e-5)).join(), view);
      })();`;
    const env = { ...process.env, ATTN_NO_EXTERNAL_BUFFERS: '1' };
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env });
    expect(stderr).toBe('');
    expect(stdout).toBe('true,true,true true\n');
  });

  it('keeps the states of sessions where external buffers are refused', () => {
    const script = `
      const { Tensor, StatePool, RecurrentState, linearAttention } = require(${JSON.stringify(library)});
      (async () => {
        const token = Tensor.from(new Float32Array(4).fill(1), [1, 1, 1, 4]);
        for (const rollback of [0, 1]) {
          const pool = new StatePool({ heads: 1, keyDim: 4, updateRule: 'linear', normalizer: true, rollback });
          const first = new RecurrentState(pool);
          for (const session of [first, RecurrentState.deserialize(pool, first.serialize())]) {
            for (let t = 0; t < 4; ++t) await linearAttention(token, token, token, { normalize: true, states: [session] });
            session.rollback(rollback);
            const [state, normalizer] = [session.toTensor().permute([0, 2, 1]), session.normalizerTensor()];
            console.log(session.length, state.data[0], normalizer.data[0]);
          }
        }
      })();`;
    const env = { ...process.env, ATTN_NO_EXTERNAL_BUFFERS: '1' };
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env });
    expect(stderr).toBe('');
    expect(stdout).toBe('4 4 4\n4 4 4\n3 3 3\n3 3 3\n');
  });
});
