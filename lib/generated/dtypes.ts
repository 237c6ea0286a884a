// Generated from native/schema by npm run generate; do not edit.

export type DType = 'f32' | 'f16' | 'bf16' | 'i32' | 'i8' | 'f8e4m3' | 'bool';

/** Bytes of one element. */
export const dtypeBytes: Readonly<Record<DType, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  i32: 4,
  i8: 1,
  f8e4m3: 1,
  bool: 1,
};
