// Installs node_modules when they differ from package-lock.json.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './steps.mjs';

const packagesIn = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

// npm keeps its own account of the installed tree. Optional packages of other platforms are rightly absent from it.
function installed() {
  const account = 'node_modules/.package-lock.json';
  if (!existsSync(join(root, account))) return false;
  const present = packagesIn(account);
  return Object.entries(packagesIn('package-lock.json')).every(
    ([path, { version, optional }]) => path === '' || optional || present[path]?.version === version,
  );
}

export function installPackages(say) {
  if (installed()) return;
  say('setup: installing packages');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  run(
    npm[0],
    [...npm.slice(1), 'ci', '--no-audit', '--no-fund'],
    'npm ci failed; the packages above could not be installed',
  );
}
