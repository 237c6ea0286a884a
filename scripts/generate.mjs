// Writes everything derived from native/schema: C++ structs and tables, TypeScript types, the option reference.
// `--check` writes nothing and exits 1 naming each file that has drifted.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cppFiles } from './generate/cpp.mjs';
import { docFiles } from './generate/docs.mjs';
import { readSchema } from './generate/schema.mjs';
import { typescriptFiles } from './generate/typescript.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');

const schema = readSchema(join(root, 'native', 'schema'));
const files = { ...cppFiles(schema), ...typescriptFiles(schema), ...docFiles(schema) };

const drifted = Object.entries(files).filter(([path, text]) => {
  const file = join(root, path);
  return !existsSync(file) || readFileSync(file, 'utf8') !== text;
});
if (check) {
  for (const [path] of drifted) console.error(`${path} differs from what native/schema says; run npm run generate`);
  process.exit(drifted.length === 0 ? 0 : 1);
}
for (const [path, text] of drifted) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}
