// What becomes of calls that lib cuts into several when the program goes on with what it gave them.
import {
  type LinearAttentionOptions,
  RecurrentState,
  StatePool,
  Tensor,
  chainStates,
  chainStatesSync,
  linearAttention,
  linearAttentionSync,
  segmentState,
  segmentStateSync,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { native } from '../../lib/native';
import { type Inputs, call, numbers, poolOf, randomInputs, rules } from './support';

const rule = 'gated_delta';

/** The same numbers in ArrayBuffers of JavaScript, with what takes them away. */
function inJavaScript(inputs: Inputs): { tensors: Inputs; arrays: Float32Array<ArrayBuffer>[] } {
  const arrays = Object.entries(inputs).map(([name, x]) => [name, Float32Array.from(numbers(x))] as const);
  const tensors = arrays.map(([name, array]) => [name, Tensor.from(array, inputs[name]!.shape)]);
  return { tensors: Object.fromEntries(tensors) as Inputs, arrays: arrays.map(([, array]) => array) };
}

function inNative(inputs: Inputs): Inputs {
  const copies = Object.entries(inputs).map(([name, x]) => {
    const copy = Tensor.empty(x.shape);
    copy.data.set(x.contiguous().data);
    return [name, copy];
  });
  return Object.fromEntries(copies) as Inputs;
}

const zeroed = (array: Float32Array<ArrayBuffer>): unknown => array.fill(0);
const transferred = (array: Float32Array<ArrayBuffer>): unknown =>
  structuredClone(array.buffer, { transfer: [array.buffer] });

const spoil = (name: string): ((array: Float32Array<ArrayBuffer>) => unknown) =>
  name === 'zeroed' ? zeroed : transferred;

describe('asynchronous checkpointEvery', () => {
  const inputs = randomInputs(rule, 61, 41);
  const decay = Float32Array.of(-0.1, -0.2, -0.01);
  const every = { checkpointEvery: 8 };

  const want = (further: object): { out: number[]; state: number[] } => {
    const session = new RecurrentState(poolOf(rule));
    const { out } = linearAttentionSync(...call(inputs, rule, { states: [session], ...every, ...further }));
    return { out: numbers(out), state: numbers(session.toTensor()) };
  };

  it.each(['zeroed', 'transferred'])('has read arrays that are %s before it is done', async (how) => {
    const { tensors, arrays } = inJavaScript(inputs);
    const session = new RecurrentState(poolOf(rule));
    const running = linearAttention(...call(tensors, rule, { states: [session], ...every }));
    arrays.forEach(spoil(how));
    const { out } = await running;
    expect({ out: numbers(out), state: numbers(session.toTensor()) }).toEqual(want({}));
  });

  it('has read packed offsets', async () => {
    const flat = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.view(x.shape.slice(1))]));
    const [a, b] = [0, 1].map(() => [0, 1].map(() => new RecurrentState(poolOfTwo))) as [
      RecurrentState[],
      RecurrentState[],
    ];
    const cuSeqlens = Int32Array.of(0, 20, 61);
    const wanted = linearAttentionSync(...call(flat, rule, { states: a, cuSeqlens, ...every })).out;
    const running = linearAttention(...call(flat, rule, { states: b, cuSeqlens, ...every }));
    cuSeqlens.fill(7);
    expect(numbers((await running).out)).toEqual(numbers(wanted));
    expect(b.map(({ length }) => length)).toEqual([20, 41]);
  });
  const poolOfTwo = poolOf(rule);

  it('holds tensors that are disposed before it is done', async () => {
    const owned = inNative(inputs);
    const perHead = Tensor.empty([3]);
    perHead.data.set(decay);
    const out = Tensor.empty([1, 61, 3, 12]);
    const kept = out.view(out.shape);
    const session = new RecurrentState(poolOf(rule));
    const options = { states: [session], ...every, decay: perHead, out };
    const running = linearAttention(...call(owned, rule, options));
    for (const tensor of [...Object.values(owned), perHead, out]) tensor.dispose();
    await running;
    const expected = want({ decay: Tensor.from(decay) });
    expect({ out: numbers(kept), state: numbers(session.toTensor()) }).toEqual(expected);
  });

  it('does not come back to the objects it was given', async () => {
    const session = new RecurrentState(poolOf(rule));
    const states = [session];
    const [q, k, v, options] = call(inputs, rule, { states, ...every }) as [Tensor, Tensor, Tensor, { scale?: number }];
    const running = linearAttention(q, k, v, options as LinearAttentionOptions);
    states.length = 0;
    options.scale = 7;
    expect(numbers((await running).out)).toEqual(want({}).out);
    expect(session.length).toBe(61);
    session.dispose(); // was not left busy
  });

  it('leaves the session where it was when the array of its output has gone', async () => {
    const session = new RecurrentState(poolOf(rule));
    linearAttentionSync(...call(randomInputs(rule, 5, 42), rule, { states: [session] }));
    const before = numbers(session.toTensor());
    for (const further of [{}, every]) {
      const array = new Float32Array(61 * 3 * 12);
      const out = Tensor.from(array, [1, 61, 3, 12]);
      const running = linearAttention(...call(inputs, rule, { states: [session], out, ...further }));
      transferred(array);
      await expect(running).rejects.toMatchObject({ code: 'ERR_ATTN_DETACHED' });
      expect(numbers(session.toTensor())).toEqual(before);
      expect(session.length).toBe(5);
    }
  });
});

