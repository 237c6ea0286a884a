// The package as its users have it: the built dist, loaded once.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { SetupError, root } from '../setup/steps.mjs';

export function loadLibrary() {
  const entry = join(root, 'dist/index.js');
  if (!existsSync(entry)) throw new SetupError('the package is not built; npm run build does that');
  return createRequire(import.meta.url)(entry);
}

// Kernels come in order of preference: the first of each operation, form and type is the one to run.
const firstOfEach = (kernels) => {
  const firsts = new Map();
  for (const { id, op, form, dtype } of kernels) {
    const key = `${op}.${form}.${dtype}`;
    if (!firsts.has(key)) firsts.set(key, id);
  }
  return [...firsts.values()];
};

/** What a reader needs to know about where numbers come from. */
export function machine(lib) {
  const { isa, threads, version, kernels } = lib.info();
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? process.arch,
    cores: processors.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    isa,
    threads,
    preferred: firstOfEach(kernels),
    system: `${process.platform}-${process.arch} ${release().split('.').slice(0, 2).join('.')}`,
    node: process.versions.node,
    version,
  };
}
