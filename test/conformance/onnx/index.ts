import { runAttention, runLinear } from '../../support/run';
import { type FloatType, type Tolerance, onnxTolerance } from '../../support/tolerance';
import type { Adapter, Computed, ConformanceCase } from '../case';
import type { Dense } from '../../oracle/dense';
import { attentionOf } from './attention';
import { causalConv, rmsNormalization, rotaryEmbedding } from './around';
import { linearAttentionOf } from './linear-attention';

const floatTypes: Readonly<Record<string, FloatType>> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };

function computed(given: ConformanceCase, name: string, got: Dense): Computed {
  const tolerance: Tolerance = onnxTolerance[floatTypes[given.storedType(`out.${name}`)] ?? 'f32'];
  return { name, got, want: given.tensor(`out.${name}`), tolerance };
}

const attention: Adapter = (given) => {
  const { args, present, stage, toOutput } = attentionOf(given);
  const dtype = floatTypes[given.storedType('in.Q')]!;
  const { out, scores } = runAttention(args, { dtype }, stage ? { scores: stage } : {});
  const results = [computed(given, 'Y', toOutput(out))];
  for (const [name, copied] of Object.entries(present)) {
    if (given.outputs.includes(name)) results.push(computed(given, name, copied));
  }
  if (scores) results.push(computed(given, 'qk_matmul_output', scores));
  return results;
};

const linearAttention: Adapter = (given) => {
  const { args, toOutput } = linearAttentionOf(given);
  const { out, state } = runLinear(args, { dtype: floatTypes[given.storedType('in.query')]! });
  return [computed(given, 'output', toOutput(out)), computed(given, 'present_state', state!)];
};

type Operator = (given: ConformanceCase, dtype: FloatType) => Readonly<Record<string, Dense>>;

/** Operators whose outputs are all floating point, of the dtype of the first input. */
const simple =
  (operator: Operator, first: string): Adapter =>
  (given) => {
    const outputs = operator(given, floatTypes[given.storedType(`in.${first}`)]!);
    return given.outputs.map((name) => computed(given, name, outputs[name]!));
  };

/** What computes each ONNX operator. */
export const onnxOperators: Readonly<Record<string, Adapter>> = {
  Attention: attention,
  CausalConvWithState: simple(causalConv, 'input'),
  LinearAttention: linearAttention,
  RMSNormalization: simple(rmsNormalization, 'X'),
  RotaryEmbedding: simple(rotaryEmbedding, 'input'),
};
