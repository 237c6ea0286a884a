// What a session holds of its pool: the state now, and what taking tokens back needs. Nothing here knows the session, so
// that what it holds can be given back when it is gone.
import type { Slot, StatePool } from './state-pool';

/**
 * Tokens of one call, kept so that sessions can replay theirs.
 * @internal
 */
export interface TokenRecord {
  /** Sessions that hold it; forks count too. */
  users: number;
  /** The first `tokens` of the tokens that lie `at` in it, from a slot to a slot, which may be the same one. */
  replay(at: number, from: Slot, to: Slot, tokens: number): void;
  dispose(): void;
}

interface Base {
  readonly slot: Slot;
  readonly length: number;
  users: number;
}

interface PastTokens {
  readonly record: TokenRecord;
  readonly at: number;
  /** Position of the first. */
  readonly start: number;
  /** Those that were not taken back. */
  readonly tokens: number;
}

/** @internal */
export class SessionPast {
  slot: Slot;
  length: number;
  readonly #pool: StatePool;
  /** Earlier states, from which records lead to the one now; oldest first. */
  #bases: Base[] = [];
  #records: PastTokens[] = [];

  constructor(pool: StatePool, slot: Slot, length = 0) {
    this.#pool = pool;
    this.slot = slot;
    this.length = length;
  }

  /** Tokens that can be taken back now. */
  get rollbackTokens(): number {
    const oldest = this.#bases[0];
    return oldest === undefined ? 0 : Math.min(this.#pool.rollback, this.length - oldest.length);
  }

  fork(): SessionPast {
    const copy = new SessionPast(this.#pool, this.slot, this.length);
    copy.#bases = [...this.#bases];
    copy.#records = [...this.#records];
    this.slot.users += 1;
    for (const base of copy.#bases) base.users += 1;
    for (const { record } of copy.#records) record.users += 1;
    return copy;
  }

  release(): void {
    this.#pool.release(this.slot);
    this.#forget(
      () => false,
      () => false,
    );
  }

  /** Where the state of the next call goes. */
  next(inPlace: boolean): Slot {
    const last = this.#bases.at(-1);
    if (this.#pool.rollback > 0 && (last === undefined || this.length - last.length >= this.#pool.rollback)) {
      this.#bases.push({ slot: this.slot, length: this.length, users: 1 });
      this.slot.users += 1;
    }
    return inPlace && this.slot.users === 1 ? this.slot : this.#pool.take();
  }

  /** After a call: its state, and its tokens where they were recorded. */
  advance(to: Slot, tokens: number, record: TokenRecord | undefined, at: number): void {
    if (to !== this.slot) this.#pool.release(this.slot);
    this.slot = to;
    const start = this.length;
    this.length += tokens;
    if (this.#pool.rollback === 0 || tokens === 0) return;
    if (record === undefined) {
      this.#forget(
        () => false,
        () => false,
      );
      return;
    }
    record.users += 1;
    this.#records.push({ record, at, start, tokens });
    this.#trim();
  }

  // What is older than the oldest state that can be asked for: every step of every session does this.
  #trim(): void {
    const oldest = this.length - this.#pool.rollback;
    while (this.#bases.length > 1 && this.#bases[1]!.length <= oldest) this.#dropBase(this.#bases.shift()!);
    const start = this.#bases[0]!.length;
    while (this.#records.length > 0 && this.#records[0]!.start < start) this.#dropRecord(this.#records.shift()!);
  }

  rollback(tokens: number): void {
    const { slot } = this;
    const length = this.length - tokens;
    // First, since the replay may need their slots; with the oldest state and the records nothing is lost if it fails.
    this.#forget(
      (one) => one.length <= length,
      () => true,
    );
    this.slot = this.#replayed(length);
    this.#pool.release(slot);
    this.length = length;
    this.#forget(
      () => true,
      (past) => past.start < length,
    );
    this.#records = this.#records.map((past) => ({ ...past, tokens: Math.min(past.tokens, length - past.start) }));
  }

  // The state at that length, from the last one before it.
  #replayed(length: number): Slot {
    const base = this.#bases.at(-1)!;
    if (base.length === length) {
      base.slot.users += 1;
      return base.slot;
    }
    const slot = this.#slotAfter(base);
    try {
      let from = base.slot;
      for (const { record, at, start, tokens } of this.#records) {
        if (start < base.length || start >= length) continue;
        record.replay(at, from, slot, Math.min(tokens, length - start));
        from = slot;
      }
    } catch (error) {
      this.#pool.release(slot);
      throw error;
    }
    return slot;
  }

  // The base's own slot where an earlier base and the records lead to all that it does: with the state that is left behind
  // only when the replay has succeeded, a session holds no more than three.
  #slotAfter(base: Base): Slot {
    if (this.#bases.length === 1 || base.users > 1 || base.slot.users > 1) return this.#pool.take();
    this.#bases.pop();
    return base.slot;
  }

  #forget(keepBase: (base: Base) => boolean, keepRecord: (past: PastTokens) => boolean): void {
    for (const base of this.#bases) if (!keepBase(base)) this.#dropBase(base);
    this.#bases = this.#bases.filter(keepBase);
    for (const past of this.#records) if (!keepRecord(past)) this.#dropRecord(past);
    this.#records = this.#records.filter(keepRecord);
  }

  #dropBase(base: Base): void {
    base.users -= 1;
    if (base.users === 0) this.#pool.release(base.slot);
  }

  #dropRecord({ record }: PastTokens): void {
    record.users -= 1;
    if (record.users === 0) record.dispose();
  }
}
