// npm run conformance -- DIR: runs every `.safetensors` case below DIR against the built package. The adapters are
// TypeScript in the test tree; they are compiled when they, or the package's types, have changed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SetupError, root, run, stampOf, upToDate, writeStamp } from './setup/steps.mjs';

const output = join(root, 'build/conformance');
const stampFile = join(output, '.stamp');
const stamp = stampOf(['test/conformance', 'test/oracle', 'test/support', 'lib', 'tsconfig.json', 'package-lock.json']);

try {
  if (!upToDate(stampFile, stamp)) {
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    run(process.execPath, [compiler, '-p', 'test/conformance'], 'the conformance adapters do not compile');
    writeStamp(stampFile, stamp);
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`conformance: ${error.message}`);
  process.exit(1);
}
const program = [join(output, 'conformance/main.js'), ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, program, { stdio: 'inherit' }).status ?? 1);
