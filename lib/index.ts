// The public surface, nothing else.
export {
  Tensor,
  type Device,
  type DType,
  type ForeignTensor,
  type HalfFloats,
  type TensorClass,
  type TensorData,
  type TensorLike,
  type TensorOptions,
} from './tensor';
export {
  CachePool,
  Sequence,
  type CachePoolClass,
  type CachePoolOptions,
  type SequenceClass,
} from './cache/cache-pool';
export { activation, activationSync, type ActivationOptions, type ActivationResult } from './ops/activation';
export {
  attention,
  attentionSync,
  type AttentionOptions,
  type AttentionResult,
  type CachedAttentionOptions,
  type CachedAttentionResult,
} from './ops/attention';
export { causalConv1d, causalConv1dSync, type CausalConv1dOptions, type CausalConv1dResult } from './ops/causal-conv1d';
export { decayGate, decayGateSync, type DecayGateOptions, type DecayGateResult } from './ops/decay-gate';
export { l2Norm, l2NormSync, type L2NormOptions, type L2NormResult } from './ops/l2-norm';
export { layerNorm, layerNormSync, type LayerNormOptions, type LayerNormResult } from './ops/layer-norm';
export {
  chainStates,
  chainStatesSync,
  segmentState,
  segmentStateSync,
  type SegmentOptions,
  type SegmentState,
  type SegmentStateLike,
} from './ops/chain-states';
export { RecurrentState, type StateTensors } from './cache/recurrent-state';
export { StatePool, type StatePoolOptions, type UpdateRule } from './cache/state-pool';
export {
  linearAttention,
  linearAttentionSync,
  type LinearAttentionOptions,
  type LinearAttentionResult,
  type SessionOptions,
} from './ops/linear-attention';
// The options of each update rule.
export type * from './generated/linear-attention';
export {
  mergeAttention,
  mergeAttentionSync,
  type MergeAttentionOptions,
  type MergeAttentionResult,
  type AttentionPart,
} from './ops/merge-attention';
export { rmsNorm, rmsNormSync, type RmsNormOptions, type RmsNormResult } from './ops/rms-norm';
export {
  rotaryEmbedding,
  rotaryEmbeddingSync,
  type RotaryEmbeddingOptions,
  type RotaryEmbeddingResult,
} from './ops/rotary-embedding';
export { tokenShift, tokenShiftSync, type TokenShiftOptions, type TokenShiftResult } from './ops/token-shift';
export type { CallOptions } from './ops/call-options';
export {
  devices,
  explain,
  info,
  setThreads,
  type DeviceInfo,
  type Explanation,
  type Info,
  type Kernel,
} from './info';
export { BindingError, isAttnError, type AttnError, type BindingAttempt, type ErrorCode } from './errors';
