// Each mask as the [T, S] pattern that the package reports for it: with queries and keys of zero every visible score is
// 0 (or ALiBi's term) and every hidden one −∞.
import { attentionSync, Tensor } from '../../dist/index.js';
import { svgDocument, text, theme } from '../../dist/cli/svg/element.js';
import { grid, shade } from '../../dist/cli/svg/grid.js';

const keys = 12;
const integers = (...values) => Tensor.from(Int32Array.from(values), [values.length]);
const everyOther = Tensor.from(
  Uint8Array.from({ length: keys * keys }, (_, index) => ((Math.floor(index / keys) + index) % 2 === 0 ? 1 : 0)),
  [keys, keys],
  'bool',
);

// Falls with the distance from the query; two keys are hidden.
const distanceBias = Tensor.from(
  Float32Array.from({ length: keys * keys }, (_, index) => {
    const [row, column] = [Math.floor(index / keys), index % keys];
    return column === 2 || column === 7 ? Number.NEGATIVE_INFINITY : -0.35 * Math.abs(column - row);
  }),
  [keys, keys],
);

/** Per picture: its queries (12 unless said) and the options that make the pattern. */
const masks = {
  full: { options: {} },
  causal: { options: { causal: true } },
  'causal-last-queries': { queries: 5, options: { causal: true } },
  'causal-first-queries': { queries: 5, options: { causal: true, queryStart: 0 } },
  'window-left': { options: { causal: true, window: { left: 3 } } },
  'window-both': { options: { window: { left: 2, right: 2 } } },
  chunk: { options: { causal: true, chunk: 4 } },
  block: { options: { block: 4 } },
  'kv-lengths': { options: { causal: true, queryStart: 0, kvLengths: integers(8) } },
  'kv-start': { options: { causal: true, kvStart: integers(4) } },
  mask: { options: { mask: everyOther } },
  bias: { options: { bias: distanceBias } },
  alibi: { options: { causal: true, alibiSlopes: Tensor.from(Float32Array.of(0.25), [1]) } },
  'causal-window-padding': { options: { causal: true, window: { left: 5 }, kvStart: integers(2) } },
  'chunk-mask': { options: { causal: true, chunk: 6, mask: everyOther } },
};

function pattern(queries, options) {
  const zeros = (tokens) => Tensor.zeros([1, tokens, 1, 16]);
  const { scores } = attentionSync(zeros(queries), zeros(keys), zeros(keys), { ...options, scores: 'biased' });
  return scores.contiguous().data;
}

function draw({ queries = keys, options }) {
  const scores = pattern(queries, options);
  const cell = 14;
  const [left, top] = [34, 30];
  const style = { 'font-size': theme.size.small, fill: theme.quiet };
  const middle = top + (queries * cell) / 2;
  // e to the score: what a term in the score does to a weight, before the row is normalised.
  const color = (row, column) => {
    const weight = Math.exp(scores[row * keys + column]);
    return weight === 0 ? undefined : shade(0.1 + 0.62 * weight);
  };
  return svgDocument(
    { width: left + keys * cell + 10, height: top + keys * cell + 10, title: 'which keys each query sees' },
    text('keys →', { x: left, y: top - 10, ...style }),
    text('queries →', { x: 20, y: middle, 'text-anchor': 'middle', transform: `rotate(90 20 ${middle})`, ...style }),
    grid({ rows: queries, columns: keys, cell, lines: true, color }, left, top),
  );
}

export const maskPictures = () => Object.fromEntries(Object.entries(masks).map(([name, mask]) => [name, draw(mask)]));
