import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Constraint {
  excludes?: [string, string];
  needs?: [string, string];
  when?: Record<string, unknown>;
  forbid?: string[];
  require?: Record<string, unknown>;
  reason?: string;
}

export interface Schema {
  op: string;
  options: { name: string; default?: unknown }[];
  variants?: { on: string; cases: Record<string, { require?: string[]; forbid?: string[] }> };
  constraints?: Constraint[];
  refused?: { options: string[]; reason: string }[];
}

/** The tests also run from where they are compiled to, somewhere below the project. */
function projectRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'native/schema'))) folder = dirname(folder);
  return folder;
}

export const readSchema = (op: string): Schema =>
  JSON.parse(readFileSync(join(projectRoot(), `native/schema/${op}.json`), 'utf8')) as Schema;

/** Options of the same function that the operation does not take, with its reasons. */
export const refusedOptions = (op: string): (readonly [name: string, reason: string])[] =>
  (readSchema(op).refused ?? []).flatMap(({ options, reason }) => options.map((name) => [name, reason] as const));

export interface ExcludedPair {
  pair: [string, string];
  reason: string;
}

/** Options that the schema refuses together, with the reason it gives. */
export const excludedPairs = (op: string): ExcludedPair[] =>
  (readSchema(op).constraints ?? []).flatMap(({ excludes, reason }) =>
    excludes ? [{ pair: excludes, reason: reason ?? '' }] : [],
  );
