// Time and memory against sequence length, both attentions side by side.
import type { CostRow } from './cost-step';
import { byteSize, duration, tokenCount } from '../terminal/quantities';
import type { AxisOptions } from '../svg/axis';
import { hues, svgDocument, text, theme } from '../svg/element';
import { lineChart, type Point } from '../svg/line-chart';

const lengthAxis: AxisOptions = { label: 'tokens in the sequence, n', kind: 'log', base: 2, format: tokenCount };

export function costCharts(rows: readonly CostRow[], conditions: string): string {
  const curve = (pick: (row: CostRow) => number): Point[] => rows.map((row) => ({ x: row.tokens, y: pick(row) }));
  const [width, height] = [1000, 470];
  const last = rows[rows.length - 1]!;
  const time = lineChart(
    {
      title: 'Time of one call',
      x: lengthAxis,
      y: { label: 'time (logarithmic)', kind: 'log', format: duration },
      series: [
        {
          label: `softmax ∝ n²\n${duration(last.softmaxTime)}`,
          hue: hues.vermillion,
          points: curve((row) => row.softmaxTime),
        },
        { label: `linear ∝ n\n${duration(last.linearTime)}`, hue: hues.blue, points: curve((row) => row.linearTime) },
      ],
    },
    { x: 24, y: 76, width: 440, height: height - 92 },
  );
  const memory = lineChart(
    {
      title: 'Memory',
      x: lengthAxis,
      y: { label: 'bytes (logarithmic)', kind: 'log', format: byteSize },
      series: [
        {
          label: `all weights ∝ n²,\nnever stored`,
          hue: hues.grey,
          dashed: true,
          points: curve((row) => row.weightBytes),
        },
        {
          label: `softmax: keys and\nvalues ∝ n, ${byteSize(last.cacheBytes)}`,
          hue: hues.vermillion,
          points: curve((row) => row.cacheBytes),
        },
        {
          label: `linear: state,\nalways ${byteSize(last.stateBytes)}`,
          hue: hues.blue,
          points: curve((row) => row.stateBytes),
        },
      ],
    },
    { x: 500, y: 76, width: 480, height: height - 92 },
  );
  const title = 'Softmax attention is quadratic, linear attention is linear';
  return svgDocument(
    { width, height, title: `${title}: time and memory against sequence length` },
    text(title, { x: 24, y: 36, 'font-size': theme.size.title + 2, 'font-weight': 600 }),
    text(conditions, { x: 24, y: 58, 'font-size': theme.size.subtitle, fill: theme.quiet }),
    time,
    memory,
  );
}
