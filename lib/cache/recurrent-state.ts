// The state of one session: constant in size, however many tokens it has seen.
import { attnError } from '../errors';
import type { Tensor } from '../tensor';
import { readState, writeState } from './state-bytes';
import type { Slot, StatePool } from './state-pool';

/** Tokens of one call, kept so that they can be replayed. */
export interface ReplayStep {
  /** Sessions that hold it: forks share their past. */
  users: number;
  /** From a slot to a slot, which may be the same one. */
  replay(from: Slot, to: Slot, tokens: number): void;
  dispose(): void;
}

interface Checkpoint {
  readonly slot: Slot;
  readonly length: number;
  users: number;
}

interface PastStep {
  readonly step: ReplayStep;
  /** Position of its first token. */
  readonly start: number;
  /** Of its tokens, from the first on, those that were not taken back. */
  readonly tokens: number;
}

export class RecurrentState {
  readonly pool: StatePool;
  #slot: Slot | undefined;
  #length = 0;
  #busy = false;
  #checkpoints: Checkpoint[] = [];
  #steps: PastStep[] = [];

  /** A session that has seen no tokens. */
  constructor(pool: StatePool);
  /**
   * One that takes over a use of a slot.
   * @internal
   */
  constructor(pool: StatePool, slot: Slot);
  constructor(pool: StatePool, slot?: Slot) {
    this.pool = pool;
    this.#slot = slot ?? pool.take();
    if (slot !== undefined) return;
    this.#slot.memory.data.fill(0);
    this.#slot.normalizer?.data.fill(0);
  }

  /** Tokens seen so far. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of the state; they do not grow. Forks and checkpoints share them until one of them moves on. */
  get bytes(): number {
    return this.pool.slotBytes;
  }

  get disposed(): boolean {
    return this.#slot === undefined;
  }

