// Bytes kept and time per token while a session grows.
import type { DecodeRow } from './decode-step';
import { byteSize, duration, tokenCount } from '../terminal/quantities';
import type { AxisOptions } from '../svg/axis';
import { hues, svgDocument, text, theme } from '../svg/element';
import { lineChart, type Point } from '../svg/line-chart';

export function decodeCharts(rows: readonly DecodeRow[], conditions: string): string {
  const curve = (pick: (row: DecodeRow) => number): Point[] => rows.map((row) => ({ x: row.tokens, y: pick(row) }));
  const [width, height] = [1000, 470];
  const last = rows[rows.length - 1]!;
  const sessionAxis: AxisOptions = {
    label: 'tokens decoded so far',
    kind: 'linear',
    format: tokenCount,
    step: last.tokens / 4,
    include: [0],
  };
  const bytes = lineChart(
    {
      title: 'Memory that the session keeps',
      x: sessionAxis,
      y: { label: 'bytes', kind: 'linear', format: byteSize, include: [0] },
      series: [
        {
          label: `softmax: keys\nand values,\n${byteSize(last.cacheBytes)}`,
          hue: hues.vermillion,
          points: curve((row) => row.cacheBytes),
        },
        {
          label: `linear: state,\n${byteSize(last.stateBytes)}`,
          hue: hues.blue,
          points: curve((row) => row.stateBytes),
        },
      ],
    },
    { x: 24, y: 76, width: 460, height: height - 92 },
  );
  const time = lineChart(
    {
      title: 'Time for the next token',
      x: sessionAxis,
      y: { label: 'time', kind: 'linear', format: duration, include: [0] },
      series: [
        {
          label: `softmax\n${duration(last.softmaxTime)}`,
          hue: hues.vermillion,
          points: curve((row) => row.softmaxTime),
        },
        { label: `linear\n${duration(last.linearTime)}`, hue: hues.blue, points: curve((row) => row.linearTime) },
      ],
    },
    { x: 516, y: 76, width: 460, height: height - 92 },
  );
  const title = 'A softmax session grows, a linear one does not';
  return svgDocument(
    { width, height, title: `${title}: bytes kept and time per token` },
    text(title, { x: 24, y: 36, 'font-size': theme.size.title + 2, 'font-weight': 600 }),
    text(conditions, { x: 24, y: 58, 'font-size': theme.size.subtitle, fill: theme.quiet }),
    bytes,
    time,
  );
}
