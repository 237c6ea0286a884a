// Conversion between float64 and the 16-bit formats, for building inputs and reading results. Slow and plain on purpose:
// it shares nothing with the package's own conversion.

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

export function bf16FromNumber(value: number): number {
  floats[0] = value;
  const word = bits[0]!;
  if (Number.isNaN(value)) return (word >>> 16) | 0x40;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

export function numberFromBf16(half: number): number {
  bits[0] = half << 16;
  return floats[0]!;
}

/** Nearest integer, ties to even; exact for |x| < 2^52. */
function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

export function f16FromNumber(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24); // subnormal; 1024 is the smallest normal number
  const exponent = Math.floor(Math.log2(size));
  const mantissa = roundToEven((size / 2 ** exponent) * 1024);
  return sign | ((exponent + 15) * 1024 + (mantissa - 1024));
}

export function numberFromF16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}
