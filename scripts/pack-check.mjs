// Checks the package as a user gets it: its manifest, its types, its binary, and an installation from the tarball in an
// empty folder where no compiler can be found, called from an ES module and from CommonJS.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { compareVersions, glibcFloor, sharedRuntimeSymbols, statedFloor } from './glibc-floor.mjs';
import { addonStamp } from './setup/addon.mjs';
import { SetupError, root, run, upToDate } from './setup/steps.mjs';

const platform = `${process.platform}-${process.arch}`;
const prebuildFolder = join(root, 'prebuilds', platform);
const npm = [process.execPath, process.env.npm_execpath];

function output(command, args, options) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: root, ...options });
  if (error || status !== 0) {
    throw new SetupError(`${[command, ...args].join(' ')} failed\n${error?.message ?? ''}${stdout}${stderr}`);
  }
  return stdout;
}

function step(name, action) {
  const start = performance.now();
  const result = action();
  console.log(`pack: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  return result;
}

function checkPrebuild() {
  if (!upToDate(join(prebuildFolder, '.stamp'), addonStamp())) {
    run(process.execPath, ['scripts/prebuild.mjs'], 'the prebuild could not be made', {
      stdio: ['ignore', 'ignore', 2],
    });
  }
  if (process.platform !== 'linux') return;
  for (const name of readdirSync(prebuildFolder).filter((file) => file.endsWith('.node'))) {
    const file = join(prebuildFolder, name);
    const floor = glibcFloor(file);
    if (compareVersions(floor, statedFloor()) > 0) {
      throw new SetupError(`${name} needs glibc ${floor}, but config.glibc in package.json states ${statedFloor()}`);
    }
    const shared = sharedRuntimeSymbols(file);
    if (shared.length > 0) throw new SetupError(`${name} takes ${shared[0]} from the system's libstdc++`);
  }
}

function pack(folder) {
  const [{ filename, files, size }] = JSON.parse(
    output(npm[0], [npm[1], 'pack', '--json', '--ignore-scripts', `--pack-destination=${folder}`]),
  );
  const paths = files.map(({ path }) => path);
  const wanted = [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'binding.gyp',
    'dist/index.d.ts',
    'dist/esm.d.mts',
    'dist/cli/main.js',
  ];
  const missing = wanted.filter((path) => !paths.includes(path));
  if (missing.length > 0) throw new SetupError(`the tarball lacks ${missing.join(', ')}`);
  if (!paths.some((path) => path.startsWith(`prebuilds/${platform}/`)))
    throw new SetupError('the tarball has no prebuild');
  const strays = paths.filter((path) => /^(test|build|scripts\/(?!native-sources))|\.stamp$|(^|\/)\.(?!ci)/.test(path));
  if (strays.length > 0) throw new SetupError(`the tarball should not hold ${strays.join(', ')}`);
  const mapped = paths.filter(
    (path) => /\.m?js$/.test(path) && readFileSync(join(root, path), 'utf8').includes('//# sourceMappingURL='),
  );
  if (mapped.length > 0) throw new SetupError(`${mapped.join(', ')} name source maps that the tarball does not hold`);
  console.log(`pack: ${filename}, ${(size / 1024).toFixed(0)} KiB, ${paths.length} files`);
  return join(folder, filename);
}

// A PATH with Node and the few programs that npm itself starts; no compiler, no make, no Python.
function pathWithoutCompiler(folder) {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  for (const program of ['sh', 'env', 'uname']) {
    const found = process.env.PATH.split(delimiter).find((part) => existsSync(join(part, program)));
    if (found) symlinkSync(join(found, program), join(bin, program));
  }
  return bin;
}

function install(folder, tarball, env) {
  const manifest = { name: 'consumer', version: '1.0.0', private: true, type: 'module' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  output(npm[0], [npm[1], 'install', '--no-audit', '--no-fund', tarball], { cwd: folder, env });
}

// The project's own two files, and every TypeScript block of the README as a program of its own.
function writePrograms(folder) {
  for (const name of ['module.mts', 'common.cts']) cpSync(join(root, 'test/pack', name), join(folder, name));
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  blocks.forEach(([, code], index) => {
    writeFileSync(join(folder, `readme-${index + 1}.mts`), code);
  });
  return ['module.mts', 'common.cts', ...blocks.map((_, index) => `readme-${index + 1}.mts`)];
}

function typeCheck(folder, programs) {
  const compilerOptions = {
    target: 'es2022',
    module: 'node16',
    strict: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: programs }));
  output(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
}

function runPrograms(folder, programs, env) {
  for (const program of programs) {
    const compiled = program.replace(/\.([mc])ts$/, '.$1js');
    const printed = output(process.execPath, [compiled], { cwd: folder, env });
    if (!program.startsWith('readme')) console.log(`pack: ${printed.trim()}`);
  }
  const command = join(folder, 'node_modules/.bin/hybrid-attention');
  output(process.execPath, [command, 'info'], { cwd: folder, env });
}

const folder = mkdtempSync(join(tmpdir(), 'hybrid-attention-pack-'));
try {
  if (!npm[1]) throw new SetupError('run this as: npm run check:pack');
  step('prebuild, its glibc floor and C++ runtime', checkPrebuild);
  step('publint', () => output(process.execPath, ['node_modules/publint/src/cli.js', '--strict', '--pack=npm']));
  const tarball = step('npm pack', () => pack(folder));
  const attw = ['node_modules/@arethetypeswrong/cli/dist/index.js', tarball, '--profile=node16'];
  step('are the types wrong', () => output(process.execPath, attw));
  const env = { ...process.env, PATH: pathWithoutCompiler(folder) };
  delete env.HYBRID_ATTENTION_BINARY;
  step('install without a compiler', () => install(folder, tarball, env));
  const programs = writePrograms(folder);
  step('types of both import styles', () => typeCheck(folder, programs));
  step('calls from both, and the README examples', () => runPrograms(folder, programs, env));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`pack: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
