// Calls of linear attention that move sessions on: one native call for all of them.
import { attnError, describeValue } from '../errors';
import { plainOptions } from '../native';
import { Tensor, type TensorLike } from '../tensor';
import { RecurrentState } from './recurrent-state';
import type { Slot, StatePool } from './state-pool';
import { CallRecord, type Options } from './token-record';

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

export function sessionsOf(given: Options): readonly RecurrentState[] {
  const states = given['states'];
  const wrong = (what: string): Error => attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `linearAttention: ${what}`);
  if (!Array.isArray(states) || states.length === 0) {
    const got = Array.isArray(states) ? 'an empty one' : describeValue(states);
    throw wrong(`states must be an array of at least one RecurrentState, got ${got}`);
  }
  for (const [i, state] of states.entries()) {
    if (state instanceof RecurrentState) continue;
    throw wrong(`states[${i}] must be a RecurrentState, got ${describeValue(state)}`);
  }
  return states as readonly RecurrentState[];
}

/** First token and number of tokens of each sequence of a packed batch. */
export function packedRanges(offsets: TensorLike, sequences: number): { first: number; tokens: number }[] {
  const positions = Array.from(Tensor.from(offsets).contiguous().data);
  return positions.slice(0, sequences).map((first, i) => ({ first, tokens: (positions[i + 1] ?? first) - first }));
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
  #taken: Taken[] = [];

  constructor(k: TensorLike, v: TensorLike, options: object, inPlace: boolean) {
    const given = plainOptions('linearAttention', options);
    const states = sessionsOf(given);
    this.#pool = states[0]!.pool;
    checkAgainst(this.#pool, given);
    try {
      for (const state of states) this.#add(state, inPlace);
      this.#taken = this.#record(k, v, given);
    } catch (error) {
      this.cancel();
      throw error;
    }
    const normalizers = this.#pool.normalizer && {
      normalizers: this.#moves.map(({ from }) => from.normalizer!),
      nextNormalizers: this.#moves.map(({ to }) => to.normalizer!),
    };
    this.options = {
      ...given,
      states: this.#moves.map(({ from }) => from.state),
      nextStates: this.#moves.map(({ to }) => to.state),
      ...normalizers,
    };
  }

  #add(state: RecurrentState, inPlace: boolean): void {
    if (state.pool !== this.#pool) throw conflict('states are of different pools');
    const { from, to } = state.begin(inPlace);
    this.#moves.push({ state, from, to });
  }

  cancel(): void {
    for (const { state, to } of this.#moves) state.cancel(to);
    for (const record of new Set(this.#taken.map((one) => one.record))) record?.dispose();
    this.#moves.length = 0;
  }

  /** The call succeeded: the sessions take their new states. */
  finish(): void {
    this.#moves.forEach(({ state, to }, i) => {
      const { tokens, record, at } = this.#taken[i]!;
      state.end(to, tokens, record, at);
    });
  }

  // Copies of the tokens that can be taken back, one for all sessions, or for those that are neighbours in a packed batch.
  #record(k: TensorLike, v: TensorLike, given: Options): Taken[] {
    const { rollback } = this.#pool;
    const kept = (tokens: number): boolean => tokens > 0 && tokens <= rollback;
    const offsets = given['cuSeqlens'] as TensorLike | undefined;
    if (offsets === undefined) {
      const tokens = Tensor.from(k).shape[1]!;
      const all = { packed: false, first: 0, end: tokens };
      const record = kept(tokens) ? new CallRecord(k, v, given, all) : undefined;
      return this.#moves.map((_, at) => ({ tokens, at, record }));
    }
    const ranges = packedRanges(offsets, this.#moves.length);
    const taken: Taken[] = ranges.map(({ tokens }) => ({ tokens, at: 0 }));
    for (let i = 0; i < ranges.length; ++i) {
      if (!kept(ranges[i]!.tokens)) continue;
      const { first } = ranges[i]!;
      let next = i;
      while (next < ranges.length && kept(ranges[next]!.tokens)) ++next;
      const { first: last, tokens } = ranges[next - 1]!;
      const record = new CallRecord(k, v, given, { packed: true, first, end: last + tokens });
      for (; i < next; ++i) Object.assign(taken[i]!, { record, at: ranges[i]!.first - first });
    }
    return taken;
  }
}
