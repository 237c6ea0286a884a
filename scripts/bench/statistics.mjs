// Medians, and numbers as the tables print them.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Round by round, so that both sides of each ratio were measured under the same load. */
export const medianRatio = (above, below) =>
  median(Array.from({ length: Math.min(above.length, below.length) }, (_, round) => above[round] / below[round]));

/** Distance from the median that half the rounds stay within, as a share of it: how far the numbers can be trusted. */
export function spread(values) {
  const centre = median(values);
  return median(values.map((value) => Math.abs(value - centre))) / centre;
}

export const significant = (value, digits = 3) => {
  if (!Number.isFinite(value)) return '–';
  const decimals = value === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(decimals, 6));
};

export const percent = (share) => (Number.isFinite(share) ? `${Math.round(share * 100)} %` : '–');

export function duration(ms) {
  if (ms < 1) return `${significant(ms * 1000)} µs`;
  return ms < 1000 ? `${significant(ms)} ms` : `${significant(ms / 1000)} s`;
}
