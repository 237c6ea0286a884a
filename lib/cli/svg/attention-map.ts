// Attention weights of one head over the words of a sentence, with one word's row picked out.
import { element, group, hues, svgDocument, text, theme } from './element';
import { grid, nameWidth, shade, shadeBar } from './grid';

export interface AttentionMap {
  readonly title: string;
  readonly subtitle: string;
  readonly names: readonly string[];
  /** `[query][key]`, each row adding up to 1. */
  readonly weights: readonly (readonly number[])[];
  /** The row to pick out. */
  readonly query: number;
}

const cell = 30;

// The picked row again as bars: lengths compare better than shades.
function rowBars({ names, weights, query }: AttentionMap, x: number, y: number): string {
  const width = 150;
  const row = weights[query]!;
  const labels = nameWidth(names);
  return group(
    {},
    text(`Where "${names[query]}" looks`, { x, y: 94, 'font-weight': 600, fill: hues.vermillion.text }),
    ...row.map((weight, key) => {
      const top = y + key * cell;
      const strongest = weight === Math.max(...row);
      return group(
        {},
        text(names[key]!, { x: x + labels - 8, y: top + cell / 2 + 4.5, 'text-anchor': 'end' }),
        element('rect', {
          x: x + labels,
          y: top + 6,
          width: Math.max(weight * width, 1),
          height: cell - 12,
          fill: strongest ? hues.vermillion.line : hues.blue.line,
        }),
        text(weight.toFixed(2), {
          x: x + labels + weight * width + 8,
          y: top + cell / 2 + 4.5,
          fill: theme.quiet,
          'font-weight': strongest ? 600 : undefined,
        }),
      );
    }),
  );
}

export function attentionMap(map: AttentionMap): string {
  const { names, weights, query, title, subtitle } = map;
  const size = names.length * cell;
  const left = 24 + nameWidth(names) + 20;
  const top = 190;
  const barsAt = left + size + 56;
  const width = barsAt + nameWidth(names) + 150 + 40;
  return svgDocument(
    { width, height: top + size + 76, title: `${title}. ${subtitle}` },
    text(title, { x: 24, y: 36, 'font-size': theme.size.title + 2, 'font-weight': 600 }),
    text(subtitle, { x: 24, y: 60, 'font-size': theme.size.subtitle, fill: theme.quiet }),
    text('Each word (row) looks at words (columns)', { x: 24, y: 94, 'font-weight': 600 }),
    grid(
      {
        rows: names.length,
        columns: names.length,
        cell,
        rowNames: names,
        columnNames: names,
        color: (row, column) => shade(weights[row]![column]!),
      },
      left,
      top,
    ),
    element('rect', {
      x: left - 3,
      y: top + query * cell - 1,
      width: size + 6,
      height: cell + 2,
      fill: 'none',
      stroke: hues.vermillion.line,
      'stroke-width': 3,
      rx: 3,
    }),
    rowBars(map, barsAt, top),
    text('[CLS] and [SEP] mark\nwhere the text starts and ends.', {
      x: barsAt,
      y: top + size + 40,
      'font-size': theme.size.small,
      fill: theme.quiet,
    }),
    shadeBar({
      x: left,
      y: top + size + 36,
      width: 240,
      low: '0',
      high: '1',
      label: 'attention weight (each row adds up to 1)',
    }),
  );
}
