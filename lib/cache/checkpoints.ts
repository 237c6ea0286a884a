// Calls on sessions that leave checkpoints: cut after every n tokens of a sequence, a fork of its session at each cut.
import { attnError, describeValue } from '../errors';
import { plainOptions } from '../native';
import { Tensor, type TensorLike } from '../tensor';
import type { RecurrentState } from './recurrent-state';
import { packedRanges, sessionsOf } from './step-states';
import { type Options, perToken } from './token-record';

/** Options of linear attention that the addon does not know. */
export const ownOptions: readonly string[] = ['checkpointEvery'];

/** Arguments of linear attention for a part of the call. */
export type Piece = [Tensor, Tensor, Tensor, Options];

/** Tokens of sequences of one length, side by side: all of a call's, or one of a packed batch. */
interface Run {
  readonly sessions: readonly number[];
  readonly first: number;
  readonly tokens: number;
}

/** The sessions of one call, busy until `pieces` ends; forks of them go through the pieces. */
export class CheckpointedCall {
  readonly checkpoints: RecurrentState[][];
  readonly out: Tensor;
  readonly #every: number;
  readonly #given: Options;
  readonly #states: readonly RecurrentState[];
  readonly #forks: RecurrentState[] = [];
  readonly #tensors: Readonly<Record<string, Tensor>>;

  constructor(q: TensorLike, k: TensorLike, v: TensorLike, options: object) {
    const { checkpointEvery, ...given } = plainOptions('linearAttention', options, ownOptions);
    this.#every = interval(checkpointEvery);
    this.#given = given;
    this.#states = sessionsOf(given);
    const [queries, keys, values] = [q, k, v].map((one) => Tensor.from(one)) as [Tensor, Tensor, Tensor];
    this.out = given['out'] === undefined ? outputOf(queries, keys, values) : outputGiven(given['out']);
    this.#tensors = { q: queries, k: keys, v: values, out: this.out, ...gatesOf(given) };
    this.checkpoints = this.#states.map(() => []);
    try {
      for (const state of this.#states) this.#forks.push(state.lend());
    } catch (error) {
      this.#cancel();
      throw error;
    }
  }

  /** To be worked off in turn. Whoever leaves early, by an error too, leaves the sessions where they were. */
  *pieces(): Generator<Piece> {
    let done = false;
    try {
      for (const run of this.#runs()) yield* this.#piecesOf(run);
      this.#states.forEach((state, i) => {
        state.takeBack(this.#forks[i]!, true);
      });
      done = true;
    } finally {
      if (!done) this.#cancel();
    }
  }

  *#piecesOf({ sessions, first, tokens }: Run): Generator<Piece> {
    const packed = this.#given['cuSeqlens'] !== undefined;
    for (let start = 0; start === 0 || start < tokens; start += this.#every) {
      const count = Math.min(this.#every, tokens - start);
      const from = first + start;
      const cut = Object.entries(this.#tensors).map(([name, x]) => [name, x.slice(packed ? 0 : 1, from, from + count)]);
      const { q, k, v, ...own } = Object.fromEntries(cut) as Record<string, Tensor>;
      const alone = packed && { cuSeqlens: Int32Array.of(0, count) };
      yield [q!, k!, v!, { ...this.#given, ...own, ...alone, states: sessions.map((i) => this.#forks[i]!) }];
      if (count < this.#every) return;
      for (const i of sessions) this.checkpoints[i]!.push(this.#forks[i]!.fork());
    }
  }

  #cancel(): void {
    for (const checkpoint of this.checkpoints.flat()) checkpoint.dispose();
    this.#forks.forEach((fork, i) => {
      this.#states[i]!.takeBack(fork, false);
    });
  }

  #runs(): Run[] {
    const offsets = this.#given['cuSeqlens'] as TensorLike | undefined;
    const all = this.#states.map((_, i) => i);
    if (offsets === undefined) return [{ sessions: all, first: 0, tokens: this.#tensors['k']!.shape[1]! }];
    return packedRanges(offsets, all.length).map((range, i) => ({ sessions: [i], ...range }));
  }
}

function interval(every: unknown): number {
  const wrong = 'linearAttention: checkpointEvery';
  if (typeof every !== 'number') {
    throw attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `${wrong} must be an integer, got ${describeValue(every)}`);
  }
  if (Number.isSafeInteger(every) && every >= 1) return every;
  throw attnError(RangeError, 'ERR_ATTN_VALUE', `${wrong} is ${every}, expected an integer of at least 1`);
}

function outputGiven(out: unknown): Tensor {
  if (out instanceof Tensor) return out;
  throw attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `linearAttention: out must be a Tensor, got ${describeValue(out)}`);
}

function gatesOf(given: Options): Record<string, Tensor> {
  const gates = perToken
    .filter((name) => given[name] !== undefined)
    .map((name) => [name, Tensor.from(given[name] as TensorLike)] as const)
    .filter(([, gate]) => gate.shape.length > 1); // one decay per head is there for all tokens
  return Object.fromEntries(gates);
}

function outputOf(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const heads = Math.max(...[q, k, v].map(({ shape }) => shape.at(-2) ?? 0));
  return Tensor.empty([...q.shape.slice(0, -2), heads, v.shape.at(-1) ?? 0], { dtype: q.dtype });
}
