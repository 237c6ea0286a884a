import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SafetensorsFile, writeSafetensors } from '../../lib/cli/safetensors';
import { type DType, dtypeBytes } from '../../lib/generated/dtypes';
import { Tensor } from '../../lib/index';

const folder = mkdtempSync(join(tmpdir(), 'attention-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, `${name}.safetensors`);

function fileOf(name: string, header: unknown, dataBytes: number): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path(name), Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
  return path(name);
}

const open = (file: string) => () => new SafetensorsFile(file);

describe('safetensors files', () => {
  it('keep every dtype, shape, element and the metadata', () => {
    const shapes = [[2, 3], [], [0, 4], [5]];
    const tensors: Record<string, Tensor> = {};
    let byte = 0;
    for (const dtype of Object.keys(dtypeBytes) as DType[]) {
      for (const shape of shapes) {
        const tensor = Tensor.empty(shape, { dtype });
        const { buffer, byteOffset, byteLength } = tensor.data;
        new Uint8Array(buffer, byteOffset, byteLength).forEach((_, index, bytes) => {
          bytes[index] = dtype === 'bool' ? byte++ % 2 : byte++;
        });
        tensors[`${dtype} ${shape.join('x')}`] = tensor;
      }
    }
    writeSafetensors(path('all'), tensors, { text: 'Grüße' });
    const file = new SafetensorsFile(path('all'));
    expect(file.header.metadata).toEqual({ text: 'Grüße' });
    expect([...file.header.tensors.keys()]).toEqual(Object.keys(tensors));
    for (const [name, tensor] of Object.entries(tensors)) {
      const read = file.read(name);
      expect([read.dtype, read.shape]).toEqual([tensor.dtype, tensor.shape]);
      expect(Buffer.from(read.data.buffer, read.data.byteOffset, read.data.byteLength)).toEqual(
        Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength),
      );
    }
    file.close();
  });

  it('hold views in the order of their axes', () => {
    const tensor = Tensor.from(
      Float32Array.from({ length: 6 }, (_, index) => index),
      [2, 3],
    );
    writeSafetensors(path('view'), { turned: tensor.permute([1, 0]) });
    const file = new SafetensorsFile(path('view'));
    expect(file.read('turned').shape).toEqual([3, 2]);
    expect([...file.read('turned').data]).toEqual([0, 3, 1, 4, 2, 5]);
    file.close();
  });

  it('are read where the data is not aligned', () => {
    const header = {
      a: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] },
      b: { dtype: 'F32', shape: [1], data_offsets: [1, 5] },
    };
    const file = fileOf('unaligned', header, 5);
    const bytes = readFileSync(file);
    bytes.writeFloatLE(1.5, bytes.length - 4);
    writeFileSync(file, bytes);
    const opened = new SafetensorsFile(file);
    expect(opened.read('b').data[0]).toBe(1.5);
    opened.close();
  });

  it('may hold dtypes of others as long as nobody asks for them', () => {
    const file = new SafetensorsFile(fileOf('foreign', { x: { dtype: 'F64', shape: [1], data_offsets: [0, 8] } }, 8));
    expect(() => file.read('x')).toThrow(/'x' .* has dtype F64; supported are F32, /);
    expect(() => file.read('y')).toThrow(/has no tensor 'y'; it has x$/);
    file.close();
  });

  const entry = (dtype: string, shape: unknown, offsets: unknown) => ({ x: { dtype, shape, data_offsets: offsets } });
  it.each([
    ['a header that is not JSON', '{"x"', 0, /its header is not JSON$/],
    ['a header that is no object', '[]', 0, /not a JSON object$/],
    ['metadata that is not text', { __metadata__: { a: 1 } }, 0, /__metadata__ is not an object of strings$/],
    ['a negative size', entry('F32', [-1], [0, 4]), 4, /'x' has no proper dtype and shape$/],
    ['offsets that run backwards', entry('F32', [1], [4, 0]), 4, /'x' has no proper data_offsets$/],
    ['a size that does not fit the shape', entry('F32', [2], [0, 4]), 4, /shape \[2\] needs 8 bytes, not 4$/],
    ['data that is cut off', entry('F32', [2], [0, 8]), 4, /ends at byte 8 .* only 4 are there/],
    ['a hole before a tensor', entry('F32', [1], [4, 8]), 8, /starts at byte 4 of the data, not at 0$/],
    ['bytes after the last tensor', entry('F32', [1], [0, 4]), 8, /4 bytes at its end belong to no tensor$/],
  ])('are refused for %s', (name, header, dataBytes, message) => {
    const file = fileOf(name.replaceAll(' ', '-'), header, dataBytes);
    expect(open(file)).toThrow(message);
    expect(open(file)).toThrow(/^.+ is not a valid safetensors file: /);
  });

  it('are refused when they end within their header', () => {
    writeFileSync(path('short'), Buffer.from([1, 2, 3]));
    expect(open(path('short'))).toThrow(/it has 3 bytes, and 8 are needed/);
    writeFileSync(path('long'), Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 0]));
    expect(open(path('long'))).toThrow(/says its header has 18446744073709551615 bytes, but the file has 9$/);
  });
});
