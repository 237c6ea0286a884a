// Numbers with units, three digits long.

const digits = (value: number): string => {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(2).replace(/\.?0+$/, '');
};

function scaled(value: number, step: number, units: readonly string[]): string {
  if (value === 0) return '0';
  let index = 0;
  let rest = value;
  while (rest >= step * 0.9995 && index < units.length - 1) {
    rest /= step;
    index++;
  }
  return `${digits(rest)} ${units[index]}`;
}

/** `12.3 µs`, from milliseconds. */
export const duration = (milliseconds: number): string =>
  milliseconds >= 999.5 ? `${digits(milliseconds / 1000)} s` : scaled(milliseconds * 1e6, 1000, ['ns', 'µs', 'ms']);

/** `1.5 MB`; a kB is 1000 bytes. */
export const byteSize = (bytes: number): string => scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB']);

/** `4k` for 4096, as token counts are usually written. */
export const tokenCount = (count: number): string =>
  count >= 1024 && count % 1024 === 0 ? `${count / 1024}k` : String(count);

/** `1.9e-6`, for differences. */
export const tiny = (value: number): string => (value === 0 ? '0' : value.toExponential(1));
