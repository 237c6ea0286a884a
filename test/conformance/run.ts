// Finds what computes a case, and compares.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compare } from '../support/compare';
import { type Adapter, ConformanceCase, NotOffered } from './case';
import { cores } from './cores';
import { onnxOperators } from './onnx';

function adapterFor(given: ConformanceCase): Adapter {
  if (given.op === 'layer') {
    const kind = given.metadata['kind'] ?? '';
    const adapter = cores[kind];
    if (!adapter) throw new NotOffered(`layer cores of kind ${kind} are not offered`);
    return adapter;
  }
  const adapter = onnxOperators[given.op];
  if (!adapter) throw new NotOffered(`operator ${given.op} is not offered`);
  return adapter;
}

/** Why the case in a file fails, a file that cannot be read included; empty when it passes. */
export async function runCase(path: string): Promise<string[]> {
  const found: string[] = [];
  try {
    const given = new ConformanceCase(path);
    const computed = await adapterFor(given)(given);
    for (const { name, got, want, tolerance } of computed) {
      const { failures, worstElement } = compare(got, want, tolerance);
      if (failures > 0) found.push(`${name}: ${failures} of ${want.data.length} differ, worst ${worstElement}`);
    }
  } catch (error) {
    found.push(error instanceof NotOffered ? error.message : String(error));
  }
  return found;
}

/** Every `.safetensors` file below a folder, in order of path. */
export function casesBelow(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? casesBelow(path) : path.endsWith('.safetensors') ? [path] : []));
}
