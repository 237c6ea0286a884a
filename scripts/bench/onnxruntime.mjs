// onnxruntime-node as a peer: installed on demand beside the package's own modules, never a dependency of it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, run } from '../setup/steps.mjs';

const version = '1.30.0';
const folder = join(root, 'node_modules/.cache/peers');
const manifest = join(folder, 'node_modules/onnxruntime-node/package.json');

const installed = () => existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;

/** Its install script would fetch GPU libraries from elsewhere; the CPU library is in the package, so scripts stay off. */
export function loadOnnxruntime() {
  if (!installed()) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--no-package-lock'];
    console.error(`installing onnxruntime-node ${version} into ${folder.slice(root.length)}`);
    run(
      npm[0],
      [...npm.slice(1), 'install', ...options, `onnxruntime-node@${version}`],
      'the peer could not be installed',
      {
        cwd: folder,
      },
    );
  }
  const ort = createRequire(manifest)('onnxruntime-node');
  ort.env.logLevel = 'error';
  return { ort, version };
}

/** The best the runtime offers for one operator: outputs allocated once, threads as given. */
export const openSession = (ort, model, threads) =>
  ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
