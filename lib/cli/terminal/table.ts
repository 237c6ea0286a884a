// Plain text for 80 columns: tables, headings, folded sentences.

export interface Column {
  readonly name: string;
  readonly align?: 'left' | 'right';
}

/** Columns as wide as their widest cell, two spaces apart. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ name }, index) =>
    Math.max(name.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        columns[index]?.align === 'right' ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width, index) => (columns[index]!.name === '' ? '' : '-'.repeat(width)));
  return [line(columns.map(({ name }) => name)), line(rule), ...rows.map(line)].join('\n');
}

/** Breaks a sentence at spaces so that it fits, each line indented. */
export function fold(sentence: string, indent = '', width = 80): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of sentence.split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line += line.length > indent.length ? ` ${word}` : word;
    }
  }
  return [...lines, line].join('\n');
}

export const indent = (block: string, by = '  '): string => block.replace(/^(?=.)/gm, by);
