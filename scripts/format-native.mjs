// Checks the layout of the C++ sources, or rewrites it with --write. Generated files have their generator's layout.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup/steps.mjs';

const wantedMajor = 14; // majors disagree about details, see .clang-format

function findClangFormat() {
  for (const command of [`clang-format-${wantedMajor}`, 'clang-format']) {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (status === 0 && stdout.includes(`version ${wantedMajor}.`)) return command;
  }
  return undefined;
}

const command = findClangFormat();
if (!command) {
  console.log(`skipped: clang-format ${wantedMajor} is not on this machine`);
  process.exit(0);
}
const files = readdirSync(join(root, 'native'), { recursive: true })
  .filter((name) => /\.(h|cc|inl|cu|cuh)$/.test(name) && !name.startsWith('generated'))
  .map((name) => join('native', name));
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror'];
process.exit(spawnSync(command, [...mode, ...files], { cwd: root, stdio: 'inherit' }).status ?? 1);
