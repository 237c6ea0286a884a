// One line on stderr, rewritten as long work goes on; nothing at all when stderr is not a terminal.

const columns = (): number => process.stderr.columns || 80;

/** Shows what is being done now. */
export function progress(message: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\u001b[2K${message.slice(0, columns() - 1)}`);
}

/** Clears the line, before anything else is printed. */
export function progressDone(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
}
