// A matrix as coloured cells, with names along its sides.
import { element, group, text, textWidth, theme } from './element';

/** From white to dark blue through one hue, darker for more: it reads in grey and with any colour vision. */
const ramp = [
  [255, 255, 255],
  [222, 235, 247],
  [158, 202, 225],
  [66, 146, 198],
  [8, 81, 156],
  [8, 48, 107],
] as const;

export function shade(fraction: number): string {
  const at = Math.min(Math.max(fraction, 0), 1) * (ramp.length - 1);
  const index = Math.min(Math.floor(at), ramp.length - 2);
  const [from, to] = [ramp[index]!, ramp[index + 1]!];
  const mixed = from.map((channel, c) => Math.round(channel + (to[c]! - channel) * (at - index)));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

export interface Grid {
  /** Colour of a cell; nothing leaves the ground visible. */
  readonly color: (row: number, column: number) => string | undefined;
  readonly rows: number;
  readonly columns: number;
  readonly cell: number;
  readonly rowNames?: readonly string[];
  readonly columnNames?: readonly string[];
  /** Lines between all cells, for patterns; a frame alone where the shades speak. */
  readonly lines?: boolean;
}

/** Draws the cells with their top left corner at x, y; names stand left of and above them. */
export function grid({ color, rows, columns, cell, rowNames, columnNames, lines }: Grid, x: number, y: number): string {
  const cells: string[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const fill = color(row, column);
      if (fill === undefined || fill === '#ffffff') continue;
      cells.push(element('rect', { x: x + column * cell, y: y + row * cell, width: cell, height: cell, fill }));
    }
  }
  const strokes: string[] = [];
  if (lines) {
    for (let row = 1; row < rows; row++) strokes.push(`M${x} ${y + row * cell}h${columns * cell}`);
    for (let column = 1; column < columns; column++) strokes.push(`M${x + column * cell} ${y}v${rows * cell}`);
  }
  return group(
    {},
    ...cells,
    strokes.length > 0 ? element('path', { d: strokes.join(''), stroke: theme.grid, fill: 'none' }) : '',
    element('rect', { x, y, width: columns * cell, height: rows * cell, fill: 'none', stroke: theme.quiet }),
    ...(rowNames ?? []).map((name, row) =>
      text(name, { x: x - 8, y: y + (row + 0.5) * cell + 4.5, 'text-anchor': 'end' }),
    ),
    ...(columnNames ?? []).map((name, column) => {
      const [left, top] = [x + (column + 0.5) * cell + 4, y - 8];
      return text(name, { x: left, y: top, transform: `rotate(-45 ${left} ${top})` });
    }),
  );
}

/** A bar that says what the shades mean, with its lowest and highest value below. */
export function shadeBar({ x, y, width, low, high, label }: ShadeBar): string {
  const steps = 48;
  const bars = Array.from({ length: steps }, (_, index) =>
    element('rect', {
      x: x + (index * width) / steps,
      y,
      width: width / steps + 0.5,
      height: 12,
      fill: shade(index / (steps - 1)),
    }),
  );
  const style = { 'font-size': theme.size.small, fill: theme.quiet };
  return group(
    {},
    ...bars,
    element('rect', { x, y, width, height: 12, fill: 'none', stroke: theme.quiet }),
    text(low, { x, y: y + 28, ...style }),
    text(high, { x: x + width, y: y + 28, 'text-anchor': 'end', ...style }),
    text(label, { x: x + width / 2, y: y - 8, 'text-anchor': 'middle', 'font-size': theme.size.small }),
  );
}

export interface ShadeBar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly low: string;
  readonly high: string;
  readonly label: string;
}

/** Room that names along the left side take. */
export const nameWidth = (names: readonly string[]): number =>
  Math.max(...names.map((name) => textWidth(name, theme.size.text))) + 12;
