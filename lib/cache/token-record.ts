// Tokens of a call on sessions, kept for rollback: one copy for all sessions of the call, which share it.
import { opTable } from '../generated/op-table';
import { operationSync } from '../native';
import { Tensor, type TensorLike } from '../tensor';
import type { TokenRecord } from './session-past';
import type { Slot } from './state-pool';

export type Options = Readonly<Record<string, unknown>>;
type Native = (q: TensorLike, k: TensorLike, v: TensorLike, options: Options) => unknown;

const onThisThread = operationSync<Native>('linearAttention');

const options = opTable.find(({ name }) => name === 'linearAttention')!.options;
/** Gates: what of a call's options is there for each token. */
export const perToken = options.filter(({ shape }) => shape?.includes(' T, ')).map(({ name }) => name);
/** What else may shape the state: all that is no tensor. */
const perCall = options
  .filter(({ shape, name }) => shape === undefined && name !== 'returnState')
  .map(({ name }) => name);

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
  readonly #tensors: Readonly<Record<string, Tensor>>;
  readonly #constant: Options;

  /** Copies: the caller may change its own. */
  constructor(k: TensorLike, v: TensorLike, given: Options, { packed, first, end }: Recorded) {
    const constant: Record<string, unknown> = Object.fromEntries(perCall.map((name) => [name, given[name]]));
    const copy = (value: TensorLike): Tensor => {
      const tensor = Tensor.from(value);
      return (packed ? tensor.slice(0, first, end) : tensor).castSync(tensor.dtype);
    };
    const tensors: Record<string, Tensor> = { k: copy(k), v: copy(v) };
    for (const name of perToken) {
      if (given[name] === undefined) continue;
      const gate = Tensor.from(given[name] as TensorLike);
      if (gate.shape.length > 1) tensors[name] = copy(gate);
      else constant[name] = gate.castSync(gate.dtype); // one decay per head
    }
    this.#packed = packed;
    this.#tensors = tensors;
    this.#constant = constant;
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
    const normalizers = from.normalizer && { normalizers: [from.normalizer], nextNormalizers: [to.normalizer!] };
    const states = { states: [from.state], nextStates: [to.state], ...normalizers };
    onThisThread(k!, k!, v!, { ...this.#constant, ...gates, ...states });
  }

  dispose(): void {
    for (const tensor of Object.values(this.#tensors)) tensor.dispose();
  }
}
