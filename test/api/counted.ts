// Small tensors with numbers that tell where they come from.
import { Tensor } from 'hybrid-attention';

/** 0, 1, 2, … in row-major order. */
export const counted = (...shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return Tensor.from(
    Float32Array.from({ length: size }, (_, i) => i),
    shape,
  );
};
export const list = (tensor: Tensor): number[] => Array.from(tensor.data);
