// The addon, loaded once, as the rest of the library sees it.
import { loadBinding } from './binding';
import type { CachePoolClass, SequenceClass } from './cache/cache-pool';
import type { Tensor, TensorClass } from './tensor';

/** A kernel of this process. */
export interface Kernel {
  /** `device.isa/operation.form.dtype`, as in errors and logs. */
  readonly id: string;
  readonly op: string;
  readonly isa: string;
  readonly form: string;
  readonly dtype: string;
}

/** Which kernel takes a call, and why those before it do not. */
export interface Explanation {
  /** The kernel's id; null when none takes the call. */
  readonly kernel: string | null;
  readonly refused: readonly { readonly kernel: string; readonly reason: string }[];
}

/** Tensors of a call by the names of its arguments. */
export type BoundTensors = Readonly<Record<string, Tensor>>;

/** Of a function that makes an operation's calls: its own, and those that its messages have for the operation's inputs. */
type Names = readonly [string, ...string[]];

/** An operation as the addon takes it: see `packer` for its arguments. */
interface NativeOperation {
  readonly call: (...packed: readonly unknown[]) => Promise<unknown>;
  readonly callSync: (...packed: readonly unknown[]) => unknown;
  /** See `binder`. */
  readonly bind: (
    asynchronous: boolean,
    wanted: readonly string[] | undefined,
    names: Names | undefined,
    ...packed: readonly unknown[]
  ) => BoundTensors;
  readonly inputs: number;
  /** Names of the options by their numbers; empty where there is none. */
  readonly options: readonly string[];
}

interface Binding {
  readonly Tensor: TensorClass;
  readonly CachePool: CachePoolClass;
  readonly Sequence: SequenceClass;
  readonly operations: Readonly<Record<string, NativeOperation>>;
  /** What is accepted as a tensor, as one of its own as `binder` gives them; the names are for messages. */
  ownTensor(value: unknown, operation: string, argument: string, asynchronous: boolean): Tensor;
  /** The same in new native memory. */
  copyTensor(value: unknown, operation: string, argument: string): Tensor;
  /** Writes the elements of a tensor of the same shape and dtype, or zeros where there is none, over those of the first. */
  writeTensor(to: Tensor, from?: Tensor): void;
  /** Lets go of a tensor of these now, as the collector would later; arrays over the same memory stay. */
  dropTensor(tensor: Tensor): void;
  /** Whether the value is a tensor in an ArrayBuffer of JavaScript, which may be transferred while a call writes to it. */
  mayVanish(tensor: unknown): boolean;
  /** Fails for what is no AbortSignal, and with the reason of one that is aborted. */
  checkSignal(signal: unknown, operation: string): void;
  info(): { isa: string; isas: string[]; threads: number; kernels: Kernel[] };
  setThreads(threads: number): void;
  explain(op: string, ...args: readonly unknown[]): Explanation;
}

export const { binding: native, path: nativePath } = loadBinding<Binding>();

/** So that memory which the program disposes is not kept until the collector finds these. */
export function dropAll(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) native.dropTensor(tensor);
}

type Options = Record<string, unknown>;

/** Whether the object is a literal, so that all it has is enumerated. */
function isLiteral(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

// Getters of a class are not enumerated, so an object of one is asked for each option there is.
function readOptions(names: readonly string[], given: object): Options {
  const read: Options = {};
  for (const name in given) read[name] = undefined; // those that are not known are refused by name
  for (const name of names) if (name !== '') read[name] = (given as Options)[name];
  return read;
}

/** Options of an operation as an object that may be spread; `own` are those that the addon knows nothing of. */
export function plainOptions(operation: string, given: object, own: readonly string[] = []): Options {
  if (isLiteral(given)) return given as Options;
  return readOptions([...native.operations[operation]!.options, ...own], given);
}

/**
 * Makes of an operation's arguments those that the addon takes: the inputs, then the number and the value of each option
 * that is there. An option that is not known has its name for a number, and what is no object goes under −1; the addon
 * says what is wrong. Reading options here costs a fraction of what it costs through Node-API. `own` are names that it
 * does not get to see.
 */
function packer(
  { inputs, options }: NativeOperation,
  own: readonly string[] = [],
): (args: readonly unknown[]) => unknown[] {
  const numbers = new Map(options.map((name, number) => [name, number]));
  numbers.delete('');
  return (args) => {
    const packed = args.slice(0, inputs);
    const given = args[inputs];
    if (given === undefined) return packed;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return [...packed, -1, given];
    const plain = isLiteral(given) ? (given as Options) : readOptions(options, given);
    for (const name in plain) {
      const number = numbers.get(name);
      const value = plain[name];
      if (number === undefined) {
        if (!own.includes(name)) packed.push(name, value);
      } else if (value !== undefined) packed.push(number, value);
    }
    return packed;
  };
}

/**
 * An operation on the pool, under the type that lib/ops declares for it; rejects also where an option's getter throws. `own`
 * are options that lib/ops has dealt with.
 */
export function operation<Operation>(name: string, own: readonly string[] = []): Operation {
  const { call } = native.operations[name]!;
  const pack = packer(native.operations[name]!, own);
  const start = (...args: readonly unknown[]): Promise<unknown> => {
    let packed: readonly unknown[];
    try {
      packed = pack(args);
    } catch (error) {
      return Promise.reject(error);
    }
    return call(...packed);
  };
  return start as Operation;
}

/** Its synchronous twin. */
export function operationSync<Operation>(name: string, own: readonly string[] = []): Operation {
  const { callSync } = native.operations[name]!;
  const pack = packer(native.operations[name]!, own);
  return ((...args: readonly unknown[]) => callSync(...pack(args))) as Operation;
}

/**
 * For calls of an operation that are made later, in pieces or as one of several: checks one as it is checked before it
 * runs, and gives the tensors of its arguments as tensors of their own, which stay when the program disposes its own. For
 * asynchronous calls, inputs in JavaScript's memory are copied. `out` is among them, allocated when it was not given. `own`
 * are names that the addon does not get to see, `wanted` those of the tensors if not all are.
 */
export function binder(
  name: string,
  { own, wanted, names }: { own?: readonly string[]; wanted?: readonly string[]; names?: Names },
): (args: readonly unknown[], asynchronous: boolean) => BoundTensors {
  const operation = native.operations[name]!;
  const pack = packer(operation, own);
  return (args, asynchronous) => operation.bind(asynchronous, wanted, names, ...pack(args));
}

/** Which kernel would take the operation's call. */
export function explainOperation(name: string, args: readonly unknown[]): Explanation {
  const known = Object.hasOwn(native.operations, name) ? native.operations[name] : undefined;
  return native.explain(name, ...(known ? packer(known)(args) : []));
}
