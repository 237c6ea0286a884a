// Curves over two axes, each curve named at its end instead of in a legend.
import { axis, type Axis, type AxisOptions } from './axis';
import { element, group, type Hue, hues, text, textWidth, theme } from './element';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  /** Written beside the curve's last point; `\n` starts a second line. */
  readonly label: string;
  readonly hue: Hue;
  readonly points: readonly Point[];
  /** Computed rather than measured: drawn dashed and without marks. */
  readonly dashed?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly series: readonly Series[];
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const marks: readonly ((x: number, y: number, color: string) => string)[] = [
  (cx, cy, fill) => element('circle', { cx, cy, r: 4, fill }),
  (x, y, fill) => element('rect', { x: x - 3.6, y: y - 3.6, width: 7.2, height: 7.2, fill }),
  (x, y, fill) => element('path', { d: `M${x} ${y - 5}L${x + 4.8} ${y + 3.6}H${x - 4.8}Z`, fill }),
  (x, y, fill) => element('path', { d: `M${x} ${y - 5}L${x + 5} ${y}L${x} ${y + 5}L${x - 5} ${y}Z`, fill }),
];

function axes(x: Axis, y: Axis, frame: Frame): string {
  const { left, top, width, height } = frame;
  const bottom = top + height;
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
    element('line', { x1, y1, x2, y2, stroke });
  const tickStyle = { 'font-size': theme.size.small, fill: theme.quiet };
  const horizontal = y.ticks.map(({ value, label }) => {
    const at = bottom - y.at(value) * height;
    return (
      line(left, at, left + width, at, theme.grid) +
      text(label, { x: left - 8, y: at + 4, 'text-anchor': 'end', ...tickStyle })
    );
  });
  const vertical = x.ticks.map(({ value, label }) => {
    const at = left + x.at(value) * width;
    return (
      line(at, top, at, bottom, theme.grid) +
      text(label, { x: at, y: bottom + 18, 'text-anchor': 'middle', ...tickStyle })
    );
  });
  return [
    ...horizontal,
    ...vertical,
    line(left, bottom, left + width, bottom, theme.quiet),
    line(left, top, left, bottom, theme.quiet),
    text(x.label, { x: left + width / 2, y: bottom + 38, 'text-anchor': 'middle' }),
  ].join('');
}

interface Label {
  readonly text: string;
  readonly color: string;
  readonly wanted: number;
  readonly height: number;
  readonly line: string;
  top: number;
}

/** Between a plot's right edge and the labels of its curves. */
const leaderRoom = 24;

// Labels keep their order and move apart just enough not to overlap.
function placeLabels(labels: readonly Label[], frame: Frame): void {
  const sorted = [...labels].sort((a, b) => a.wanted - b.wanted);
  let free = frame.top - 10;
  for (const label of sorted) {
    label.top = Math.max(label.wanted - label.height / 2, free);
    free = label.top + label.height + 4;
  }
  let limit = frame.top + frame.height + 10;
  for (const label of sorted.reverse()) {
    label.top = Math.min(label.top, limit - label.height);
    limit = label.top - 4;
  }
}

function endLabels(series: readonly Series[], toY: (value: number) => number, frame: Frame): string {
  const labels = series.map(({ label, hue, points }) => {
    const height = label.split('\n').length * theme.size.text * theme.lineHeight;
    return { text: label, color: hue.text, line: hue.line, wanted: toY(points[points.length - 1]!.y), height, top: 0 };
  });
  placeLabels(labels, frame);
  const right = frame.left + frame.width;
  return labels
    .map(({ text: content, color, line, wanted, top, height }) => {
      // Where labels had to move apart, a thin line leads from the curve to its own.
      const middle = top + height / 2;
      const leader = { x1: right + 7, y1: wanted, x2: right + leaderRoom - 3, y2: middle, stroke: line };
      return (
        (Math.abs(middle - wanted) > height / 2 ? element('line', leader) : '') +
        text(content, { x: right + leaderRoom, y: top + theme.size.text, fill: color, 'font-weight': 600 })
      );
    })
    .join('');
}

/** Draws a chart into the given box; the room right of the plot is as wide as its labels. */
export function lineChart(chart: LineChart, box: { x: number; y: number; width: number; height: number }): string {
  const { series } = chart;
  const points = series.flatMap((one) => one.points);
  const x = axis(
    chart.x,
    points.map((point) => point.x),
  );
  const y = axis(
    chart.y,
    points.map((point) => point.y),
  );
  const labelRoom = Math.max(...series.map(({ label }) => textWidth(label, theme.size.text) * 1.06)) + leaderRoom;
  const tickRoom = Math.max(...y.ticks.map(({ label }) => textWidth(label, theme.size.small))) + 16;
  const head = chart.subtitle ? 78 : 60;
  const frame: Frame = {
    left: box.x + tickRoom,
    top: box.y + head,
    width: box.width - tickRoom - labelRoom,
    height: box.height - head - 48,
  };
  const toX = (value: number): number => frame.left + x.at(value) * frame.width;
  const toY = (value: number): number => frame.top + (1 - y.at(value)) * frame.height;
  // A hue keeps its mark in every chart.
  const order = Object.values(hues) as readonly Hue[];
  const curves = series.map(({ hue, points: curve, dashed }) => {
    const path = curve.map((point) => `${toX(point.x).toFixed(2)},${toY(point.y).toFixed(2)}`).join(' ');
    const mark = marks[order.indexOf(hue) % marks.length]!;
    return group(
      {},
      element('polyline', {
        points: path,
        fill: 'none',
        stroke: hue.line,
        'stroke-width': 2.5,
        'stroke-linejoin': 'round',
        'stroke-dasharray': dashed ? '7 5' : undefined,
      }),
      ...(dashed ? [] : curve.map((point) => mark(toX(point.x), toY(point.y), hue.line))),
    );
  });
  return group(
    {},
    text(chart.title, { x: box.x, y: box.y + 18, 'font-size': theme.size.title, 'font-weight': 600 }),
    chart.subtitle ? text(chart.subtitle, { x: box.x, y: box.y + 38, fill: theme.quiet }) : '',
    text(chart.y.label, { x: box.x, y: frame.top - 14, fill: theme.ink }),
    axes(x, y, frame),
    ...curves,
    endLabels(series, toY, frame),
  );
}
