// Generated from native/schema by npm run generate; do not edit.

/** TypeError: An argument has the wrong type, is missing, or is an option the operation does not know. */
export type ErrAttnArgType = 'ERR_ATTN_ARG_TYPE';
/** TypeError: A tensor's dtype is not one that the argument accepts. */
export type ErrAttnDtype = 'ERR_ATTN_DTYPE';
/** RangeError: A tensor's rank, an axis or a stride does not fit the other tensors. */
export type ErrAttnShape = 'ERR_ATTN_SHAPE';
/** RangeError: A number is outside its range, or is NaN. */
export type ErrAttnValue = 'ERR_ATTN_VALUE';
/** TypeError: Options that exclude each other were given together, or one that needs another was given alone. */
export type ErrAttnOptionConflict = 'ERR_ATTN_OPTION_CONFLICT';
/** RangeError: An output shares memory with an input or another output. */
export type ErrAttnOverlap = 'ERR_ATTN_OVERLAP';
/** TypeError: The ArrayBuffer behind a tensor was transferred or detached, or shrank. */
export type ErrAttnDetached = 'ERR_ATTN_DETACHED';
/** Error: The tensor, state or pool was disposed. */
export type ErrAttnDisposed = 'ERR_ATTN_DISPOSED';
/** Error: Another call is using this state or sequence. */
export type ErrAttnBusy = 'ERR_ATTN_BUSY';
/** Error: No kernel takes this call, and the message lists each one's reason; or the runtime lacks what was asked for. */
export type ErrAttnUnsupported = 'ERR_ATTN_UNSUPPORTED';
/** Error: Native memory could not be allocated. */
export type ErrAttnOutOfMemory = 'ERR_ATTN_OUT_OF_MEMORY';
/** Error: A cache or state pool has no free pages or slots; nothing was changed. */
export type ErrAttnPoolFull = 'ERR_ATTN_POOL_FULL';
/** Error: Serialised bytes are damaged, of another kind, or from a newer version. */
export type ErrAttnData = 'ERR_ATTN_DATA';
/** Error: The call was stopped by its signal; the promise rejects with signal.reason instead. */
export type ErrAttnAborted = 'ERR_ATTN_ABORTED';
/** Error: The native addon could not be loaded; the message lists every path tried. */
export type ErrAttnBinding = 'ERR_ATTN_BINDING';
/** Error: A bug in this package. */
export type ErrAttnInternal = 'ERR_ATTN_INTERNAL';

/** The `code` of every error this package throws. */
export type ErrorCode =
  | 'ERR_ATTN_ARG_TYPE'
  | 'ERR_ATTN_DTYPE'
  | 'ERR_ATTN_SHAPE'
  | 'ERR_ATTN_VALUE'
  | 'ERR_ATTN_OPTION_CONFLICT'
  | 'ERR_ATTN_OVERLAP'
  | 'ERR_ATTN_DETACHED'
  | 'ERR_ATTN_DISPOSED'
  | 'ERR_ATTN_BUSY'
  | 'ERR_ATTN_UNSUPPORTED'
  | 'ERR_ATTN_OUT_OF_MEMORY'
  | 'ERR_ATTN_POOL_FULL'
  | 'ERR_ATTN_DATA'
  | 'ERR_ATTN_ABORTED'
  | 'ERR_ATTN_BINDING'
  | 'ERR_ATTN_INTERNAL';
