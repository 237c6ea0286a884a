// Time against sequence length, measured on this machine.
import { cpus } from 'node:os';
import { attention, info } from '../../dist/index.js';
import { costCharts } from '../../dist/cli/demo/cost-charts.js';
import { measureCost } from '../../dist/cli/demo/cost-step.js';
import { fastestTime } from '../../dist/cli/measure.js';
import { randomTensor } from '../../dist/cli/numbers/random.js';
import { hues, svgDocument } from '../../dist/cli/svg/element.js';
import { lineChart } from '../../dist/cli/svg/line-chart.js';
import { duration, tokenCount } from '../../dist/cli/terminal/quantities.js';

const [heads, dim] = [8, 64];
const lengths = [512, 1024, 2048, 4096, 8192, 16384];
// Several sweeps over all lengths, so that a load that comes and goes bends no single point.
const sweeps = 4;
const effort = { enough: 250, rounds: 20 };
const { isa, threads } = info();
const conditions = `${heads} heads of dim ${dim}, f32, ${cpus()[0].model.trim()}, ${isa}, ${threads} threads`;

export async function maskTimePicture() {
  const window = 512;
  const curves = [
    { name: 'full', hue: hues.vermillion, options: {}, points: [] },
    { name: 'causal', hue: hues.purple, options: { causal: true }, points: [] },
    {
      name: `causal, window ${window}`,
      hue: hues.blue,
      options: { causal: true, window: { left: window - 1 } },
      points: [],
    },
  ];
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const [index, tokens] of lengths.entries()) {
      const [q, k, v] = [1, 2, 3].map((seed) => randomTensor([1, tokens, heads, dim], seed));
      for (const { options, points } of curves) {
        const time = await fastestTime(() => attention(q, k, v, options), effort);
        points[index] = { x: tokens, y: Math.min(time, points[index]?.y ?? time) };
      }
      for (const tensor of [q, k, v]) tensor.dispose();
    }
  }
  const title = 'Time of softmax attention by mask';
  const [width, height] = [760, 430];
  const chart = lineChart(
    {
      title,
      subtitle: conditions,
      x: { label: 'tokens in the sequence, n', kind: 'log', base: 2, format: tokenCount },
      y: { label: 'time of one call (logarithmic)', kind: 'log', format: duration },
      series: curves.map(({ name, hue, points }) => ({
        label: `${name}\n${duration(points.at(-1).y)}`,
        hue,
        points,
      })),
    },
    { x: 24, y: 20, width: width - 40, height: height - 28 },
  );
  return svgDocument({ width, height, title }, chart);
}

export async function linearCostPicture() {
  const rows = [];
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const [index, tokens] of [256, ...lengths].entries()) {
      const row = await measureCost(tokens, effort);
      const best = rows[index] ?? row;
      rows[index] = {
        ...row,
        softmaxTime: Math.min(row.softmaxTime, best.softmaxTime),
        linearTime: Math.min(row.linearTime, best.linearTime),
      };
    }
  }
  return costCharts(rows, `${conditions}, causal; linear attention is elu + 1`);
}
