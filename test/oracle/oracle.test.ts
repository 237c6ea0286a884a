// The oracle against results it had no part in: the cases computed by ONNX's reference in numpy.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConformanceCase } from '../conformance/case';
import { attentionOf } from '../conformance/onnx/attention';
import { linearAttentionOf } from '../conformance/onnx/linear-attention';
import { expectClose } from '../support/compare';
import { onnxTolerance } from '../support/tolerance';
import { attention } from './attention';
import { Dense } from './dense';
import { linearAttention } from './linear-attention';

const folder = join(__dirname, '../conformance/cases/onnx');
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.safetensors'))
  .map((name) => new ConformanceCase(join(folder, name)));
const named = (op: string): [string, ConformanceCase][] =>
  cases.filter((c) => c.op === op).map((c) => [c.metadata['case']!, c]);
const toleranceOf = (given: ConformanceCase, output: string) =>
  given.storedType(`out.${output}`) === 'F16' ? onnxTolerance.f16 : onnxTolerance.f32;

describe('attention against numpy', () => {
  it.each(named('Attention'))('%s', (_, given) => {
    const { args, stage, toOutput } = attentionOf(given);
    const { out, scores } = attention(args);
    expectClose(toOutput(out), given.tensor('out.Y'), toleranceOf(given, 'Y'));
    const want = given.optional('out.qk_matmul_output');
    if (want) expectClose(scores![stage!], want, toleranceOf(given, 'qk_matmul_output'), stage);
  });
});

describe('linear attention against numpy', () => {
  it.each(named('LinearAttention'))('%s', (_, given) => {
    const { args, toOutput } = linearAttentionOf(given);
    const { out, state } = linearAttention(args);
    expectClose(toOutput(out), given.tensor('out.output'), toleranceOf(given, 'output'));
    expectClose(state, given.tensor('out.present_state'), toleranceOf(given, 'present_state'), 'state');
  });
});

describe('what ONNX has no case for', () => {
  const one = (...values: number[]): Dense => new Dense([1, values.length, 1, 1], values);
  const uniform = { q: one(0), k: one(1, 2, 3), v: one(3, 6, 12) };

  it('a sink takes its share of the weights, and none of lse', () => {
    const { out, lse } = attention({ ...uniform, sinks: new Dense([1], [Math.log(3)]) });
    expect(out.data[0]).toBeCloseTo(21 / 6, 12);
    expect(lse.data[0]).toBeCloseTo(Math.log(3), 12);
  });

  it('a row without keys is zero, with a sink too', () => {
    const { out, lse } = attention({ ...uniform, kvLengths: 0, sinks: new Dense([1], [0]) });
    expect([out.data[0], lse.data[0]]).toEqual([0, Number.NEGATIVE_INFINITY]);
  });

  it('ALiBi counts from the query position', () => {
    const { scores } = attention({ ...uniform, alibiSlopes: new Dense([1], [0.5]), queryStart: 1 });
    expect(Array.from(scores!.biased.data)).toEqual([-0.5, 0, 0.5]);
  });

  it('chunk, block and window by hand', () => {
    const seen = (options: object): string => {
      const q = Dense.filled([1, 4, 1, 1], 0);
      const { scores } = attention({ q, k: q, v: q, ...options });
      return Array.from(scores!.biased.data, (x) => (x === 0 ? '1' : '0'))
        .join('')
        .replace(/(.{4})(?=.)/g, '$1 ');
    };
    expect(seen({ chunk: 2 })).toBe('1100 1100 0011 0011');
    expect(seen({ chunk: 2, causal: true })).toBe('1000 1100 0010 0011');
    expect(seen({ block: 2 })).toBe('1100 1100 1111 1111');
    expect(seen({ window: { left: 1 } })).toBe('1111 1111 0111 0011');
    expect(seen({ window: { left: 1, right: 0 } })).toBe('1000 1100 0110 0011');
    expect(seen({ causal: true, queryStart: -1 })).toBe('0000 1000 1100 1110');
    expect(seen({ kvStart: 1, kvLengths: 3 })).toBe('0110 0110 0110 0110');
  });

  it('a key named twice counts twice', () => {
    const keyIndices = new Dense([1, 1, 4], [0, 2, 2, -1]);
    expect(attention({ ...uniform, keyIndices }).out.data[0]).toBeCloseTo(27 / 3, 12);
  });

  it('generalized_delta with a = −κ and b = β κ is gated_delta on unit keys', () => {
    const q = one(0.3, -0.2, 0.9);
    const [k, v] = [one(1, -1, 1), one(2, 3, 5)];
    const beta = new Dense([1, 3, 1], [0.5, 0.25, 0.75]);
    const decay = new Dense([1, 3, 1], [0, 0, 0]);
    const scaled = (x: Dense): Dense =>
      new Dense(
        x.shape,
        x.data.map((value, t) => value * beta.data[t]!),
      );
    const delta = linearAttention({ q, k, v, beta, decay, updateRule: 'gated_delta' });
    const a = k.map((value) => -value);
    const general = linearAttention({ q, k, v: scaled(v), a, b: scaled(k), decay, updateRule: 'generalized_delta' });
    expectClose(general.out, delta.out, { relative: 1e-12 });
  });
});
