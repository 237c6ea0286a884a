import { statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { ConformanceCase } from './case';
import { cores } from './cores';
import { casesBelow, runCase } from './run';

const folder = join(__dirname, 'cases');
const paths = casesBelow(folder);

it.each(paths.map((path) => [relative(folder, path).replace('.safetensors', ''), path]))('%s', async (_, path) => {
  expect(await runCase(path)).toEqual([]);
});

it('has a case of every kind of layer core in less than 10 MB', () => {
  const kinds = paths.map((path) => new ConformanceCase(path).metadata['kind']).filter((kind) => kind !== undefined);
  expect([...new Set(kinds)].sort()).toEqual(Object.keys(cores).sort());
  expect(paths.reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThan(10e6);
});
