// How each update rule forgets: in a state that many tokens have filled, a value is stored under a key; other tokens
// follow, and the same key reads it back.
import { attentionSync, linearAttentionSync, Tensor } from '../../dist/index.js';
import { hues, svgDocument, text, theme } from '../../dist/cli/svg/element.js';
import { lineChart } from '../../dist/cli/svg/line-chart.js';

const dim = 64;
const heads = 256; // as many independent trials
const before = 256; // tokens that fill the state
const distances = 129;
const tokens = before + distances;

// Normally distributed numbers, the same in every run.
function generator(seed) {
  let state = seed;
  const even = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(even())) * Math.cos(2 * Math.PI * even());
}

/** Vectors of length 1, `[1, tokens, heads, dim]`. */
function directions(seed) {
  const normal = generator(seed);
  const data = new Float32Array(tokens * heads * dim);
  for (let start = 0; start < data.length; start += dim) {
    const vector = Float64Array.from({ length: dim }, normal);
    const length = Math.hypot(...vector);
    for (let c = 0; c < dim; c++) data[start + c] = vector[c] / length;
  }
  return data;
}

const keys = directions(1);
const values = directions(2);
const wrap = (data) => Tensor.from(data, [1, tokens, heads, dim]);

// Every query is the key of the token in the middle.
const queries = new Float32Array(keys.length);
for (let t = 0; t < tokens; t++) {
  queries.set(keys.subarray(before * heads * dim, (before + 1) * heads * dim), t * heads * dim);
}

const constant = (value) => Tensor.from(new Float32Array(tokens * heads).fill(value), [1, tokens, heads]);
const decay = constant(Math.log(0.98));
const beta = constant(1);
// What the channels of a key keep of it per token: 0.9 in the first, 0.999 in the last.
const channelDecay = wrap(
  Float32Array.from({ length: keys.length }, (_, index) => -0.1 * 0.01 ** ((index % dim) / (dim - 1))),
);
const times = (factor) => wrap(keys.map((value) => factor * value));

const rules = [
  { label: 'softmax', hue: hues.grey, run: (q, k, v) => attentionSync(q, k, v, { causal: true, scale: 12 }) },
  { label: 'linear', hue: hues.orange, options: {} },
  { label: 'delta', hue: hues.blue, options: { updateRule: 'delta', beta } },
  { label: 'gated, 0.98', hue: hues.vermillion, options: { updateRule: 'gated', decay } },
  {
    label: 'gated per channel,\n0.9 to 0.999',
    hue: hues.purple,
    options: { updateRule: 'gated', decay: channelDecay },
  },
  { label: 'gated delta, 0.98', hue: hues.green, options: { updateRule: 'gated_delta', decay, beta } },
  {
    label: 'generalized delta:\nper channel, erases half',
    hue: hues.sky,
    options: { updateRule: 'generalized_delta', decay: channelDecay, a: times(-1), b: times(0.5) },
  },
];

/** By distance: how much of the value the answer holds, and how far the answer is from it. */
function readBack(out) {
  const strength = [];
  const error = [];
  for (let t = before; t < tokens; t++) {
    let [along, apart] = [0, 0];
    for (let h = 0; h < heads; h++) {
      let square = 0;
      for (let c = 0; c < dim; c++) {
        const [answer, stored] = [out[(t * heads + h) * dim + c], values[(before * heads + h) * dim + c]];
        along += answer * stored;
        square += (answer - stored) ** 2;
      }
      apart += Math.sqrt(square);
    }
    strength.push(along / heads);
    error.push(apart / heads);
  }
  return { strength, error };
}

export function forgettingPicture() {
  const curves = rules.map(({ label, hue, options, run }) => {
    const [q, k, v] = [wrap(queries), wrap(keys), wrap(values)];
    const { out } = run ? run(q, k, v) : linearAttentionSync(q, k, v, { ...options, scale: 1 });
    return { label, hue, ...readBack(out.contiguous().data) };
  });
  const marked = Array.from({ length: distances }, (_, t) => t).filter((t) => t % 8 === 0);
  const series = (pick) =>
    curves.map(({ label, hue, ...rest }) => ({ label, hue, points: marked.map((t) => ({ x: t, y: rest[pick][t] })) }));
  const x = { label: 'tokens since it was stored', kind: 'linear', format: String, step: 32, include: [0] };
  const [width, height] = [1100, 560];
  const box = (left) => ({ x: left, y: 86, width: 520, height: height - 98 });
  const title = 'What is left of a stored value';
  return svgDocument(
    { width, height, title },
    text(title, { x: 24, y: 36, 'font-size': theme.size.title + 2, 'font-weight': 600 }),
    text(`Random keys and values of dim ${dim}; ${before} tokens came before it. Mean of ${heads} trials.`, {
      x: 24,
      y: 58,
      'font-size': theme.size.subtitle,
      fill: theme.quiet,
    }),
    lineChart(
      {
        title: 'Strength: how much of it the answer holds',
        x,
        y: { label: 'share of the stored value', kind: 'linear', format: (value) => value.toFixed(1), include: [0, 1] },
        series: series('strength'),
      },
      box(24),
    ),
    lineChart(
      {
        title: 'Error: what other values add to it',
        x,
        y: {
          label: 'distance of the answer from the stored value',
          kind: 'linear',
          format: (value) => value.toFixed(1),
          include: [0],
        },
        series: series('error'),
      },
      box(560),
    ),
  );
}
