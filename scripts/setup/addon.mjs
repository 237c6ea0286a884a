// Compiles the addon with node-gyp when a source of it has changed.
import { existsSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { root, run, stampOf, upToDate, writeStamp } from './steps.mjs';
import { answers } from './tools.mjs';

export const addonFile = join(root, 'build/Release/hybrid_attention.node');
const stampFile = join(root, 'build/Release/.stamp');
const inputs = ['binding.gyp', 'scripts/native-sources.mjs', 'native'];

/** Environment for node-gyp: all cores, the headers installed beside Node where they are, ccache where it is. */
export function gypEnvironment() {
  const env = { ...process.env, JOBS: process.env.JOBS ?? String(availableParallelism()) };
  const prefix = dirname(dirname(process.execPath));
  const headers =
    existsSync(join(prefix, 'include/node/node_api.h')) && existsSync(join(prefix, 'include/node/common.gypi'));
  if (!env.npm_config_nodedir && headers) env.npm_config_nodedir = prefix;
  if (!env.CXX && process.platform === 'linux' && answers('ccache') && answers('g++')) {
    Object.assign(env, { CXX: 'ccache g++', CC: 'ccache gcc', CCACHE_BASEDIR: root, CCACHE_NOHASHDIR: '1' });
  }
  return env;
}

/** Taken before the sources are compiled: they may be edited meanwhile. */
export const addonStamp = () => stampOf(inputs, [process.platform, process.arch, process.env.CXX ?? '']);

export function recordAddon(stamp) {
  writeStamp(stampFile, stamp);
}

export const addonUpToDate = () => existsSync(addonFile) && upToDate(stampFile, addonStamp());

export function buildAddon(say) {
  if (addonUpToDate()) return;
  const stamp = addonStamp();
  say('setup: compiling the native code');
  // The loader prefers a prebuild, and one made from older sources would hide this build.
  rmSync(join(root, 'prebuilds', `${process.platform}-${process.arch}`), { recursive: true, force: true });
  const nodeGyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  const options = { env: gypEnvironment() };
  run(
    process.execPath,
    [nodeGyp, 'configure', '--loglevel=error'],
    'the native build could not be configured',
    options,
  );
  run(process.execPath, [nodeGyp, 'build', '--loglevel=error'], 'the native code does not compile', options);
  recordAddon(stamp);
}
