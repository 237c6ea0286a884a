/** Options that every operation has. */
export interface CallOptions {
  /**
   * Stops the native work and rejects with the signal's reason. A synchronous call only looks at it before it starts.
   */
  signal?: AbortSignal | undefined;
}
