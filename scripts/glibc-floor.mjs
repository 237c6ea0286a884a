// The oldest glibc that a binary runs on, read from the symbol versions it asks for. The floor that the package
// promises is stated once: config.glibc in package.json.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SetupError } from './setup/steps.mjs';

export const statedFloor = () =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).config.glibc;

export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function dynamicSymbols(file) {
  const { error, status, stdout } = spawnSync('objdump', ['-T', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (error || status !== 0) throw new SetupError('reading symbol versions needs objdump (binutils)');
  return stdout;
}

export function glibcFloor(file) {
  const versions = [...dynamicSymbols(file).matchAll(/\bGLIBC_(\d+(?:\.\d+)+)/g)].map(([, version]) => version);
  return versions.sort(compareVersions).at(-1);
}

/** Versioned symbols of the C++ runtime that the binary still asks the system for; linked in, so there are none. */
export const sharedRuntimeSymbols = (file) => dynamicSymbols(file).match(/\b(GLIBCXX|CXXABI)_[\d.]+/g) ?? [];
