// Tokens of a call on sessions, kept for rollback: one copy for all sessions of the call, which share it.
import { opTable } from '../generated/op-table';
import { type BoundTensors, binder, native, operationSync } from '../native';
import type { Tensor, TensorLike } from '../tensor';
import type { TokenRecord } from './session-past';
import type { Slot } from './state-pool';

export type Options = Readonly<Record<string, unknown>>;
type Native = (q: TensorLike, k: TensorLike, v: TensorLike, options: Options) => unknown;

const onThisThread = operationSync<Native>('linearAttention');

/** Options of linear attention that the addon does not know. */
export const ownOptions: readonly string[] = ['checkpointEvery'];

const options = opTable.find(({ name }) => name === 'linearAttention')!.options;
/** Gates: what of a call's options is there for each token. */
export const perToken = options.filter(({ shape }) => shape?.includes(' T, ')).map(({ name }) => name);
const recorded: readonly string[] = ['k', 'v', ...perToken];
/** What a record copies, and the offsets that say whose tokens are which. */
export const bindRecorded = binder('linearAttention', { own: ownOptions, wanted: [...recorded, 'cuSeqlens'] });
/** What else may shape the state: all that is no tensor. */
const perCall = options
  .filter(({ shape, name }) => shape === undefined && name !== 'returnState')
  .map(({ name }) => name);

/** What a call says of its states to the addon: where they are, and where the next ones go. */
export function slotOptions(from: readonly Slot[], to: readonly Slot[]): Options {
  const normalizers = from[0]!.normalizer && {
    normalizers: from.map(({ normalizer }) => normalizer!),
    nextNormalizers: to.map(({ normalizer }) => normalizer!),
  };
  return { states: from.map(({ state }) => state), nextStates: to.map(({ state }) => state), ...normalizers };
}

/** Which of a call's tokens are recorded; packed ones lie behind one another without a batch axis. */
export interface Recorded {
  readonly packed: boolean;
  readonly first: number;
  readonly end: number;
}

/** @internal */
export class CallRecord implements TokenRecord {
  users = 0;
  readonly #packed: boolean;
  readonly #tensors: BoundTensors;
  /** One for all tokens. */
  readonly #constant: BoundTensors;
  readonly #options: Options;

  /** Copies of a call's tensors: the caller may change its own. */
  constructor(given: BoundTensors, options: Options, { packed, first, end }: Recorded) {
    const tensors: Record<string, Tensor> = {};
    const constant: Record<string, Tensor> = {};
    for (const name of recorded) {
      const tensor = given[name];
      if (tensor === undefined) continue;
      const perHead = tensor.shape.length === 1; // one decay for all tokens
      const part = packed && !perHead ? tensor.slice(0, first, end) : tensor;
      (perHead ? constant : tensors)[name] = native.copyTensor(part, 'linearAttention', name);
      if (part !== tensor) native.dropTensor(part);
    }
    this.#packed = packed;
    this.#tensors = tensors;
    this.#constant = constant;
    this.#options = Object.fromEntries(perCall.map((name) => [name, options[name]]));
  }

  /** `at` is the session's place in the batch, or that of its first token among packed ones. */
  replay(at: number, from: Slot, to: Slot, tokens: number): void {
    const own = (tensor: Tensor): Tensor => {
      if (!this.#packed) return tensor.slice(0, at, at + 1).slice(1, 0, tokens);
      const part = tensor.slice(0, at, at + tokens);
      return part.view([1, ...part.shape]);
    };
    const cut = Object.entries(this.#tensors).map(([name, tensor]) => [name, own(tensor)]);
    const { k, v, ...gates } = Object.fromEntries(cut) as Record<string, Tensor>;
    onThisThread(k!, k!, v!, { ...this.#options, ...this.#constant, ...gates, ...slotOptions([from], [to]) });
  }

  dispose(): void {
    for (const tensors of [this.#tensors, this.#constant])
      for (const tensor of Object.values(tensors)) tensor.dispose();
  }
}
