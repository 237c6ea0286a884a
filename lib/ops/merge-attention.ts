import type { MergeAttentionOptions, MergeAttentionResult } from '../generated/merge-attention';
import { operation, operationSync } from '../native';
import type { TensorLike } from '../tensor';

export type { MergeAttentionOptions, MergeAttentionResult };

/** Attention over a part of the keys, as `attention` with `returnLse` gives it. */
export interface AttentionPart {
  /** [B, T, H, V]; of a packed batch [tokens, H, V]. */
  readonly out: TensorLike;
  /** [B, H, T]; of a packed batch [H, tokens]. */
  readonly lse: TensorLike;
}

type Lists<Return> = (
  outs: readonly TensorLike[],
  lses: readonly TensorLike[],
  options?: MergeAttentionOptions,
) => Return;
const onPool = operation<Lists<Promise<MergeAttentionResult>>>('mergeAttention');
const onThisThread = operationSync<Lists<MergeAttentionResult>>('mergeAttention');

// What is no list of parts goes on as it is: the native side says what is wrong with it.
const column = (parts: readonly AttentionPart[], name: keyof AttentionPart): readonly TensorLike[] =>
  Array.isArray(parts) ? parts.map((part: AttentionPart) => part?.[name]) : (parts as unknown as readonly TensorLike[]);

/**
 * Combines attention over parts of the keys into attention over all of them, by the log-sum-exp of each part. The order of
 * the parts fixes the order of the sums. `sinks` are counted here, once, and not in the parts. Parts of packed batches have no
 * batch axis, all of them, and neither has the result.
 */
export async function mergeAttention(
  parts: readonly AttentionPart[],
  options?: MergeAttentionOptions,
): Promise<MergeAttentionResult> {
  return onPool(column(parts, 'out'), column(parts, 'lse'), options);
}

/** Like `mergeAttention`, and returns when the result is there: for worker threads, and for one token at a time. */
export function mergeAttentionSync(
  parts: readonly AttentionPart[],
  options?: MergeAttentionOptions,
): MergeAttentionResult {
  return onThisThread(column(parts, 'out'), column(parts, 'lse'), options);
}
