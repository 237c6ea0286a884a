// Runs the test suite under other major versions of Node, with the addon and library built by this one.
import { spawnSync } from 'node:child_process';
import { nodeBinary } from './setup/node-binary.mjs';
import { SetupError, run } from './setup/steps.mjs';

const current = process.versions.node.split('.')[0];

try {
  for (const major of ['22', '24'].filter((version) => version !== current)) {
    const binary = nodeBinary(major);
    const version = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim();
    console.log(`tests under Node ${version}`);
    const args = ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)];
    run(binary, args, `the tests fail under Node ${version}`, { stdio: 'inherit' });
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`test:node-versions: ${error.message}`);
  process.exit(1);
}
