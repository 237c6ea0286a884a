// Cases of the linear attention matrix: plain shapes, and options combined pairwise.
import { Dense } from '../oracle/dense';
import type { FeatureMap, LinearAttentionCase, UpdateRule } from '../oracle/linear-attention';
import { type Assignment, pairwise } from '../support/pairwise';
import { Random } from '../support/random';
import type { Form } from '../support/run';
import { readSchema } from '../support/schema';
import type { Layout } from '../support/tensors';
import type { FloatType } from '../support/tolerance';

export const parameters = {
  dtype: ['f32', 'f16', 'bf16'],
  optionDtype: ['f32', 'q'],
  outDtype: ['q', 'f32'],
  layout: ['plain', 'headsFirst', 'padded'],
  tokens: ['1', '3', '16', '37', '131'],
  rule: ['linear', 'gated', 'delta', 'gated_delta', 'generalized_delta'],
  decay: ['none', 'constant', 'perHead', 'perChannel', 'extreme'],
  beta: ['none', 'perHead', 'perToken'],
  heads: ['2/2/2', '4/2/2', '2/2/4', '1/1/3', '6/1/1', '4/4/2'],
  dims: ['64/64', '128/128', '40/24', '33/47', '16/80', '256/428', '1/1'],
  scale: ['default', 'given'],
  featureMap: ['identity', 'elu1', 'relu', 'softmax'],
  normalize: ['none', 'normalize'],
  l2: ['none', 'l2'],
  skip: ['none', 'skip'],
  state: ['none', 'state'],
  causal: ['causal', 'full'],
  packing: ['none', 'cuSeqlens'],
} as const;

const { variants } = readSchema('linear_attention');

/** Parameters whose value other than `none` is an option that some update rules require and others forbid. */
const ruled = ['decay', 'beta', 'normalize'];

export function allowed(partial: Assignment): boolean {
  const { rule, causal } = partial;
  // The oracle would take seconds; each occurs with others.
  if (partial['tokens'] === '131' && partial['dims'] === '256/428') return false;
  if (causal === 'full' && ((rule ?? 'linear') !== 'linear' || (partial['state'] ?? 'none') !== 'none')) return false;
  if (causal === 'full' && ['decay', 'beta'].some((name) => (partial[name] ?? 'none') !== 'none')) return false;
  const rules = rule === undefined ? Object.keys(variants!.cases) : [rule];
  return rules.some((name) => {
    const { require = [], forbid = [] } = variants!.cases[name]!;
    return ruled.every((option) => {
      const value = partial[option];
      if (value === undefined) return true;
      return value === 'none' ? !require.includes(option) : !forbid.includes(option);
    });
  });
}

export const combinations = (seed: number): Assignment[] => pairwise(parameters, allowed, seed);

interface Sizes {
  rows: number[];
  Hq: number;
  Hk: number;
  Hv: number;
  Hs: number;
  K: number;
  V: number;
}

function decayOf(kind: string, random: Random, { rows, Hs, K }: Sizes): Partial<LinearAttentionCase> {
  if (kind === 'none') return {};
  if (kind === 'constant') return { decay: random.uniforms([Hs], -0.2, 0) };
  if (kind === 'perHead') return { decay: random.uniforms([...rows, Hs], -0.4, 0) };
  if (kind === 'perChannel') return { decay: random.uniforms([...rows, Hs, K], -0.4, 0) };
  // From no decay at all to forgetting everything: exp(−100) is not a float32 any more.
  return { decay: Dense.build([...rows, Hs, K], () => random.pick([0, -1e-6, -0.5, -30, -100])) };
}

/** Write strengths for which the delta rule stays bounded: below 2 / |φ(k)|². */
function betaOf(choice: Assignment, random: Random, { rows, Hs, K }: Sizes): Partial<LinearAttentionCase> {
  if (choice['beta'] === 'none') return {};
  const largest = ['elu1', 'relu'].includes(choice['featureMap']!) ? 0.5 / K : 1;
  return { beta: random.uniforms([...rows, choice['beta'] === 'perToken' ? 1 : Hs], 0, largest) };
}

/** a = −κ and b = κ ⊙ α with unit κ, as RWKV-7 has them. */
function transition(random: Random, { rows, Hs, K }: Sizes): Partial<LinearAttentionCase> {
  const kappa = random.normals([...rows, Hs, K], 1 / Math.sqrt(K));
  return { a: kappa.map((x) => -x), b: kappa.map((x) => x * random.uniform()) };
}

const offsets = (tokens: number): number[] => [0, tokens, tokens, tokens + 1, 2 * tokens + 3];

export function combinedCase(choice: Assignment, seed: number): LinearAttentionCase {
  const random = new Random(seed);
  const T = Number(choice['tokens']);
  const [Hq, Hk, Hv] = choice['heads']!.split('/').map(Number) as [number, number, number];
  const [K, V] = choice['dims']!.split('/').map(Number) as [number, number];
  const Hs = Math.max(Hk, Hv);
  const cuSeqlens = choice['packing'] === 'cuSeqlens' ? offsets(T) : undefined;
  const rows = cuSeqlens ? [2 * T + 3] : [2, T];
  const sequences = cuSeqlens ? cuSeqlens.length - 1 : 2;
  const sizes: Sizes = { rows, Hq, Hk, Hv, Hs, K, V };
  const normalize = choice['normalize'] === 'normalize';
  // Without a feature map that is positive, φ(q)·z comes near 0 by chance; positive inputs keep it away.
  const spread = (shape: number[]): Dense =>
    normalize && !['elu1', 'softmax'].includes(choice['featureMap']!)
      ? random.uniforms(shape, 0.1, 1)
      : random.normals(shape, 1 / Math.sqrt(K));
  return {
    q: spread([...rows, Hq, K]),
    k: spread([...rows, Hk, K]),
    v: random.normals([...rows, Hv, V]),
    updateRule: choice['rule'] as UpdateRule,
    ...decayOf(choice['decay']!, random, sizes),
    ...betaOf(choice, random, sizes),
    ...(choice['rule'] === 'generalized_delta' && transition(random, sizes)),
    ...(cuSeqlens && { cuSeqlens }),
    ...(choice['scale'] === 'given' && { scale: 0.7 }),
    ...(choice['featureMap'] !== 'identity' && { featureMap: choice['featureMap'] as FeatureMap }),
    ...(normalize && { normalize: true }),
    ...(choice['l2'] === 'l2' && { qkL2Norm: true }),
    ...(choice['skip'] === 'skip' && { skip: random.normals([Math.max(Hq, Hs)]) }),
    ...(choice['state'] === 'state' && { state: random.normals([sequences, Hs, K, V], 0.5) }),
    ...(choice['state'] === 'state' && normalize && { normalizer: random.uniforms([sequences, Hs, K], 0.5, 2) }),
    ...(choice['causal'] === 'full' && { causal: false }),
  };
}

export const labelOf = (choice: Assignment): string =>
  Object.entries(choice)
    .filter(([, value]) => !['none', 'default', 'plain', 'causal', 'identity'].includes(value))
    .filter(([name, value]) => name !== 'outDtype' || value !== 'q')
    .map(([name, value]) => (name === 'tokens' ? `T${value}` : name === 'outDtype' ? `to ${value}` : value))
    .join(' ');

export function formOf(choice: Assignment): Form {
  const dtype = choice['dtype'] as FloatType;
  const named = (name: string): FloatType => (choice[name] === 'f32' ? 'f32' : dtype);
  return {
    dtype,
    optionDtype: named('optionDtype'),
    outDtype: named('outDtype'),
    layout: choice['layout'] as Layout,
  };
}
