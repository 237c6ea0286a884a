// Plain text and Markdown tables.

const width = (text) => [...text].length;

/** Columns are { title, of(row), right? }. */
export function textTable(rows, columns) {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ of }) => String(of(row) ?? ''))),
  ];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => width(line[at]))));
  const line = (texts) =>
    texts
      .map((text, at) => {
        const space = ' '.repeat(widths[at] - width(text));
        return columns[at].right ? space + text : text + space;
      })
      .join('  ')
      .trimEnd();
  return [line(cells[0]), line(widths.map((count) => '─'.repeat(count))), ...cells.slice(1).map(line)].join('\n');
}

export function markdownTable(rows, columns) {
  const line = (texts) => `| ${texts.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ right }) => (right ? '--:' : '---'))),
    ...rows.map((row) => line(columns.map(({ of }) => String(of(row) ?? '').replaceAll('|', '\\|')))),
  ].join('\n');
}
