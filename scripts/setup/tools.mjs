// What this machine needs to have before anything is installed or compiled: Node itself, and the tools of node-gyp.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, root } from './steps.mjs';

// The first that compile C++17 with the target regions of the kernels: those of AMX came last.
const oldestCompilers = { gcc: 11, clang: 11 };

function output(command, args) {
  const [program, ...first] = command.split(' ');
  const { status, stdout } = spawnSync(program, [...first, ...args], { stdio: ['pipe', 'pipe', 'ignore'], input: '' });
  return status === 0 ? stdout.toString() : undefined;
}

/** Whether the command can be run, as `name` or `launcher name`. */
export const answers = (command, args = ['--version']) => output(command, args) !== undefined;
const firstThatAnswers = (commands, args) => commands.find((command) => command && answers(command, args));

export function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const oldest = engines.node.replace(/^>=/, '').split('.').map(Number);
  const own = process.versions.node.split('.').map(Number);
  const difference = own.map((part, i) => part - (oldest[i] ?? 0)).find((part) => part !== 0) ?? 0;
  if (difference >= 0) return;
  throw new SetupError(`Node.js ${oldest.join('.')} or newer is needed, this is ${process.versions.node}`);
}

// What the compiler says of itself through its own macros: names and version texts differ between systems.
function compilerProblem(command) {
  if (command === undefined) return 'a C++ compiler (g++ or clang++)';
  const macros = output(command, ['-dM', '-E', '-x', 'c++', '-']) ?? '';
  const [kind, macro] = macros.includes('__clang_major__') ? ['clang', '__clang_major__'] : ['gcc', '__GNUC__'];
  const version = Number(new RegExp(`#define ${macro} (\\d+)`).exec(macros)?.[1]);
  if (!(version < oldestCompilers[kind])) return undefined;
  return `${kind} ${oldestCompilers[kind]} or newer in place of ${command}, which is version ${version}`;
}

export function checkTools() {
  const { env } = process;
  const python = firstThatAnswers(
    [env.PYTHON, env.npm_config_python, 'python3', 'python'],
    ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'],
  );
  const missing = [
    python ? undefined : 'Python 3.8 or newer',
    answers(env.MAKE || 'make') ? undefined : 'make',
    compilerProblem(firstThatAnswers([env.CXX, 'g++', 'c++', 'clang++'])),
  ].filter(Boolean);
  if (missing.length === 0) return;
  const hint =
    process.platform === 'darwin' ? 'xcode-select --install' : 'on Debian or Ubuntu: apt-get install python3 make g++';
  throw new SetupError(`compiling the native code needs ${missing.join(' and ')}, not found on this machine (${hint})`);
}
