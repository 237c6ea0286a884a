// Makes prebuilds/<platform>-<arch>/hybrid-attention.<libc>.node: what the published package carries.
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { glibcFloor, statedFloor } from './glibc-floor.mjs';
import { addonFile, addonStamp, gypEnvironment, recordAddon } from './setup/addon.mjs';
import { SetupError, root, run, writeStamp } from './setup/steps.mjs';

const folder = join(root, 'prebuilds', `${process.platform}-${process.arch}`);

try {
  const stamp = addonStamp();
  rmSync(folder, { recursive: true, force: true });
  const prebuildify = join(root, 'node_modules/prebuildify/bin.js');
  const args = [prebuildify, '--napi', '--strip', '--tag-libc', `--target=${process.versions.node}`];
  run(process.execPath, args, 'prebuildify failed', { env: gypEnvironment() });
  const [name] = readdirSync(folder).filter((file) => file.endsWith('.node'));
  const prebuild = join(folder, name);
  // prebuildify moves the file out of build/Release; putting it back keeps the local build up to date.
  mkdirSync(dirname(addonFile), { recursive: true });
  copyFileSync(prebuild, addonFile);
  recordAddon(stamp);
  writeStamp(join(folder, '.stamp'), stamp);
  if (process.platform === 'linux') {
    const needed = glibcFloor(prebuild);
    console.log(
      `${prebuild.slice(root.length)} needs glibc ${needed ?? '(unknown)'}; package.json states ${statedFloor()}`,
    );
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`prebuild: ${error.message}`);
  process.exit(1);
}
