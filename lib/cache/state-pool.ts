// Memory for the recurrent states of many sessions, handed out in slots of one size.
import { attnError } from '../errors';
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
  /** Most slots the pool hands out; or maxBytes. */
  slots?: number | undefined;
  /** As many slots as fit into this many bytes; or slots. */
  maxBytes?: number | undefined;
  /** Sessions can take back up to this many tokens; 0 when absent. Each then holds up to three slots. */
  rollback?: number | undefined;
}

/** One state in memory. Sessions and checkpoints share it; who shares it does not write to it. */
export interface Slot {
  /** [heads, valueDim, keyDim], contiguous. */
  readonly memory: Tensor;
  /** The same as [heads, keyDim, valueDim]. */
  readonly state: Tensor;
  readonly normalizer: Tensor | undefined;
  users: number;
}

function count(name: string, value: number | undefined, least: number, absent?: number): number {
  const given = value ?? absent;
  if (typeof given !== 'number') throw attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `StatePool: ${name} is missing`);
  if (Number.isSafeInteger(given) && given >= least) return given;
  throw attnError(
    RangeError,
    'ERR_ATTN_VALUE',
    `StatePool: ${name} is ${given}, expected an integer of at least ${least}`,
  );
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
    this.heads = count('heads', options.heads, 1);
    this.keyDim = count('keyDim', options.keyDim, 1);
    this.valueDim = count('valueDim', options.valueDim, 1, this.keyDim);
    this.rollback = count('rollback', options.rollback, 0, 0);
    this.updateRule = options.updateRule;
    this.dtype = options.dtype ?? 'f32';
    this.normalizer = options.normalizer ?? false;
    const rules: readonly string[] = ['linear', 'gated', 'delta', 'gated_delta', 'generalized_delta'];
    if (!rules.includes(this.updateRule)) {
      const known = rules.join(', ');
      throw attnError(
        TypeError,
        'ERR_ATTN_ARG_TYPE',
        `StatePool: updateRule is ${String(this.updateRule)}, expected one of ${known}`,
      );
    }
    if (this.dtype !== 'f32' && this.dtype !== 'bf16') {
      throw attnError(TypeError, 'ERR_ATTN_DTYPE', `StatePool: dtype is ${String(this.dtype)}, expected f32 or bf16`);
    }
    if (this.normalizer && this.updateRule !== 'linear') {
      throw attnError(TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'StatePool: normalizer needs updateRule linear');
    }
    const elements = this.heads * this.keyDim * this.valueDim;
    this.slotBytes = elements * (this.dtype === 'f32' ? 4 : 2) + (this.normalizer ? this.heads * this.keyDim * 4 : 0);
    if (options.slots !== undefined && options.maxBytes !== undefined) {
      throw attnError(TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'StatePool: expected at most one of slots and maxBytes');
    }
    const bytes = options.maxBytes === undefined ? undefined : count('maxBytes', options.maxBytes, this.slotBytes);
    const fitting = bytes === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(bytes / this.slotBytes);
    this.slots = count('slots', options.slots, 1, fitting);
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
