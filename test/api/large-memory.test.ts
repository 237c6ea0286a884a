// Memory at its limits: tensors beyond what an ArrayBuffer or the machine holds, which is never touched and so costs
// nothing, and what a long call takes beside its tensors.
import { spawnSync } from 'node:child_process';
import { constants } from 'node:buffer';
import { join, resolve } from 'node:path';
import { Tensor } from 'hybrid-attention';
import { expect, it } from 'vitest';
import { caught, expectError } from './errors';

it('data of more than 4 GiB is there, or refused where the runtime has no such ArrayBuffers', async () => {
  const tensor = Tensor.empty([2 ** 30 + 1]);
  for (let round = 0; round < 3; ++round) {
    if (constants.MAX_LENGTH > 2 ** 32) {
      expect(tensor.data).toHaveLength(2 ** 30 + 1);
    } else {
      const error = caught(() => tensor.data);
      expectError(error, Error, 'ERR_ATTN_UNSUPPORTED', 'Tensor.data: ', '4294967300', '0x100000000');
    }
    await new Promise((done) => setImmediate(done)); // the runtime finalizes what it could not make
  }
  expect(tensor.slice(0, 0, 8).contiguous().shape).toEqual([8]);
  tensor.dispose();
});

it('memory that cannot be had names what needed it', () => {
  expectError(
    caught(() => Tensor.empty([2 ** 50])),
    Error,
    'ERR_ATTN_OUT_OF_MEMORY',
    'Tensor.empty: the tensor needs 4503599627370496 bytes',
  );
});

it.skipIf(process.platform !== 'linux')('data that would have to be copied into no memory is an error', () => {
  const program = [process.execPath, join(__dirname, 'programs/out-of-memory.cjs'), resolve(__dirname, '../..')];
  const { stdout, stderr, status } = spawnSync('sh', ['-c', 'ulimit -v 6000000; exec "$@"', 'sh', ...program], {
    encoding: 'utf8',
    env: { ...process.env, ATTN_NO_EXTERNAL_BUFFERS: '1' },
  });
  expect([stderr, status]).toEqual(['', 0]);
  const message = expect.stringContaining('Tensor.data: the tensor needs 1073741824 bytes');
  expect(JSON.parse(stdout)).toMatchObject({ data: { code: 'ERR_ATTN_OUT_OF_MEMORY', message }, small: 4 });
});

it.skipIf(process.platform !== 'linux')('a prompt into a cache needs no memory that grows with it', () => {
  const program = join(__dirname, 'programs/prompt-memory.cjs');
  const { stdout, stderr } = spawnSync(process.execPath, [program, resolve(__dirname, '../..'), '6000'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(Number(stdout)).toBeLessThan(16); // partial results of all rows would take 70 MiB
});
