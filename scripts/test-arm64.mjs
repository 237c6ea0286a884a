// Cross compiles the addon for arm64 and runs a reduced matrix of its kernels under qemu, against the same oracle as
// the tests of this machine's kernels. The whole suite would need minutes there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { addonSources } from './native-sources.mjs';
import { addonStamp } from './setup/addon.mjs';
import { answers, compileAll, nodeFlags, skip } from './setup/compile.mjs';
import { nodeBinary } from './setup/node-binary.mjs';
import { SetupError, root, run, upToDate, writeStamp } from './setup/steps.mjs';

const compiler = 'aarch64-linux-gnu-g++';
const libraries = '/usr/aarch64-linux-gnu';
const output = join(root, 'build/arm64');
const addon = join(output, 'hybrid_attention.node');

async function buildAddon() {
  const stampFile = join(output, '.stamp');
  const stamp = addonStamp();
  if (existsSync(addon) && upToDate(stampFile, stamp)) return;
  const flags = ['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', '-pthread', '-Wall', '-Wextra', '-DNDEBUG'];
  flags.push('-Inative', '-Inative/include', ...nodeFlags());
  const objects = await compileAll({ compiler, sources: addonSources('arm64'), flags, output });
  const link = ['-shared', '-pthread', '-static-libstdc++', '-Wl,--version-script=native/napi/exports.map'];
  run(compiler, [...link, ...objects, '-o', addon], 'the arm64 addon does not link');
  writeStamp(stampFile, stamp);
}

const qemu = ['qemu-aarch64', 'qemu-aarch64-static'].find(answers);
if (process.arch === 'arm64') skip('this machine is arm64; npm test runs its kernels');
if (process.platform !== 'linux') skip('the arm64 tests run on Linux');
if (!answers(compiler)) skip(`${compiler} (Debian: g++-aarch64-linux-gnu) is not on this machine`);
if (!qemu) skip('qemu-aarch64 (Debian: qemu-user) is not on this machine');

try {
  await buildAddon();
  const scripts = join(output, 'test');
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'test/arm64', '--outDir', scripts];
  run(process.execPath, tsc, 'the arm64 matrix does not compile');
  const node = nodeBinary(process.versions.node.split('.')[0], 'arm64');
  const args = ['-L', libraries, node, join(scripts, 'arm64/matrix.js')];
  run(qemu, args, 'the arm64 kernels fail', {
    stdio: 'inherit',
    env: { ...process.env, HYBRID_ATTENTION_BINARY: addon },
  });
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`test:arm64: ${error.message}`);
  process.exit(1);
}
