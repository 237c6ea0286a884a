// The state of one session: constant in size, however many tokens it has seen.
import { attnError, checkOptionNames, checkOptions, describeValue } from '../errors';
import { native } from '../native';
import { Tensor, type TensorLike } from '../tensor';
import { SessionPast, type TokenRecord } from './session-past';
import { readState, writeState } from './state-bytes';
import { copyState } from './state-copy';
import { type Slot, StatePool } from './state-pool';

export interface StateTensors {
  /** Σφ(k) of the session's tokens, [heads, keyDim], f32: for a pool with `normalizer`, which needs it. */
  normalizer?: TensorLike | undefined;
  /** Tokens that the state has seen; 0 when absent. */
  length?: number | undefined;
}

// A session that is dropped without `dispose` gives its slots back when the collector finds it.
const abandoned = new FinalizationRegistry<SessionPast>((past) => past.release());

function checkPool(pool: unknown, operation: string): void {
  if (pool instanceof StatePool) return;
  const got = describeValue(pool);
  throw attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `${operation}: pool must be a StatePool, got ${got}`);
}

function checkStateTensors(options: unknown): void {
  checkOptions(options, 'RecurrentState.from: options');
  checkOptionNames(options, ['normalizer', 'length'], 'RecurrentState.from');
  const { length = 0 } = options;
  const wrong = 'RecurrentState.from: length';
  if (typeof length !== 'number') {
    throw attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `${wrong} must be an integer, got ${describeValue(length)}`);
  }
  if (Number.isSafeInteger(length) && length >= 0) return;
  throw attnError(RangeError, 'ERR_ATTN_VALUE', `${wrong} is ${length}, expected an integer of at least 0`);
}

export class RecurrentState {
  readonly pool: StatePool;
  #past: SessionPast | undefined;
  #busy = false;

  /** A session that has seen no tokens. */
  constructor(pool: StatePool);
  /**
   * One that takes over a past.
   * @internal
   */
  constructor(pool: StatePool, past: SessionPast);
  constructor(pool: StatePool, past?: SessionPast) {
    checkPool(pool, 'RecurrentState');
    this.pool = pool;
    this.#take(past ?? new SessionPast(pool, pool.take()));
    if (past !== undefined) return;
    const { memory, normalizer } = this.#past!.slot;
    native.writeTensor(memory);
    if (normalizer !== undefined) native.writeTensor(normalizer);
  }

  /**
   * A session that goes on from a state: [heads, keyDim, valueDim] in any order in memory, f32 or bf16, as `toTensor`
   * gives it, or with a leading batch axis of 1, as `linearAttention` returns it. It is copied.
   */
  static from(pool: StatePool, state: TensorLike, options: StateTensors = {}): RecurrentState {
    checkPool(pool, 'RecurrentState.from');
    checkStateTensors(options);
    const { normalizer, length = 0 } = options;
    const slot = pool.take();
    try {
      copyState(pool, Tensor.from(state), normalizer === undefined ? undefined : Tensor.from(normalizer), slot);
    } catch (error) {
      pool.release(slot);
      throw error;
    }
    return new RecurrentState(pool, new SessionPast(pool, slot, length));
  }

  /** Tokens seen so far. */
  get length(): number {
    return this.#past?.length ?? 0;
  }

  /** Bytes of the state; they do not grow. Forks and checkpoints share them until one of them moves on. */
  get bytes(): number {
    return this.pool.slotBytes;
  }

  get disposed(): boolean {
    return this.#past === undefined;
  }

  /** Tokens that can be taken back now. */
  get rollbackTokens(): number {
    return this.#past?.rollbackTokens ?? 0;
  }

