// Compiles C++ sources without a build system: for the test programs that no build file knows.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { SetupError, root } from './steps.mjs';

export const answers = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

const environment = { ...process.env, CCACHE_BASEDIR: root, CCACHE_NOHASHDIR: '1' };

/** Objects of `sources` in the folder `output`, on all cores, through ccache where it is. */
export async function compileAll({ compiler, sources, flags, output }) {
  mkdirSync(output, { recursive: true });
  const launcher = answers('ccache') ? ['ccache'] : [];
  const compile = (source) => {
    const object = join(output, source.replaceAll('/', '-').replace(/\.cc$/, '.o'));
    const [program, ...args] = [...launcher, compiler, ...flags, '-c', source, '-o', object];
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: environment });
      child.on('error', (error) => reject(new SetupError(`${program} cannot be run: ${error.message}`)));
      child.on('exit', (status) =>
        status === 0 ? resolve(object) : reject(new SetupError(`${source} does not compile with ${compiler}`)),
      );
    });
  };
  const waiting = [...sources];
  const objects = [];
  const worker = async () => {
    for (let source = waiting.shift(); source; source = waiting.shift()) objects.push(await compile(source));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return objects;
}

/** Ends the process: what the command needs is not here, and that is no failure. */
export function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(0);
}

/** What sources in native/napi are compiled with besides; node-gyp notes where the headers are that it used. */
export function nodeFlags() {
  const config = readFileSync(join(root, 'build/config.gypi'), 'utf8').replace(/^#.*$/gm, '');
  const headers = join(JSON.parse(config).variables.nodedir, 'include/node');
  const api = join(root, 'node_modules/node-addon-api');
  return ['-DNAPI_VERSION=9', '-DNAPI_CPP_EXCEPTIONS', '-isystem', headers, '-isystem', api];
}

/** The objects that npm run build made of the addon's sources. */
export const builtObjects = (sources) =>
  sources.map((source) => join(root, 'build/Release/obj.target/hybrid_attention', source.replace(/\.cc$/, '.o')));
