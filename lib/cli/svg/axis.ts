// Axes: from values to pixels, with ticks.

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface AxisOptions {
  readonly label: string;
  readonly kind: 'linear' | 'log';
  /** How a tick's value reads, unit included where the label does not name it. */
  readonly format: (value: number) => string;
  /** Ticks at powers of this; 10 unless said. */
  readonly base?: number;
  /** Distance of ticks on a linear axis; chosen from the data unless said. */
  readonly step?: number;
  /** Values that must lie on the axis besides the data. */
  readonly include?: readonly number[];
}

export interface Axis {
  readonly label: string;
  readonly ticks: readonly Tick[];
  /** 0 at the axis's start, 1 at its end. */
  at(value: number): number;
}

function logAxis({ label, format, base = 10 }: AxisOptions, values: readonly number[]): Axis {
  const position = (value: number): number => Math.log(value) / Math.log(base);
  const positive = values.filter((value) => value > 0).map(position);
  // A tenth of a step of room, so that a point on a tick is not cut by the frame.
  const low = Math.min(...positive) - 0.1;
  const high = Math.max(...positive) + 0.1;
  const exponents: number[] = [];
  for (let exponent = Math.floor(low); exponent <= high; exponent++) exponents.push(exponent);
  // Few powers of ten lie between numbers that are close: 2 and 5 times them make ticks as well.
  const factors = base === 10 && high - low < 2.5 ? [1, 2, 5] : [1];
  const within = exponents
    .flatMap((exponent) => factors.map((factor) => factor * base ** exponent))
    .filter((value) => position(value) >= low && position(value) <= high);
  const step = Math.ceil(within.length / 8);
  const ticks = within.filter((_, index) => index % step === 0);
  return {
    label,
    ticks: ticks.map((value) => ({ value, label: format(value) })),
    at: (value) => (position(value) - low) / (high - low),
  };
}

// 1, 2 or 5 times a power of ten, so that about five ticks fit.
function niceStep(span: number): number {
  const raw = span / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
}

function linearAxis({ label, format, step: wanted, include = [] }: AxisOptions, values: readonly number[]): Axis {
  const all = [...values, ...include];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const step = wanted ?? niceStep(high - low || 1);
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step); index * step <= high + step * 1e-9; index++) ticks.push(index * step);
  return {
    label,
    ticks: ticks.map((value) => ({ value, label: format(value) })),
    at: (value) => (value - low) / (high - low || 1),
  };
}

export const axis = (options: AxisOptions, values: readonly number[]): Axis =>
  options.kind === 'log' ? logAxis(options, [...values, ...(options.include ?? [])]) : linearAxis(options, values);
