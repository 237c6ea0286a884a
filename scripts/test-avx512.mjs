// Tests the AVX-512 and AMX kernels on machines without those: the very same units, compiled against SIMDe, which writes
// each intrinsic in portable C, and a model of the matrix tiles. Slow, and blind to the compiler's choice of
// instructions; numerically the same.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { addonSources, readSources } from './native-sources.mjs';
import { answers, builtObjects, compileAll, skip } from './setup/compile.mjs';
import { SetupError, root, run } from './setup/steps.mjs';

const compiler = 'g++';
const output = join(root, 'build/avx512');

if (process.arch !== 'x64' || process.platform !== 'linux') skip('AVX-512 is emulated on x64 Linux alone');
const flagsOf = (name) => new RegExp(`^flags\\b.*\\b${name}\\b`, 'm').test(readFileSync('/proc/cpuinfo', 'utf8'));
const missing = Object.entries({ avx512: 'avx512f', avx512_bf16: 'avx512_bf16', avx512_amx: 'amx_bf16' })
  .filter(([, flag]) => !flagsOf(flag))
  .map(([isa]) => isa);
if (missing.length === 0) skip('this machine has AVX-512 and AMX; npm test runs their kernels');
if (!flagsOf('avx2')) skip('the emulation needs AVX2');
if (!existsSync('/usr/include/simde/x86/avx512.h')) skip('SIMDe (Debian: libsimde-dev) is not on this machine');
if (!answers(compiler)) skip(`${compiler} is not on this machine`);

const emulated = (source) => /\/avx512\w*\.cc$/.test(source);

/** A copy of the unit without the pragmas that open its target region. */
function withoutRegions(source) {
  const copy = join(output, 'units', source);
  mkdirSync(join(copy, '..'), { recursive: true });
  const text = readFileSync(join(root, source), 'utf8').replace(/^[ ]*#[ ]*pragma (GCC|clang)(\\\n|.)*\n/gm, '');
  if (!existsSync(copy) || readFileSync(copy, 'utf8') !== text) writeFileSync(copy, text);
  return relative(root, copy);
}

const common = ['-std=c++17', '-fPIC', '-fvisibility=hidden', '-pthread', '-w', '-Wno-psabi', '-DNDEBUG'];
common.push('-Inative', '-Inative/include');
const simde = ['-O2', '-mavx2', '-mfma', '-mf16c', '-mbmi2', '-ffp-contract=fast', '-Inative/test/simde'];

const compileUnits = (sources) =>
  compileAll({ compiler, sources: sources.map(withoutRegions), flags: [...simde, ...common], output });
const compileOthers = (sources) => compileAll({ compiler, sources, flags: ['-O2', ...common], output });

function runMatrix(addon) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const projects = missing.flatMap((isa) => ['--project', isa]);
  run(process.execPath, [vitest, 'run', ...projects], 'the AVX-512 kernels fail', {
    stdio: 'inherit',
    env: { ...process.env, HYBRID_ATTENTION_BINARY: addon },
  });
}

try {
  const { napi, test, simde: stubs } = readSources();
  const core = addonSources('x64').filter((source) => !/^native\/(napi\/|cpu\/features)/.test(source));
  const others = (sources) => sources.filter((source) => !emulated(source));
  const objects = [
    ...(await compileUnits(core.filter(emulated))),
    ...(await compileOthers(stubs)),
    ...builtObjects(others(core)),
  ];
  const tests = [...(await compileUnits(test.filter(emulated))), ...(await compileOthers(others(test)))];
  const program = join(output, 'attn_test');
  run(compiler, ['-pthread', ...objects, ...tests, '-o', program], 'the native tests do not link');
  run(program, ['512'], 'the AVX-512 vectors fail', { stdio: 'inherit' });
  run(program, ['attention_prefill.bf16'], 'prefill of bf16 fails', { stdio: 'inherit' });

  const addon = join(output, 'hybrid_attention.node');
  const link = ['-shared', '-pthread', '-Wl,--version-script=native/napi/exports.map'];
  run(compiler, [...link, ...objects, ...builtObjects(napi), '-o', addon], 'the addon does not link');
  runMatrix(addon);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`test:avx512: ${error.message}`);
  process.exit(1);
}
