// Recurrent states as bytes: a magic number, a header in JSON that says what follows, the state, and a checksum over all
// before it. Numbers are little-endian, as on every machine that the package runs on.
import { crc32 } from 'node:zlib';
import { attnError } from '../errors';
import { dtypeBytes } from '../generated/dtypes';
import { native } from '../native';
import { Tensor } from '../tensor';
import type { Slot, StatePool } from './state-pool';

const magic = 'ATTNSTAT';
const version = 1;
/** Magic, version and length of the header. */
const fixedBytes = 16;
const layout = 'heads, valueDim, keyDim';

interface Header {
  layout: string;
  updateRule: string;
  dtype: string;
  heads: number;
  keyDim: number;
  valueDim: number;
  normalizer: boolean;
  length: number;
}

const parts = ({ memory, normalizer }: Slot): Tensor[] => [memory, normalizer].filter((tensor) => tensor !== undefined);

// Never of the memory of a slot itself: some runtimes move what is shown as an array.
function bytesOf(tensor: Tensor): Uint8Array {
  const { data } = native.copyTensor(tensor, 'RecurrentState.serialize', 'the state');
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function headerOf(pool: StatePool, length: number): Header {
  const { updateRule, dtype, heads, keyDim, valueDim, normalizer } = pool;
  return { layout, updateRule, dtype, heads, keyDim, valueDim, normalizer, length };
}

/** @internal */
export function writeState(pool: StatePool, slot: Slot, length: number): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify(headerOf(pool, length)));
  const bytes = new Uint8Array(fixedBytes + header.length + pool.slotBytes + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint32(8, version, true);
  view.setUint32(12, header.length, true);
  bytes.set(header, fixedBytes);
  let at = fixedBytes + header.length;
  for (const part of parts(slot).map(bytesOf)) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setUint32(at, crc32(bytes.subarray(0, at)), true);
  return bytes;
}

const damaged = (what: string): Error => attnError(Error, 'ERR_ATTN_DATA', `RecurrentState.deserialize: ${what}`);

/** Unsigned 32-bit numbers from anywhere in the bytes; copied, since a Buffer is a part of larger memory. */
const words = (bytes: Uint8Array, start: number, end: number): Iterable<number> =>
  new Uint32Array(Uint8Array.from(bytes.subarray(start, end)).buffer);

function readHeader(bytes: Uint8Array): { header: Partial<Header>; end: number } {
  const text = new TextDecoder();
  if (bytes.length < fixedBytes + 4 || text.decode(bytes.subarray(0, magic.length)) !== magic) {
    throw damaged('these bytes are not a recurrent state');
  }
  const [written = 0, headerBytes = 0] = words(bytes, magic.length, fixedBytes);
  const [checksum] = words(bytes, bytes.length - 4, bytes.length);
  if (written < 1 || written > version) {
    throw damaged(`the bytes are of version ${written}, this package reads 1 to ${version}`);
  }
  if (checksum !== crc32(bytes.subarray(0, bytes.length - 4))) {
    throw damaged('the checksum does not match: bytes are missing or changed');
  }
  const end = fixedBytes + headerBytes;
  if (end > bytes.length - 4) throw damaged(`the header is said to have ${headerBytes} bytes, more than there are`);
  return { header: parseHeader(text.decode(bytes.subarray(fixedBytes, end))), end };
}

function parseHeader(json: string): Partial<Header> {
  try {
    const header: unknown = JSON.parse(json);
    if (typeof header === 'object' && header !== null) return header;
  } catch {
    // said below
  }
  throw damaged('the header is no JSON object');
}

/**
 * Fills the slot and gives the number of tokens that the state has seen.
 * @internal
 */
export function readState(pool: StatePool, bytes: Uint8Array, slot: Slot): number {
  const { header, end } = readHeader(bytes);
  const { length } = header;
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) {
    throw damaged(`length is ${String(length)}, expected an integer of at least 0`);
  }
  const expected = headerOf(pool, length);
  for (const name of Object.keys(expected) as (keyof Header)[]) {
    if (header[name] === expected[name]) continue;
    const found = `${name} is ${String(header[name])}`;
    throw damaged(`the state's ${found}, the pool's is ${String(expected[name])}`);
  }
  const stored = bytes.length - 4 - end;
  if (stored !== pool.slotBytes) throw damaged(`the state has ${stored} bytes, expected ${pool.slotBytes}`);
  let at = end;
  for (const part of parts(slot)) {
    const next = at + part.size * dtypeBytes[part.dtype];
    native.writeTensor(part, Tensor.from(Uint8Array.from(bytes.subarray(at, next)), part.shape, part.dtype));
    at = next;
  }
  return length;
}
