// Calls of linear attention that move sessions on: one native call for all of them.
import { attnError } from '../errors';
import { operation } from '../native';
import { Tensor, type TensorLike } from '../tensor';
import type { RecurrentState, ReplayStep } from './recurrent-state';
import type { Slot, StatePool } from './state-pool';

type Options = Readonly<Record<string, unknown>>;
type Native<Result> = (q: TensorLike, k: TensorLike, v: TensorLike, options: Options) => Result;

const onThisThread = operation<Native<unknown>>('linearAttentionSync');

/** Per token and sequence; k and v aside. */
const perToken = ['decay', 'beta', 'a', 'b'];
/** What of a call's options shapes the state. */
const perCall = ['qkL2Norm', 'featureMap', 'normalize'];

interface Move {
  readonly state: RecurrentState;
  readonly from: Slot;
  readonly to: Slot;
}

/** The sessions of one call, busy until `finish` or `cancel`. */
export class StateStep {
  readonly options: Options;
  readonly #moves: Move[] = [];
  readonly #pool: StatePool;
  readonly #args: { k: TensorLike; v: TensorLike };
  #ended: { tokens: number; record: ReplayStep | undefined }[] = [];

  constructor(k: TensorLike, v: TensorLike, given: Options, inPlace: boolean) {
    const { states, ...options } = given as Options & { states: readonly RecurrentState[] };
    if (!Array.isArray(states) || states.length === 0) {
      throw attnError(
        TypeError,
        'ERR_ATTN_ARG_TYPE',
        'linearAttention: states must be an array of at least one RecurrentState',
      );
    }
    this.#pool = states[0]!.pool;
    this.#args = { k, v };
    const updateRule = options['updateRule'] ?? this.#pool.updateRule;
    if (updateRule !== this.#pool.updateRule) {
      const expected = `the pool's is ${this.#pool.updateRule}`;
      throw attnError(
        TypeError,
        'ERR_ATTN_OPTION_CONFLICT',
        `linearAttention: updateRule is ${String(updateRule)}, ${expected}`,
      );
    }
    try {
      for (const state of states as readonly RecurrentState[]) this.#add(state, inPlace);
    } catch (error) {
      this.cancel();
      throw error;
    }
    this.options = options;
    try {
      this.#ended = this.#ranges().map(({ first, tokens }, i) => {
        const short = tokens > 0 && tokens <= this.#pool.rollback;
        return { tokens, record: short ? this.#record(i, first, tokens) : undefined };
      });
    } catch (error) {
      this.cancel();
      throw error;
    }
    const normalizers = this.#pool.normalizer && {
      normalizers: this.#moves.map(({ from }) => from.normalizer!),
      nextNormalizers: this.#moves.map(({ to }) => to.normalizer!),
    };
    this.options = {
      ...options,
      updateRule,
      states: this.#moves.map(({ from }) => from.state),
      nextStates: this.#moves.map(({ to }) => to.state),
      ...normalizers,
    };
  }

  #add(state: RecurrentState, inPlace: boolean): void {
    if (state.pool !== this.#pool) {
      throw attnError(TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'linearAttention: states are of different pools');
    }
    this.#moves.push({ state, ...state.begin(inPlace) });
  }

  cancel(): void {
    for (const { state, to } of this.#moves) state.cancel(to);
    for (const { record } of this.#ended) record?.dispose();
    this.#moves.length = 0;
  }

  /** The call succeeded: the sessions take their new states. */
  finish(): void {
    this.#moves.forEach(({ state, to }, i) => {
      const { tokens, record } = this.#ended[i]!;
      state.end(to, record, tokens);
    });
  }

  #ranges(): { first: number; tokens: number }[] {
    const offsets = this.options['cuSeqlens'];
    if (offsets === undefined) {
      const tokens = Tensor.from(this.#args.k).shape[1]!;
      return this.#moves.map(() => ({ first: 0, tokens }));
    }
    const positions = Array.from(Tensor.from(offsets as TensorLike).contiguous().data);
    return this.#moves.map((_, i) => ({ first: positions[i]!, tokens: positions[i + 1]! - positions[i]! }));
  }

  /** A copy of one sequence's tokens: the caller may change its own. */
  #record(index: number, first: number, tokens: number): ReplayStep {
    const packed = this.options['cuSeqlens'] !== undefined;
    const copy = (value: TensorLike): Tensor => {
      const tensor = Tensor.from(value);
      if (packed) {
        const part = tensor.slice(0, first, first + tokens).castSync(tensor.dtype);
        return part.view([1, ...part.shape]);
      }
      return tensor.slice(0, index, index + 1).castSync(tensor.dtype);
    };
    const tensors: Record<string, Tensor> = { k: copy(this.#args.k), v: copy(this.#args.v) };
    const constant: Record<string, unknown> = {};
    for (const name of perToken) {
      const value = this.options[name] as TensorLike | undefined;
      if (value === undefined) continue;
      const whole = Tensor.from(value);
      if (whole.shape.length === 1) {
        constant[name] = whole.castSync(whole.dtype); // one decay per head
      } else {
        tensors[name] = copy(value);
      }
    }
    for (const name of perCall) constant[name] = this.options[name];
    constant['updateRule'] = this.#pool.updateRule;
    return new RecordedStep(tensors, constant);
  }
}

class RecordedStep implements ReplayStep {
  users = 1;
  readonly #tensors: Readonly<Record<string, Tensor>>;
  readonly #constant: Options;

  constructor(tensors: Readonly<Record<string, Tensor>>, constant: Options) {
    this.#tensors = tensors;
    this.#constant = constant;
  }

  replay(from: Slot, to: Slot, tokens: number): void {
    const cut = Object.entries(this.#tensors).map(([name, tensor]) => [name, tensor.slice(1, 0, tokens)]);
    const { k, v, ...gates } = Object.fromEntries(cut) as Record<string, Tensor>;
    const normalizers = from.normalizer && { normalizers: [from.normalizer], nextNormalizers: [to.normalizer!] };
    const states = { states: [from.state], nextStates: [to.state], ...normalizers };
    onThisThread(k!, k!, v!, { ...this.#constant, ...gates, ...states });
  }

  dispose(): void {
    for (const tensor of Object.values(this.#tensors)) tensor.dispose();
  }
}