  /** Tokens that can be taken back now. */
  get rollbackTokens(): number {
    const oldest = this.#checkpoints[0];
    return oldest === undefined ? 0 : Math.min(this.pool.rollback, this.#length - oldest.length);
  }

  /** A session with the same past. Nothing is copied until one of the two moves on. */
  fork(): RecurrentState {
    const slot = this.#idle('fork');
    slot.users += 1;
    const copy = new RecurrentState(this.pool, slot);
    copy.#length = this.#length;
    copy.#checkpoints = [...this.#checkpoints];
    copy.#steps = [...this.#steps];
    for (const checkpoint of copy.#checkpoints) checkpoint.users += 1;
    for (const { step } of copy.#steps) step.users += 1;
    return copy;
  }

  /** Takes back the last tokens: the rejected end of a speculation. */
  rollback(tokens: number): void {
    const slot = this.#idle('rollback');
    if (!Number.isSafeInteger(tokens) || tokens < 0 || tokens > this.rollbackTokens) {
      const range = `expected 0 to ${this.rollbackTokens}`;
      throw attnError(RangeError, 'ERR_ATTN_VALUE', `RecurrentState.rollback: tokens is ${tokens}, ${range}`);
    }
    if (tokens === 0) return;
    const length = this.#length - tokens;
    const base = this.#checkpoints.filter((checkpoint) => checkpoint.length <= length).at(-1)!;
    this.#slot = this.#replayed(base, length);
    this.pool.release(slot);
    this.#length = length;
    this.#forget(
      (checkpoint) => checkpoint.length <= length,
      (past) => past.start < length,
    );
    this.#steps = this.#steps.map((past) => ({ ...past, tokens: Math.min(past.tokens, length - past.start) }));
  }

  #replayed(base: Checkpoint, length: number): Slot {
    if (base.length === length) {
      base.slot.users += 1;
      return base.slot;
    }
    const slot = this.pool.take();
    try {
      let from = base.slot;
      for (const { step, start, tokens } of this.#steps) {
        if (start < base.length || start >= length) continue;
        step.replay(from, slot, Math.min(tokens, length - start));
        from = slot;
      }
    } catch (error) {
      this.pool.release(slot);
      throw error;
    }
    return slot;
  }

  /** The state as bytes with a version, a checksum, its layout and its rule; `RecurrentState.deserialize` reads them. */
  serialize(): Uint8Array {
    return writeState(this.pool, this.#idle('serialize'), this.#length);
  }

  /** Reads what `serialize` wrote, into a pool of the same sizes, dtype and rule. */
  static deserialize(pool: StatePool, bytes: Uint8Array): RecurrentState {
    const state = new RecurrentState(pool);
    try {
      state.#length = readState(pool, bytes, state.#slot!);
    } catch (error) {
      state.dispose();
      throw error;
    }
    return state;
  }

  /** A copy of the state, [heads, keyDim, valueDim]. */
  toTensor(): Tensor {
    const { state } = this.#idle('toTensor');
    return state.castSync(this.pool.dtype);
  }

  /** Gives the slot back to the pool. While a call is using the state this is `ERR_ATTN_BUSY`. */
  dispose(): void {
    if (this.#slot === undefined) return;
    this.pool.release(this.#idle('dispose'));
    this.#slot = undefined;
    this.#forget(
      () => false,
      () => false,
    );
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * For calls: marks the session busy and says where its state is and where the next one goes.
   * @internal
   */
  begin(inPlace: boolean): { from: Slot; to: Slot } {
    const from = this.#idle('linearAttention');
    const last = this.#checkpoints.at(-1);
    if (this.pool.rollback > 0 && (last === undefined || this.#length - last.length >= this.pool.rollback)) {
      this.#checkpoints.push({ slot: from, length: this.#length, users: 1 });
      from.users += 1;
    }
    const to = inPlace && from.users === 1 ? from : this.pool.take();
    this.#busy = true;
    return { from, to };
  }

  /**
   * Ends the call that `begin` began.
   * @internal
   */
  end(to: Slot, step: ReplayStep | undefined, tokens: number): void {
    const from = this.#slot!;
    this.#busy = false;
    if (to !== from) this.pool.release(from);
    this.#slot = to;
    const start = this.#length;
    this.#length += tokens;
    if (this.pool.rollback === 0 || tokens === 0) return;
    if (step === undefined) {
      this.#forget(
        () => false,
        () => false,
      );
      return;
    }
    this.#steps.push({ step, start, tokens });
    const needed = this.#checkpoints.filter(({ length }) => length <= this.#length - this.pool.rollback).at(-1);
    if (needed === undefined) return;
    this.#forget(
      (checkpoint) => checkpoint.length >= needed.length,
      (past) => past.start >= needed.length,
    );
  }

  /**
   * Ends a call that failed: nothing has changed.
   * @internal
   */
  cancel(to: Slot): void {
    this.#busy = false;
    if (to !== this.#slot) this.pool.release(to);
  }

  #forget(keepCheckpoint: (checkpoint: Checkpoint) => boolean, keepStep: (step: PastStep) => boolean): void {
    for (const checkpoint of this.#checkpoints) {
      if (keepCheckpoint(checkpoint)) continue;
      checkpoint.users -= 1;
      if (checkpoint.users === 0) this.pool.release(checkpoint.slot);
    }
    this.#checkpoints = this.#checkpoints.filter(keepCheckpoint);
    for (const past of this.#steps) {
      if (keepStep(past)) continue;
      past.step.users -= 1;
      if (past.step.users === 0) past.step.dispose();
    }
    this.#steps = this.#steps.filter(keepStep);
  }

  #idle(operation: string): Slot {
    if (this.#slot === undefined) {
      throw attnError(Error, 'ERR_ATTN_DISPOSED', `RecurrentState.${operation}: the state was disposed`);
    }
    if (this.#busy) {
      throw attnError(Error, 'ERR_ATTN_BUSY', `RecurrentState.${operation}: another call is using this state`);
    }
    return this.#slot;
  }
}
