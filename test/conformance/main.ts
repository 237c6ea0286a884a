// node main.js DIR: runs every case below DIR, prints each failure and, last, `N passed, M failed`.
import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { casesBelow, runCase } from './run';

async function main(folder: string | undefined): Promise<number> {
  if (folder === undefined || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    console.error(
      folder === undefined ? 'usage: npm run conformance -- DIR' : `conformance: ${folder} is not a folder`,
    );
    return 2;
  }
  const paths = casesBelow(folder);
  if (paths.length === 0) {
    console.error(`conformance: ${folder} holds no .safetensors files`);
    return 2;
  }
  let [passed, failed] = [0, 0];
  for (const path of paths) {
    const failures = await runCase(path);
    if (failures.length === 0) ++passed;
    else ++failed;
    for (const failure of failures) console.log(`${relative(folder, path)}: ${failure}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

main(process.argv[2]).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);
