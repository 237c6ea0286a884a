// Calls of linear attention that move sessions on: one native call for all of them.
import { attnError, describeValue } from '../errors';
import { type BoundTensors, dropAll, native, plainOptions } from '../native';
import type { Tensor, TensorLike } from '../tensor';
import { RecurrentState } from './recurrent-state';
import type { Slot, StatePool } from './state-pool';
import { CallRecord, type Options, bindRecorded, slotOptions } from './token-record';

interface Move {
  readonly state: RecurrentState;
  readonly from: Slot;
  readonly to: Slot;
}

/** A session's tokens in the call: `at` is where they lie in the record, if they are recorded. */
interface Taken {
  readonly tokens: number;
  record?: CallRecord | undefined;
  at: number;
}

const conflict = (what: string): Error => attnError(TypeError, 'ERR_ATTN_OPTION_CONFLICT', `linearAttention: ${what}`);

/** The sessions of a call, all of one pool, which is what the call says it is. */
export function sessionsOf(given: Options): readonly [RecurrentState, ...RecurrentState[]] {
  const states = given['states'];
  const wrong = (what: string): Error => attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `linearAttention: ${what}`);
  if (!Array.isArray(states) || states.length === 0) {
    const got = Array.isArray(states) ? 'an empty one' : describeValue(states);
    throw wrong(`states must be an array of at least one RecurrentState, got ${got}`);
  }
  const sessions = [...(states as readonly unknown[])];
  for (const [i, state] of sessions.entries()) {
    if (state instanceof RecurrentState) continue;
    throw wrong(`states[${i}] must be a RecurrentState, got ${describeValue(state)}`);
  }
  const [first, ...others] = sessions as [RecurrentState, ...RecurrentState[]];
  checkAgainst(first.pool, given);
  if (others.some(({ pool }) => pool !== first.pool)) throw conflict('states are of different pools');
  return [first, ...others];
}

/** First token and number of tokens of each sequence of a packed batch. */
export function packedRanges(offsets: Tensor): { first: number; tokens: number }[] {
  const positions = Array.from(offsets.contiguous().data);
  return positions.slice(1).map((end, i) => ({ first: positions[i]!, tokens: end - positions[i]! }));
}

// What the state is, is the pool's; that calls say the same lets types and readers see it.
function checkAgainst(pool: StatePool, given: Options): void {
  const updateRule = given['updateRule'] ?? 'linear';
  if (updateRule !== pool.updateRule) {
    throw conflict(`updateRule is ${String(updateRule)}, the pool's is ${pool.updateRule}`);
  }
  const normalize = given['normalize'] === true;
  if (normalize && !pool.normalizer) throw conflict('normalize needs states of a pool with normalizer: true');
  if (!normalize && pool.normalizer) throw conflict('the pool of the states keeps a normalizer, which needs normalize');
}

/** The sessions of one call, busy until `finish` or `cancel`. */
export class StateStep {
  readonly options: Options;
  readonly #moves: Move[] = [];
  readonly #pool: StatePool;
  readonly #offsets: Tensor | undefined;
  #taken: Taken[] = [];

  constructor(q: TensorLike, k: TensorLike, v: TensorLike, options: object, inPlace: boolean) {
    const given = plainOptions('linearAttention', options);
    const states = sessionsOf(given);
    this.#pool = states[0].pool;
    try {
      for (const state of states) this.#moves.push({ state, ...state.begin(inPlace) });
      const [from, to] = [this.#moves.map((move) => move.from), this.#moves.map((move) => move.to)];
      this.options = { ...given, ...slotOptions(from, to) };
      const offsets = given['cuSeqlens'];
      if (this.#pool.rollback > 0) {
        const { cuSeqlens, ...tensors } = bindRecorded([q, k, v, this.options], false);
        this.#offsets = cuSeqlens;
        this.#taken = this.#recorded(tensors, given);
        dropAll(Object.values(tensors));
      } else if (offsets !== undefined) {
        this.#offsets = native.copyTensor(offsets, 'linearAttention', 'cuSeqlens');
      }
      if (this.#offsets !== undefined) this.options = { ...this.options, cuSeqlens: this.#offsets };
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  cancel(): void {
    for (const { state, to } of this.#moves) state.cancel(to);
    for (const record of new Set(this.#taken.map((one) => one.record))) record?.dispose();
    this.#moves.length = 0;
  }

  /** The call succeeded: the sessions take their new states. */
  finish(out: Tensor): void {
    const taken = this.#taken.length > 0 ? this.#taken : this.#unrecorded(out);
    this.#moves.forEach(({ state, to }, i) => {
      const { tokens, record, at } = taken[i]!;
      state.end(to, tokens, record, at);
    });
  }

  #unrecorded(out: Tensor): Taken[] {
    if (this.#offsets === undefined) return this.#moves.map(() => ({ tokens: out.shape[1]!, at: 0 }));
    return packedRanges(this.#offsets).map(({ tokens }) => ({ tokens, at: 0 }));
  }

  // Copies of the tokens that can be taken back, one for all sessions, or for those that are neighbours in a packed batch.
  #recorded(tensors: BoundTensors, given: Options): Taken[] {
    const { rollback } = this.#pool;
    const kept = (tokens: number): boolean => tokens > 0 && tokens <= rollback;
    if (this.#offsets === undefined) {
      const tokens = tensors['k']!.shape[1]!;
      const all = { packed: false, first: 0, end: tokens };
      const record = kept(tokens) ? new CallRecord(tensors, given, all) : undefined;
      return this.#moves.map((_, at) => ({ tokens, at, record }));
    }
    const ranges = packedRanges(this.#offsets);
    const taken: Taken[] = ranges.map(({ tokens }) => ({ tokens, at: 0 }));
    for (let i = 0; i < ranges.length; ++i) {
      if (!kept(ranges[i]!.tokens)) continue;
      const { first } = ranges[i]!;
      let next = i;
      while (next < ranges.length && kept(ranges[next]!.tokens)) ++next;
      const { first: last, tokens } = ranges[next - 1]!;
      const record = new CallRecord(tensors, given, { packed: true, first, end: last + tokens });
      for (; i < next; ++i) Object.assign(taken[i]!, { record, at: ranges[i]!.first - first });
    }
    return taken;
  }
}
