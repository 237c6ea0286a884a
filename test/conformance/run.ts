// Finds what computes a case, and compares.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compare } from '../support/compare';
import { type Adapter, type ConformanceCase, NotOffered } from './case';
import { cores } from './cores';
import { onnxOperators } from './onnx';

export interface Verdict {
  name: string;
  /** Why the case fails; empty when it passes. */
  failures: string[];
}

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

export async function runCase(given: ConformanceCase): Promise<Verdict> {
  const verdict: Verdict = { name: given.name, failures: [] };
  try {
    const computed = await adapterFor(given)(given);
    for (const { name, got, want, tolerance } of computed) {
      const { failures, worstElement } = compare(got, want, tolerance);
      if (failures > 0)
        verdict.failures.push(`${name}: ${failures} of ${want.data.length} differ, worst ${worstElement}`);
    }
  } catch (error) {
    verdict.failures.push(error instanceof NotOffered ? error.message : String(error));
  }
  return verdict;
}

/** Every `.safetensors` file below a folder, in order of path. */
export function casesBelow(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? casesBelow(path) : path.endsWith('.safetensors') ? [path] : []));
}
