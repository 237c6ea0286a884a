// Memory for the recurrent states of many sessions, handed out in slots of one size.
import { attnError, checkOptionNames, checkOptions, describeValue } from '../errors';
import type { ErrorCode } from '../generated/errors';
import { Tensor } from '../tensor';

export type UpdateRule = 'linear' | 'gated' | 'delta' | 'gated_delta' | 'generalized_delta';

export interface StatePoolOptions {
  /** State heads: the larger of the key and value heads. */
  heads: number;
  /** Elements of a key per head. */
  keyDim: number;
  /** Elements of a value per head; keyDim when absent. */
  valueDim?: number | undefined;
  /** The rule that all calls on these states use. */
  updateRule: UpdateRule;
  /** How states are stored; f32 when absent. bf16 halves the memory and loses precision with every call. */
  dtype?: 'f32' | 'bf16' | undefined;
  /** Keep the sum of the keys beside the state, for calls with `normalize`. */
  normalizer?: boolean | undefined;
  /**
   * Most slots the pool hands out; or maxBytes. A session takes one, or what `rollback` says, and one more while an
   * asynchronous call on it runs that has a `signal` or an `out` in an ArrayBuffer: only such calls do not write in place.
   */
  slots?: number | undefined;
  /** As many slots as fit into this many bytes; or slots. */
  maxBytes?: number | undefined;
  /** Sessions can take back up to this many tokens; 0 when absent. Each then holds up to three slots. */
  rollback?: number | undefined;
}

/**
 * One state in memory. Sessions and checkpoints share it; who shares it does not write to it.
 * @internal
 */
export interface Slot {
  /** [heads, valueDim, keyDim], contiguous. */
  readonly memory: Tensor;
  /** The same as [heads, keyDim, valueDim]. */
  readonly state: Tensor;
  readonly normalizer: Tensor | undefined;
  users: number;
}

// Sizes beyond it fit into no memory, and a call's axes end there.
const largestSize = 2 ** 31 - 1;

const optionNames: readonly string[] = [
  'heads',
  'keyDim',
  'valueDim',
  'updateRule',
  'dtype',
  'normalizer',
  'slots',
  'maxBytes',
  'rollback',
];
const rules: readonly string[] = ['linear', 'gated', 'delta', 'gated_delta', 'generalized_delta'];

const wrong = (kind: typeof TypeError | typeof RangeError, code: ErrorCode, what: string): Error =>
  attnError(kind, code, `StatePool: ${what}`);

function count(name: string, value: number | undefined, least: number, largest: number, absent?: number): number {
  const given = value ?? absent;
  if (given === undefined || given === null) {
    throw wrong(TypeError, 'ERR_ATTN_ARG_TYPE', `${name} is missing, expected an integer`);
  }
  if (typeof given !== 'number') {
    throw wrong(TypeError, 'ERR_ATTN_ARG_TYPE', `${name} must be an integer, got ${describeValue(given)}`);
  }
  if (Number.isSafeInteger(given) && given >= least && given <= largest) return given;
  throw wrong(RangeError, 'ERR_ATTN_VALUE', `${name} is ${given}, expected an integer from ${least} to ${largest}`);
}

export class StatePool {
  readonly heads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly updateRule: UpdateRule;
  readonly dtype: 'f32' | 'bf16';
  readonly normalizer: boolean;
  readonly rollback: number;
  /** Bytes of one slot. */
  readonly slotBytes: number;
  /** Most slots the pool hands out. */
  readonly slots: number;
  #allocated = 0;
  #free: Slot[] = [];
  #disposed = false;

