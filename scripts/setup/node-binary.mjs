// Other builds of Node, taken from the npm packages that carry the official binaries and run no install script.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './steps.mjs';

export function nodeBinary(major, arch = process.arch) {
  const name = `node-${process.platform}-${arch}`;
  const folder = join(root, 'node_modules/.cache/node', `${name}-${major}`);
  const binary = join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  // npm refuses a package for another processor unless it is forced.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', `--cpu=${arch}`, '--force'];
  run(npm[0], [...npm.slice(1), 'install', ...options, `${name}@${major}`], `${name}@${major} could not be installed`, {
    cwd: folder,
  });
  return binary;
}
