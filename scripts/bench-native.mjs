// npm run bench:native: Google Benchmark over include/attn, without Node between. Builds attn_bench through CMake.
// --toy runs every case once at a small size; everything else goes to Google Benchmark (--benchmark_filter=…).
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { SetupError, root, run } from './setup/steps.mjs';

const folder = join(root, 'build/native-bench');
const toy = process.argv.includes('--toy');

class Missing extends SetupError {}

const answers = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

function build() {
  if (!answers('cmake')) throw new Missing('building the native benchmarks needs CMake 3.19 or newer, not found here');
  mkdirSync(folder, { recursive: true });
  const generator = answers('ninja') ? ['-G', 'Ninja'] : [];
  const launcher = answers('ccache') ? ['-DCMAKE_CXX_COMPILER_LAUNCHER=ccache'] : [];
  const configure = ['-S', root, '-B', folder, '-DCMAKE_BUILD_TYPE=Release', ...generator, ...launcher];
  run('cmake', configure, 'the native benchmarks could not be configured');
  if (/^benchmark_DIR:PATH=.*NOTFOUND$/m.test(readFileSync(join(folder, 'CMakeCache.txt'), 'utf8'))) {
    throw new Missing(
      'the native benchmarks need Google Benchmark, not found here (Debian: apt-get install libbenchmark-dev)',
    );
  }
  const jobs = ['--parallel', String(availableParallelism())];
  run('cmake', ['--build', folder, '--target', 'attn_bench', ...jobs], 'the native benchmarks do not compile');
}

try {
  build();
  const args = [...process.argv.slice(2), ...(toy ? ['--benchmark_min_time=0.001'] : [])];
  const { status } = spawnSync(join(folder, 'attn_bench'), args, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`bench:native: ${error.message}`);
  process.exitCode = toy && error instanceof Missing ? 0 : 1;
}