  constructor(options: StatePoolOptions) {
    checkOptions(options, 'StatePool: options');
    checkOptionNames(options, optionNames, 'StatePool');
    this.heads = count('heads', options.heads, 1, largestSize);
    this.keyDim = count('keyDim', options.keyDim, 1, largestSize);
    this.valueDim = count('valueDim', options.valueDim, 1, largestSize, this.keyDim);
    this.rollback = count('rollback', options.rollback, 0, largestSize, 0);
    this.updateRule = options.updateRule;
    this.dtype = options.dtype ?? 'f32';
    this.normalizer = options.normalizer ?? false;
    this.#checkKinds();
    const elements = this.heads * this.keyDim * this.valueDim;
    this.slotBytes = elements * (this.dtype === 'f32' ? 4 : 2) + (this.normalizer ? this.heads * this.keyDim * 4 : 0);
    if (!Number.isSafeInteger(this.slotBytes)) {
      const sizes = `heads ${this.heads}, keyDim ${this.keyDim} and valueDim ${this.valueDim}`;
      throw wrong(RangeError, 'ERR_ATTN_VALUE', `a state of ${sizes} would not fit into any memory`);
    }
    this.slots = this.#countSlots(options);
  }

  #checkKinds(): void {
    const { updateRule, dtype, normalizer } = this;
    if (!rules.includes(updateRule)) {
      const known = rules.join(', ');
      throw wrong(TypeError, 'ERR_ATTN_ARG_TYPE', `updateRule is ${String(updateRule)}, expected one of ${known}`);
    }
    if (dtype !== 'f32' && dtype !== 'bf16') {
      throw wrong(TypeError, 'ERR_ATTN_DTYPE', `dtype is ${String(dtype)}, expected f32 or bf16`);
    }
    if (typeof normalizer !== 'boolean') {
      throw wrong(TypeError, 'ERR_ATTN_ARG_TYPE', `normalizer must be a boolean, got ${describeValue(normalizer)}`);
    }
    if (normalizer && updateRule !== 'linear') {
      throw wrong(TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'normalizer needs updateRule linear');
    }
  }

  #countSlots({ slots, maxBytes }: StatePoolOptions): number {
    if (maxBytes === undefined) return count('slots', slots, 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    if (slots !== undefined) {
      throw wrong(TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'expected at most one of slots and maxBytes');
    }
    const bytes = count('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER);
    if (bytes >= this.slotBytes) return Math.floor(bytes / this.slotBytes);
    throw wrong(RangeError, 'ERR_ATTN_VALUE', `maxBytes is ${bytes}, but one state takes ${this.slotBytes}`);
  }

  /** Bytes of native memory that the pool holds now. */
  get bytes(): number {
    return this.#allocated * this.slotBytes;
  }

  /** Slots in use by sessions and checkpoints. */
  get used(): number {
    return this.#allocated - this.#free.length;
  }

  /**
   * A slot with undefined contents and one user.
   * @internal
   */
  take(): Slot {
    if (this.#disposed) throw attnError(Error, 'ERR_ATTN_DISPOSED', 'StatePool: it was disposed');
    const free = this.#free.pop();
    if (free !== undefined) {
      free.users = 1;
      return free;
    }
    if (this.#allocated >= this.slots) {
      throw attnError(Error, 'ERR_ATTN_POOL_FULL', `StatePool: all ${this.slots} slots are in use`);
    }
    const memory = Tensor.empty([this.heads, this.valueDim, this.keyDim], { dtype: this.dtype });
    const normalizer = this.normalizer ? Tensor.empty([this.heads, this.keyDim]) : undefined;
    this.#allocated += 1;
    return { memory, state: memory.permute([0, 2, 1]), normalizer, users: 1 };
  }

  /**
   * One user less; the last one gives the slot back.
   * @internal
   */
  release(slot: Slot): void {
    slot.users -= 1;
    if (slot.users > 0) return;
    if (!this.#disposed) {
      this.#free.push(slot);
      return;
    }
    this.#drop(slot);
  }

  #drop(slot: Slot): void {
    this.#allocated -= 1;
    for (const tensor of [slot.state, slot.memory, slot.normalizer]) tensor?.dispose();
  }

  /** Frees the slots that no session holds; the others go with their sessions. */
  dispose(): void {
    this.#disposed = true;
    for (const slot of this.#free) this.#drop(slot);
    this.#free = [];
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
