// Builds and runs the native tests: what JavaScript cannot see, over the addon's own objects. Arguments select tests by a
// part of their name.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { addonSources, readSources } from './native-sources.mjs';
import { answers, builtObjects, compileAll } from './setup/compile.mjs';
import { SetupError, root, run } from './setup/steps.mjs';

const output = join(root, 'build/native');
const program = join(output, 'attn_test');

try {
  const compiler = [process.env.CXX, 'g++', 'clang++'].find((name) => name && answers(name));
  if (!compiler) throw new SetupError('it needs g++ or clang++, not found on this machine');
  const flags = ['-std=c++17', '-O2', '-g', '-pthread', '-Wall', '-Wextra', '-Inative', '-Inative/include'];
  const core = addonSources(process.arch).filter((source) => !source.startsWith('native/napi/'));
  const tests = await compileAll({ compiler, sources: readSources().test, flags, output });
  const objects = [...builtObjects(core), ...tests];
  run(compiler, ['-pthread', ...objects, '-o', program], 'the native tests do not link');
  process.exit(spawnSync(program, process.argv.slice(2), { stdio: 'inherit' }).status ?? 1);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`test:native: ${error.message}`);
  process.exit(1);
}
