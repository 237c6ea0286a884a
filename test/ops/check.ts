// One case through the package, against the oracle, with one thread and with two, which must agree in every bit.
import { mergeAttentionSync } from 'hybrid-attention';
import { type AttentionCase, type ScoreStage, attention } from '../oracle/attention';
import { type LinearAttentionCase, linearAttention } from '../oracle/linear-attention';
import { mergeAttention } from '../oracle/merge-attention';
import { expectClose, expectSameBits } from '../support/compare';
import { onThreads } from '../support/machine';
import { type Form, roundedCase, runAttention, runLinear, unwritten } from '../support/run';
import { rounded, toDense, toTensor } from '../support/tensors';
import { tolerances } from '../support/tolerance';
import type { MergeCase } from './merge-attention-cases';

export interface Wanted {
  scores?: ScoreStage;
  lse?: boolean;
}

export function checkAttention(given: AttentionCase, form: Form, wanted: Wanted): void {
  const args = roundedCase(given, form);
  const got = onThreads(1, () => runAttention(args, form, wanted));
  const again = onThreads(2, () => runAttention(args, form, wanted));
  const want = attention(args);
  const { out, lse, scores } = tolerances.attention;
  expectClose(got.out, want.out, out[form.dtype]);
  expectSameBits(again.out, got.out, 'out on two threads');
  if (wanted.lse) {
    expectClose(got.lse!, want.lse, lse[form.dtype], 'lse');
    expectSameBits(again.lse!, got.lse!, 'lse on two threads');
  }
  if (wanted.scores) {
    expectClose(got.scores!, want.scores![wanted.scores], scores[form.dtype], wanted.scores);
    expectSameBits(again.scores!, got.scores!, `${wanted.scores} on two threads`);
  }
}

export function checkLinear(given: LinearAttentionCase, form: Form): void {
  const args = roundedCase(given, form);
  const got = onThreads(1, () => runLinear(args, form));
  const again = onThreads(2, () => runLinear(args, form));
  const want = linearAttention(args);
  const { out, state, normalizer } = tolerances.linearAttention;
  expectClose(got.out, want.out, out[form.outDtype ?? form.dtype]);
  expectSameBits(again.out, got.out, 'out on two threads');
  if (got.state) {
    expectClose(got.state, want.state, state[form.dtype], 'state');
    expectSameBits(again.state!, got.state, 'state on two threads');
  }
  if (got.normalizer) {
    expectClose(got.normalizer, want.normalizer, normalizer[form.dtype], 'normalizer');
    expectSameBits(again.normalizer!, got.normalizer, 'normalizer on two threads');
  }
}

/** `note` hears of the arguments before the call runs. */
export function checkMerge(given: MergeCase, form: Form, note: (...call: unknown[]) => void = () => {}): void {
  const { dtype, optionDtype = dtype, layout } = form;
  const outs = given.outs.map((x) => rounded(x, dtype));
  const lses = given.lses.map((x) => rounded(x, 'f32'));
  const sinks = given.sinks && rounded(given.sinks, optionDtype);
  const run = () => {
    const parts = outs.map((x, i) => ({ out: toTensor(x, dtype, layout), lse: toTensor(lses[i]!, 'f32', layout) }));
    const options = { out: unwritten(outs[0]!.shape, form), ...(sinks && { sinks: toTensor(sinks, optionDtype) }) };
    note(
      parts.map(({ out }) => out),
      parts.map(({ lse }) => lse),
      options,
    );
    const merged = mergeAttentionSync(parts, options);
    return { out: toDense(merged.out), lse: toDense(merged.lse) };
  };
  const [got, again] = [onThreads(1, run), onThreads(2, run)];
  const want = mergeAttention(outs, lses, sinks);
  const { out, lse } = tolerances.attention;
  expectClose(got.out, want.out, out[dtype]);
  expectClose(got.lse, want.lse, lse[dtype], 'lse');
  expectSameBits(again.out, got.out, 'out on two threads');
  expectSameBits(again.lse, got.lse, 'lse on two threads');
}
