/** Options that every operation has. */
export interface CallOptions {
  /**
   * Stops the native work and rejects with the signal's reason; a tensor that the call was given to write to, as `out`, may
   * be partly written then. A synchronous call only looks at it before it starts.
   */
  signal?: AbortSignal | undefined;
}