  /** A session with the same past. Nothing is copied until one of the two moves on. */
  fork(): RecurrentState {
    return new RecurrentState(this.pool, this.#idle('fork').fork());
  }

  /** Takes back the last tokens: the rejected end of a speculation. */
  rollback(tokens: number): void {
    const past = this.#idle('rollback');
    if (!Number.isSafeInteger(tokens) || tokens < 0 || tokens > past.rollbackTokens) {
      const range = `expected 0 to ${past.rollbackTokens}`;
      throw attnError(RangeError, 'ERR_ATTN_VALUE', `RecurrentState.rollback: tokens is ${tokens}, ${range}`);
    }
    if (tokens > 0) past.rollback(tokens);
  }

  /** The state as bytes with a version, a checksum, its layout and its rule; `RecurrentState.deserialize` reads them. */
  serialize(): Uint8Array {
    const { slot, length } = this.#idle('serialize');
    return writeState(this.pool, slot, length);
  }

  /** Reads what `serialize` wrote, into a pool of the same sizes, dtype and rule. */
  static deserialize(pool: StatePool, bytes: Uint8Array): RecurrentState {
    checkPool(pool, 'RecurrentState.deserialize');
    if (!(bytes instanceof Uint8Array)) {
      const got = describeValue(bytes);
      const text = `RecurrentState.deserialize: bytes must be a Uint8Array, got ${got}`;
      throw attnError(TypeError, 'ERR_ATTN_ARG_TYPE', text);
    }
    const slot = pool.take();
    try {
      return new RecurrentState(pool, new SessionPast(pool, slot, readState(pool, bytes, slot)));
    } catch (error) {
      pool.release(slot);
      throw error;
    }
  }

  /** A copy of the state, [heads, keyDim, valueDim]. */
  toTensor(): Tensor {
    const copy = native.copyTensor(this.#idle('toTensor').slot.memory, 'RecurrentState.toTensor', 'the copy');
    const state = copy.permute([0, 2, 1]);
    copy.dispose(); // so that the caller's is the last one over the memory
    return state;
  }

  /** A copy of Σφ(k), [heads, keyDim]; undefined when the pool keeps none. */
  normalizerTensor(): Tensor | undefined {
    const { normalizer } = this.#idle('normalizerTensor').slot;
    return normalizer && native.copyTensor(normalizer, 'RecurrentState.normalizerTensor', 'the copy');
  }

  /**
   * Gives the slots back to the pool; the collector does so too, some time after the session was dropped. While a call is
   * using the state this is `ERR_ATTN_BUSY`.
   */
  dispose(): void {
    if (this.#past === undefined) return;
    this.#idle('dispose').release();
    this.#past = undefined;
    abandoned.unregister(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * For calls: where the state is.
   * @internal
   */
  get slot(): Slot {
    return this.#idle('linearAttention').slot;
  }

  /**
   * For calls: marks the session busy and says where its state is and where the next one goes.
   * @internal
   */
  begin(inPlace: boolean): { from: Slot; to: Slot } {
    const past = this.#idle('linearAttention');
    const to = past.next(inPlace);
    this.#busy = true;
    return { from: past.slot, to };
  }

  /**
   * Ends the call that `begin` began.
   * @internal
   */
  end(to: Slot, tokens: number, record: TokenRecord | undefined, at: number): void {
    this.#busy = false;
    this.#past!.advance(to, tokens, record, at);
  }

  /**
   * Ends a call that failed: nothing has changed.
   * @internal
   */
  cancel(to: Slot): void {
    this.#busy = false;
    if (to !== this.#past!.slot) this.pool.release(to);
  }

  /**
   * For calls in pieces: marks the session busy and gives a fork that goes through them.
   * @internal
   */
  lend(): RecurrentState {
    const fork = new RecurrentState(this.pool, this.#idle('linearAttention').fork());
    this.#busy = true;
    return fork;
  }

  /**
   * Ends what `lend` began: the session is where the fork is, which is gone, or where it was.
   * @internal
   */
  takeBack(fork: RecurrentState, succeeded: boolean): void {
    this.#busy = false;
    if (!succeeded) {
      fork.dispose();
      return;
    }
    const past = fork.#past!;
    fork.#past = undefined;
    abandoned.unregister(fork);
    this.#past!.release();
    abandoned.unregister(this);
    this.#take(past);
  }

  #take(past: SessionPast): void {
    this.#past = past;
    abandoned.register(this, past, this);
  }

  #idle(operation: string): SessionPast {
    if (this.#past === undefined) {
      throw attnError(Error, 'ERR_ATTN_DISPOSED', `RecurrentState.${operation}: the state was disposed`);
    }
    if (this.#busy) {
      throw attnError(Error, 'ERR_ATTN_BUSY', `RecurrentState.${operation}: another call is using this state`);
    }
    return this.#past;
  }
}
