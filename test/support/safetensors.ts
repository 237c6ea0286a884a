import { readFileSync } from 'node:fs';

export interface StoredTensor {
  dtype: string;
  shape: readonly number[];
  bytes: Uint8Array;
}

export interface SafetensorsFile {
  metadata: Readonly<Record<string, string>>;
  tensors: ReadonlyMap<string, StoredTensor>;
}

interface Header {
  __metadata__?: Record<string, string>;
  [name: string]: unknown;
}

/** Eight bytes of header length, the header as JSON, then the tensors' bytes. Each tensor is copied to be aligned. */
export function readSafetensors(path: string): SafetensorsFile {
  const file = readFileSync(path);
  const within = (end: number): number => {
    if (end <= file.length) return end;
    throw new Error(`the file is cut off: it has ${file.length} bytes and needs ${end}`);
  };
  within(8);
  const headerLength = Number(file.readBigUInt64LE(0));
  within(8 + headerLength);
  const { __metadata__, ...entries } = JSON.parse(file.toString('utf8', 8, 8 + headerLength)) as Header;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = entry as { dtype: string; shape: number[]; data_offsets: [number, number] };
    const [start, end] = data_offsets.map((offset) => 8 + headerLength + offset) as [number, number];
    tensors.set(name, { dtype, shape, bytes: Uint8Array.from(file.subarray(start, within(end))) });
  }
  return { metadata: __metadata__ ?? {}, tensors };
}
