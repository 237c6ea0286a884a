// Makes a clone ready to run: installs what package-lock.json asks for, compiles the addon and the library. What is up
// to date is left alone, so every command that needs a build starts with this. Imports nothing from node_modules.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { addonUpToDate, buildAddon } from './setup/addon.mjs';
import { installPackages } from './setup/packages.mjs';
import { SetupError, root, run, stampOf, upToDate, writeStamp } from './setup/steps.mjs';
import { checkNode, checkTools } from './setup/tools.mjs';

const quiet = process.argv.includes('--quiet') || process.argv.includes('--silent');
const say = quiet ? () => {} : (text) => console.error(text);

function compileLibrary() {
  const stampFile = join(root, 'dist/.stamp');
  const stamp = stampOf(['lib', 'tsconfig.json', 'package-lock.json']);
  if (upToDate(stampFile, stamp) && existsSync(join(root, 'dist/index.js'))) return;
  say('setup: compiling the library');
  run(process.execPath, ['node_modules/typescript/bin/tsc'], 'the TypeScript library does not compile');
  writeStamp(stampFile, stamp);
}

try {
  checkNode();
  if (!addonUpToDate()) checkTools(); // before minutes go into installing packages
  installPackages(say);
  buildAddon(say);
  compileLibrary();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exit(1);
}
