// Calls on sessions that leave checkpoints: cut after every n tokens of a sequence, a fork of its session at each cut.
import { attnError, describeValue } from '../errors';
import { type BoundTensors, binder, dropAll, plainOptions } from '../native';
import type { Tensor, TensorLike } from '../tensor';
import type { RecurrentState } from './recurrent-state';
import { packedRanges, sessionsOf } from './step-states';
import { type Options, ownOptions, perToken, slotOptions } from './token-record';

/** Arguments of linear attention for a part of the call. */
export type Piece = [Tensor, Tensor, Tensor, Options];

/** Tokens of sequences of one length, side by side: all of a call's, or one of a packed batch. */
interface Run {
  readonly sessions: readonly number[];
  readonly first: number;
  readonly tokens: number;
}

const bind = binder('linearAttention', { own: ownOptions });

/** The sessions of one call, busy until `pieces` ends; forks of them go through the pieces. */
export class CheckpointedCall {
  readonly checkpoints: RecurrentState[][];
  readonly out: Tensor;
  readonly #every: number;
  readonly #states: readonly RecurrentState[];
  readonly #forks: RecurrentState[] = [];
  /** What each piece has a part of. */
  readonly #cut: BoundTensors;
  /** What each has as a whole. */
  readonly #whole: Options;
  readonly #offsets: Tensor | undefined;
  /** All of these but the output that the caller gets. */
  readonly #held: readonly Tensor[];

  /** Checks the whole call, and takes hold of its tensors: asynchronous pieces come when the caller may have changed them. */
  constructor(q: TensorLike, k: TensorLike, v: TensorLike, options: object, asynchronous: boolean) {
    const { checkpointEvery, ...given } = plainOptions('linearAttention', options, ownOptions);
    this.#every = interval(checkpointEvery);
    this.#states = sessionsOf(given);
    this.checkpoints = this.#states.map(() => []);
    try {
      for (const state of this.#states) this.#forks.push(state.lend());
      const slots = this.#forks.map(({ slot }) => slot);
      const { cuSeqlens, ...tensors } = bind([q, k, v, { ...given, ...slotOptions(slots, slots) }], asynchronous);
      const isCut = ([name, { shape }]: [string, Tensor]): boolean =>
        ['q', 'k', 'v', 'out'].includes(name) || (perToken.includes(name) && shape.length > 1); // or one decay per head
      const all = Object.entries(tensors);
      this.#cut = Object.fromEntries(all.filter(isCut));
      this.#whole = { ...given, ...Object.fromEntries(all.filter((one) => !isCut(one))) };
      this.#offsets = cuSeqlens;
      this.out = (given['out'] as Tensor | undefined) ?? tensors['out']!;
      this.#held = [...Object.values(tensors), ...(cuSeqlens ? [cuSeqlens] : [])].filter((one) => one !== this.out);
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
      dropAll(this.#held);
    }
  }

  *#piecesOf({ sessions, first, tokens }: Run): Generator<Piece> {
    const packed = this.#offsets !== undefined;
    for (let start = 0; start === 0 || start < tokens; start += this.#every) {
      const count = Math.min(this.#every, tokens - start);
      const from = first + start;
      const part = Object.entries(this.#cut).map(
        ([name, x]) => [name, x.slice(packed ? 0 : 1, from, from + count)] as const,
      );
      const { q, k, v, ...own } = Object.fromEntries(part);
      const alone = packed && { cuSeqlens: Int32Array.of(0, count) };
      try {
        yield [q!, k!, v!, { ...this.#whole, ...own, ...alone, states: sessions.map((i) => this.#forks[i]!) }];
      } finally {
        dropAll(part.map(([, tensor]) => tensor));
      }
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
    if (this.#offsets === undefined) {
      return [{ sessions: this.#states.map((_, i) => i), first: 0, tokens: this.#cut['k']!.shape[1]! }];
    }
    return packedRanges(this.#offsets).map((range, i) => ({ sessions: [i], ...range }));
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
