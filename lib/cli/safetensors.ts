// Reading and writing .safetensors files: 8 bytes of header length, a JSON header, then the tensors' bytes.
// Only the tensors asked for are read, straight into memory that the package owns; nothing is copied after that.
import {
  closeSync,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { type DType, dtypeBytes } from '../generated/dtypes';
import { Tensor } from '../tensor';
import { CommandError, onFile } from './failure';

// As the format's own library limits it.
const maxHeaderBytes = 100_000_000;
// One call of read or write moves less than 2 GiB.
const maxTransferBytes = 2 ** 30;

const fileDTypes: Readonly<Record<DType, string>> = {
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  i32: 'I32',
  i8: 'I8',
  f8e4m3: 'F8_E4M3',
  bool: 'BOOL',
};
const dtypeOf = (name: string): DType | undefined =>
  (Object.keys(fileDTypes) as DType[]).find((dtype) => fileDTypes[dtype] === name);

export interface TensorEntry {
  /** As the file spells it: a file may hold dtypes that this package does not compute with. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseMetadata(value: unknown, bad: (problem: string) => CommandError): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value) || Object.values(value).some((entry) => typeof entry !== 'string')) {
    throw bad('__metadata__ is not an object of strings');
  }
  return value as Record<string, string>;
}

function parseEntry(
  name: string,
  value: unknown,
  dataBytes: number,
  bad: (problem: string) => CommandError,
): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !shape.every(isSize)) {
    throw bad(`tensor '${name}' has no proper dtype and shape`);
  }
  const [begin, end, ...more]: readonly unknown[] = Array.isArray(offsets) ? offsets : [];
  if (!isSize(begin) || !isSize(end) || begin > end || more.length > 0) {
    throw bad(`tensor '${name}' has no proper data_offsets`);
  }
  if (end > dataBytes) {
    throw bad(
      `tensor '${name}' ends at byte ${end} of its data, but only ${dataBytes} are there: is the file cut off?`,
    );
  }
  const known = dtypeOf(dtype);
  const expected = known && shape.reduce<number>((product, size) => product * size, dtypeBytes[known]);
  if (expected !== undefined && expected !== end - begin) {
    throw bad(
      `tensor '${name}' of dtype ${dtype} and shape [${shape.join(', ')}] needs ${expected} bytes, not ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end };
}

// The format allows neither holes nor overlaps: either would hide bytes or show them twice.
function checkCoverage(
  tensors: ReadonlyMap<string, TensorEntry>,
  dataBytes: number,
  bad: (problem: string) => CommandError,
): void {
  const sorted = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, { begin, end }] of sorted) {
    if (begin !== covered) throw bad(`tensor '${name}' starts at byte ${begin} of the data, not at ${covered}`);
    covered = end;
  }
  if (covered !== dataBytes) throw bad(`${dataBytes - covered} bytes at its end belong to no tensor`);
}

/** Checks the JSON of a header against the bytes that follow it. */
export function parseHeader(
  json: string,
  dataBytes: number,
  bad: (problem: string) => CommandError,
): SafetensorsHeader {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw bad('its header is not JSON');
  }
  if (!isRecord(parsed)) throw bad('its header is not a JSON object');
  const { __metadata__: metadata, ...entries } = parsed;
  const tensors = new Map(
    Object.entries(entries).map(([name, value]) => [name, parseEntry(name, value, dataBytes, bad)]),
  );
  checkCoverage(tensors, dataBytes, bad);
  return { metadata: parseMetadata(metadata, bad), tensors };
}

function readFully(path: string, file: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const count = Math.min(target.length - done, maxTransferBytes);
    const read = onFile(path, () => readSync(file, target, done, count, position + done));
    if (read === 0) break;
    done += read;
  }
  return done;
}

const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** An open file whose header has been checked. */
export class SafetensorsFile {
  readonly path: string;
  readonly header: SafetensorsHeader;
  readonly #file: number;
  readonly #dataStart: number;

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'r');
    try {
      const bad = (problem: string): CommandError =>
        new CommandError(`${path} is not a valid safetensors file: ${problem}`);
      const fileBytes = fstatSync(this.#file).size;
      const length = new Uint8Array(8);
      if (readFully(path, this.#file, length, 0) < 8)
        throw bad(`it has ${fileBytes} bytes, and 8 are needed for the header's length`);
      const headerBytes = new DataView(length.buffer).getBigUint64(0, true);
      if (headerBytes > BigInt(Math.min(maxHeaderBytes, fileBytes - 8))) {
        throw bad(`it says its header has ${headerBytes} bytes, but the file has ${fileBytes}`);
      }
      const header = new Uint8Array(Number(headerBytes));
      readFully(path, this.#file, header, 8);
      this.#dataStart = 8 + header.length;
      this.header = parseHeader(new TextDecoder().decode(header), fileBytes - this.#dataStart, bad);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** Reads one tensor. */
  read(name: string): Tensor {
    const entry = this.header.tensors.get(name);
    if (!entry) throw new CommandError(`${this.path} has no tensor '${name}'; it has ${listNames(this.header)}`);
    const dtype = dtypeOf(entry.dtype);
    if (!dtype) {
      const known = Object.values(fileDTypes).join(', ');
      throw new CommandError(`tensor '${name}' of ${this.path} has dtype ${entry.dtype}; supported are ${known}`);
    }
    const tensor = Tensor.empty(entry.shape, { dtype });
    const bytes = bytesOf(tensor.data);
    if (readFully(this.path, this.#file, bytes, this.#dataStart + entry.begin) < bytes.length) {
      throw new CommandError(`${this.path} became shorter while it was read`);
    }
    return tensor;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function listNames({ tensors }: SafetensorsHeader): string {
  const names = [...tensors.keys()];
  if (names.length === 0) return 'none';
  return names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;
}

function writeFully(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, maxTransferBytes));
  }
}

function writeParts(path: string, parts: readonly Uint8Array[]): void {
  const file = openSync(path, 'w');
  try {
    for (const part of parts) writeFully(file, part);
  } finally {
    closeSync(file);
  }
}

// Written beside it and renamed, so that the file is there whole or not at all. Pipes and devices are written to as they
// are, and links stay.
function replaceFile(path: string, parts: readonly Uint8Array[]): void {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isFile()) {
    onFile(path, () => writeParts(path, parts));
    return;
  }
  const target = existing === undefined ? path : realpathSync(path);
  const written = `${target}.${process.pid}.part`;
  try {
    onFile(path, () => {
      writeParts(written, parts);
      renameSync(written, target);
    });
  } catch (error) {
    rmSync(written, { force: true });
    throw error;
  }
}

/** Writes tensors in the given order; an existing file is replaced once the new one is complete. */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const whole = Object.entries(tensors).map(([name, tensor]) => ({ name, tensor: tensor.contiguous() }));
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const { name, tensor } of whole) {
    const end = offset + tensor.data.byteLength;
    header[name] = { dtype: fileDTypes[tensor.dtype], shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces fill the header up, so that the tensors' bytes start aligned for every dtype.
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  replaceFile(path, [length, padded, ...whole.map(({ tensor }) => bytesOf(tensor.data))]);
}