describe('segmentState', () => {
  const parts = (updateRule: (typeof rules)[number], inputs: Inputs): Parameters<typeof segmentState> => {
    const { q, k, v, ...gates } = inputs;
    expect(q).toBeDefined();
    return [k!, v!, { ...gates, updateRule } as never];
  };

  it.each(['zeroed', 'transferred'])('has read arrays that are %s before it is done', async (how) => {
    const inputs = randomInputs(rule, 30, 43);
    const want = segmentStateSync(...parts(rule, inputs));
    const { tensors, arrays } = inJavaScript(inputs);
    const running = segmentState(...parts(rule, tensors));
    arrays.forEach(spoil(how));
    const got = await running;
    expect(numbers(got.state)).toEqual(numbers(want.state));
    expect(numbers(got.transition)).toEqual(numbers(want.transition));
  });

  it.each(rules)('%s: holds tensors that are disposed before it is done', async (one) => {
    const inputs = randomInputs(one, 30, 44);
    const want = segmentStateSync(...parts(one, inputs));
    const owned = inNative(inputs);
    const given = parts(one, owned);
    const running = segmentState(...given);
    for (const tensor of Object.values(owned)) tensor.dispose();
    Object.assign(given[2], { featureMap: 'relu' });
    const got = await running;
    expect(numbers(got.state)).toEqual(numbers(want.state));
    expect(numbers(got.transition)).toEqual(numbers(want.transition));
  });
});

it('chainStates holds its segments', async () => {
  const [a, b, c] = [1, 2, 3].map((seed) => {
    const { k, v } = randomInputs('linear', 9, seed) as { k: Tensor; v: Tensor };
    return segmentStateSync(k, v, {});
  }) as [ReturnType<typeof segmentStateSync>, ReturnType<typeof segmentStateSync>, ReturnType<typeof segmentStateSync>];
  const want = numbers(await chainStates([a, b, c]));
  const arrays = [a, b, c].map(({ state }) => Float32Array.from(numbers(state)));
  const segments = [a, b, c].map(({ transition, state }, i) => ({
    transition,
    state: Tensor.from(arrays[i]!, state.shape),
  }));
  const running = chainStates(segments);
  for (const array of arrays) array.fill(0);
  for (const { transition } of [a, b, c]) transition.dispose();
  segments.length = 0;
  expect(numbers(await running)).toEqual(want);
});

