import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { ConformanceCase } from './case';
import { casesBelow, runCase } from './run';

const folder = join(__dirname, 'cases');

it.each(casesBelow(folder).map((path) => [relative(folder, path).replace('.safetensors', ''), path]))(
  '%s',
  async (_, path) => {
    expect((await runCase(new ConformanceCase(path))).failures).toEqual([]);
  },
);
