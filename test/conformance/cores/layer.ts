// What the cores of all kinds share: reading a layer's tensors, moving data, and computing its tokens in one prefill and
// again as a prefill with cached steps.
import type { Tensor } from 'hybrid-attention';
import { Dense, concat } from '../../oracle/dense';
import { toDense, toTensor } from '../../support/tensors';
import type { Tolerance } from '../../support/tolerance';
import type { Adapter, Computed, ConformanceCase } from '../case';

/** What a layer keeps of earlier tokens: keys and values, recurrent state, the convolution's last inputs. */
export type Memory = Map<string, Tensor>;

export class Layer<Config> {
  readonly #given: ConformanceCase;
  readonly config: Config;
  /** Tokens of this call: [from, to). */
  readonly from: number;
  readonly to: number;
  readonly memory: Memory;

  constructor(given: ConformanceCase, from: number, to: number, memory: Memory) {
    this.#given = given;
    this.config = given.json('config', {} as Config);
    this.from = from;
    this.to = to;
    this.memory = memory;
  }

  /** Position of the first token of this call. */
  get position(): number {
    return this.number('position_offset') + this.from;
  }

  /** A number of the metadata; 0 when absent. */
  number(key: string): number {
    return this.#given.json(key, 0);
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  /** A projection's output for the tokens of this call. */
  input(name: string): Tensor {
    return toTensor(this.#given.tensor(`in.${name}`).slice(1, this.from, this.to), 'f32');
  }

  weight(name: string): Tensor {
    return toTensor(this.#given.tensor(`w.${name}`), 'f32');
  }

  /** The tokens so far along axis 1, those of this call added; kept for the next. */
  append(name: string, tokens: Tensor): Tensor {
    const before = this.memory.get(name);
    const all = before ? join([before, tokens], 1) : tokens;
    this.memory.set(name, all);
    return all;
  }
}

/** Tensors one after the other along an axis. */
export const join = (parts: readonly Tensor[], axis: number): Tensor =>
  toTensor(concat(parts.map(toDense), axis), 'f32');

/** Numbers that follow from the configuration alone. */
export const constants = (shape: readonly number[], value: (index: readonly number[]) => number): Tensor =>
  toTensor(Dense.build(shape, value), 'f32');

/** The same elements under another shape. */
export const reshape = (x: Tensor, shape: readonly number[]): Tensor => x.contiguous().view(shape);

/** [B, T, H, D] as [B, T, 1, H·D]. */
export const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]! * x.shape[3]!]);

/** [B, T, H, D] or [B, T, C] as channels [B, T, C]. */
export const channels = (x: Tensor): Tensor =>
  reshape(x, [x.shape[0]!, x.shape[1]!, x.shape.slice(2).reduce((a, b) => a * b, 1)]);

/** Channels [B, T, C] cut into tensors [B, T, H, D]. */
export function splitHeads(x: Tensor, parts: readonly (readonly [heads: number, dim: number])[]): Tensor[] {
  let from = 0;
  return parts.map(([heads, dim]) => {
    const part = x.slice(2, from, from + heads * dim);
    from += heads * dim;
    return reshape(part, [x.shape[0]!, x.shape[1]!, heads, dim]);
  });
}

/** One kind of layer: the tokens of one call, from its projections' outputs to what the output projection reads. */
export type Core<Config> = (layer: Layer<Config>) => Tensor;

export interface Kind<Config> {
  core: Core<Config>;
  /** Outputs that are a memory of the layer after its last token, and how their axes are named there. */
  remembered?: Readonly<Record<string, (memory: Tensor) => Tensor>>;
}

/** Computes a case in one prefill, and again in its segments. */
export function adapterOf<Config>({ core, remembered = {} }: Kind<Config>): Adapter {
  return (given) => {
    const { relative, of_max } = given.json('tolerance', { relative: 1e-4, of_max: 2e-5 });
    const tolerance: Tolerance = { relative, ofMax: of_max };
    const segments = given.json<number[]>('segments', []);
    const total = segments.reduce((a, b) => a + b, 0);
    const ways: [string, number[]][] = [['', [total]]];
    if (segments.length > 1) ways.push([' in segments', segments]);

    const computed: Computed[] = [];
    for (const [way, lengths] of ways) {
      const memory: Memory = new Map();
      const outs: Tensor[] = [];
      let from = 0;
      for (const length of lengths) {
        outs.push(core(new Layer<Config>(given, from, from + length, memory)));
        from += length;
      }
      computed.push({ name: `o${way}`, got: toDense(join(outs, 1)), want: given.tensor('out.o'), tolerance });
      for (const [name, named] of Object.entries(remembered)) {
        if (!given.has(`out.${name}`)) continue;
        const got = toDense(named(memory.get(name)!));
        computed.push({ name: `${name}${way}`, got, want: given.tensor(`out.${name}`), tolerance });
      }
    }
    return computed;
  };
}
