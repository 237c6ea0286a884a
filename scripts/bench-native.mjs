// npm run bench:native: Google Benchmark over include/attn, without Node between, on the very objects that the addon is
// linked from. --toy runs every case once at a small size; the rest goes to Google Benchmark (--benchmark_filter=…).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addonSources, readSources } from './native-sources.mjs';
import { answers, compileAll } from './setup/compile.mjs';
import { SetupError, root, run } from './setup/steps.mjs';

const output = join(root, 'build/native-bench');
const program = join(output, 'attn_bench');
const libraries = ['-lbenchmark', '-pthread'];
const toy = process.argv.includes('--toy');

class Missing extends SetupError {}

function findCompiler() {
  const compiler = [process.env.CXX, 'g++', 'clang++'].find((name) => name && answers(name));
  if (!compiler) throw new Missing('the native benchmarks need g++ or clang++, not found here');
  const probe = join(output, 'probe.cc');
  mkdirSync(output, { recursive: true });
  writeFileSync(probe, '#include <benchmark/benchmark.h>\nBENCHMARK_MAIN();\n');
  const args = ['-std=c++17', probe, '-o', join(output, 'probe'), ...libraries];
  if (spawnSync(compiler, args, { stdio: 'ignore' }).status !== 0) {
    throw new Missing(
      'the native benchmarks need Google Benchmark, not found here (on Debian: apt-get install libbenchmark-dev)',
    );
  }
  return compiler;
}

function addonObjects() {
  const folder = join(root, 'build/Release/obj.target/hybrid_attention');
  const objects = addonSources(process.arch)
    .filter((source) => !source.startsWith('native/napi/'))
    .map((source) => join(folder, source.replace(/\.cc$/, '.o')));
  const missing = objects.find((object) => !existsSync(object));
  if (missing)
    throw new SetupError(`${missing.slice(root.length)} is missing; remove build/Release and run npm run build`);
  return objects;
}

async function build() {
  const compiler = findCompiler();
  const flags = ['-std=c++17', '-O2', '-pthread', '-Wall', '-Wextra', '-Inative', '-Inative/include'];
  const objects = await compileAll({ compiler, sources: readSources().bench, flags, output });
  run(compiler, [...objects, ...addonObjects(), ...libraries, '-o', program], 'the native benchmarks do not link');
}

try {
  await build();
  const args = [...process.argv.slice(2), ...(toy ? ['--benchmark_min_time=0.001'] : [])];
  process.exitCode = spawnSync(program, args, { stdio: 'inherit' }).status ?? 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  const skipped = toy && error instanceof Missing;
  console.error(`${skipped ? 'skipped' : 'bench:native'}: ${error.message}`);
  process.exitCode = skipped ? 0 : 1;
}
