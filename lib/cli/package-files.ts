// Files of the installed package that the commands read. Both lib/cli and dist/cli lie two folders below its root.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const packageRoot = resolve(__dirname, '..', '..');

export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;

/** A file of examples/data. */
export const exampleData = (name: string): string => join(packageRoot, 'examples', 'data', name);