describe('memory that the program disposes', () => {
  // Arrays of native memory become empty with its last tensor, so that they tell whether a call has left one.
  it.each(['checkpointEvery', 'packed checkpointEvery', 'rollback', 'packed rollback', 'segmentState', 'chainStates'])(
    'is free at once after %s',
    async (what) => {
      const packed = what.startsWith('packed');
      const pool = new StatePool({ heads: 1, keyDim: 4, updateRule: 'gated', rollback: what.endsWith('k') ? 5 : 0 });
      const cuSeqlens = Tensor.empty([2], { dtype: 'i32' });
      cuSeqlens.data.set([0, 4]);
      const [k, v, decay] = [[4], [4], []].map((last) => Tensor.zeros([...(packed ? [4] : [1, 4]), 1, ...last]));
      const skip = Tensor.zeros([1]);
      const states = [new RecurrentState(pool)];
      const gated = { updateRule: 'gated', decay: decay! } as const;
      const segment = segmentStateSync(Tensor.zeros([1, 4, 1, 4]), Tensor.zeros([1, 4, 1, 4]), {});
      const arrays = [k!, v!, decay!].map(({ data }) => data);
      if (what === 'segmentState') await segmentState(k!, v!, gated);
      else if (what === 'chainStates') {
        const state = chainStatesSync([segment]); // which has an array of its elements, other than those of segments
        const chained = [{ ...segment, state }];
        arrays.push(state.data);
        await chainStates(chained);
        const joined = await chainStates([...chained, ...chained]);
        chainStatesSync([...chained, ...chained], { state });
        arrays.push(joined.data);
        for (const tensor of [state, joined]) tensor.dispose();
      } else {
        arrays.push(skip.data);
        const checkpointEvery = what.endsWith('Every') ? 2 : undefined;
        const options = { ...gated, skip, states, checkpointEvery, ...(packed && { cuSeqlens }) };
        linearAttentionSync(k!, k!, v!, options);
        await linearAttention(k!, k!, v!, options);
      }
      for (const tensor of [k!, v!, decay!, skip, segment.state, segment.transition]) tensor.dispose();
      for (const array of arrays) expect(array.length).toBe(0);
    },
  );

  it('is not taken from arrays that the program has kept', async () => {
    for (const letGo of [native.dropTensor, (tensor: Tensor) => tensor.dispose()]) {
      const [array, own, weak] = (() => {
        const tensor = Tensor.zeros([3]);
        return [tensor.data, native.ownTensor(tensor, 'test', 'tensor', false), new WeakRef(tensor)] as const;
      })();
      for (let tries = 0; weak.deref() !== undefined && tries < 50; ++tries) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        globalThis.gc!();
      }
      await new Promise((resolve) => setTimeout(resolve, 5)); // for the finalizer
      letGo(own);
      expect(array.length).toBe(letGo === native.dropTensor ? 3 : 0);
      expect(own.disposed).toBe(true);
    }
  });
});

describe('copies are copies', () => {
  const ones = (tokens: number): Tensor => Tensor.from(new Float32Array(tokens * 4).fill(1), [1, tokens, 1, 4]);
  const one = { heads: 1, keyDim: 4, updateRule: 'linear' } as const;

  it.each(['f32', 'bf16'] as const)('of a state and its normaliser: %s', (dtype) => {
    const session = new RecurrentState(new StatePool({ ...one, dtype, normalizer: true }));
    const options = { normalize: true, states: [session] } as const;
    linearAttentionSync(ones(2), ones(2), ones(2), options);
    const [state, normalizer] = [session.toTensor(), session.normalizerTensor()!];
    const before = [numbers(state), numbers(normalizer)];
    expect([state.dtype, state.shape, normalizer.shape]).toEqual([dtype, [1, 4, 4], [1, 4]]);
    linearAttentionSync(ones(3), ones(3), ones(3), options);
    expect([numbers(state), numbers(normalizer)]).toEqual(before);
    expect(numbers(session.toTensor().castSync('f32'))[0]).toBe(5);
  });

  it('of the tokens that can be taken back', () => {
    const session = new RecurrentState(new StatePool({ ...one, rollback: 4 }));
    const reused = Float32Array.of(1, 1, 1, 1);
    for (let t = 0; t < 7; ++t) {
      const token = Tensor.from(reused, [1, 1, 1, 4]);
      linearAttentionSync(token, token, token, { states: [session] });
    }
    reused.fill(9);
    session.rollback(1);
    expect(numbers(session.toTensor())).toEqual(new Array(16).fill(6));
  });
});
