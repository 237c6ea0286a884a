// Runs the test suite under other major versions of Node. Their binaries come as npm packages without install scripts.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { root } from './setup/steps.mjs';

const majors = ['22', '24'];
const current = process.versions.node.split('.')[0];

function install(major) {
  const folder = join(root, 'node_modules/.cache/node-versions', major);
  const name = `node-${process.platform}-${process.arch}`;
  const binary = join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', `${name}@${major}`];
  const { status } = spawnSync(npm[0], [...npm.slice(1), ...args], { cwd: folder, stdio: 'inherit' });
  if (status !== 0 || !existsSync(binary)) {
    console.error(`test:node-versions: ${name}@${major} could not be installed`);
    process.exit(1);
  }
  return binary;
}

for (const major of majors.filter((version) => version !== current)) {
  const binary = install(major);
  const version = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim();
  console.log(`tests under Node ${version}`);
  const args = ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)];
  const { status } = spawnSync(binary, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`test:node-versions: the tests fail under Node ${version}`);
    process.exit(1);
  }
}
