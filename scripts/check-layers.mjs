// Checks what each layer may know: which headers and modules it includes, and what it must leave to another layer.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { isaFlags, nativeLayers, nativeRules, typescriptLayers, typescriptRules } from './layers/rules.mjs';
import { readSources } from './native-sources.mjs';
import { root } from './setup/steps.mjs';

const problems = [];
const report = (file, line, text) => problems.push(`${file}${line ? `:${line}` : ''}: ${text}`);

const filesUnder = (folder, pattern) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => pattern.test(name))
    .sort();

const linesOf = (file) => readFileSync(join(root, file), 'utf8').split('\n');
const blank = (text) => text.replace(/[^\n]/g, ' ');

// Comments are blanked, and with `strings` also literals, so that prose and paths do not count as code.
function codeLines(file, { strings = false } = {}) {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  const text = readFileSync(join(root, file), 'utf8');
  return text.replace(tokens, (token) => (token.startsWith('/') || strings ? blank(token) : token)).split('\n');
}

function applyRules(rules, file) {
  const code = codeLines(file, { strings: true });
  for (const { in: scope, except, forbid, because } of rules) {
    if (!scope.test(file) || except?.test(file)) continue;
    code.forEach((text, index) => {
      const found = text.match(forbid);
      if (found) report(file, index + 1, `'${found[0].trim()}': ${because}`);
    });
  }
}

// The longest prefix wins: a folder may be stricter or freer than the one around it.
const layerOf = (layers, file) =>
  Object.keys(layers)
    .filter((prefix) => file.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0];

function checkNativeIncludes(file) {
  const layer = layerOf(nativeLayers, file);
  if (!layer) return report(file, 0, 'belongs to no layer; scripts/layers/rules.mjs lists them');
  codeLines(file).forEach((text, index) => {
    const [, bracket, header] = text.match(/^\s*#\s*include\s*([<"])([^>"]+)[>"]/) ?? [];
    if (!header) return;
    const { own, system } = nativeLayers[layer];
    const allowed = bracket === '"' ? own.some((prefix) => header.startsWith(prefix)) : system(header);
    if (!allowed) report(file, index + 1, `${layer} may not include ${header}`);
  });
}

function checkTypescriptImports(file) {
  const allowed = typescriptLayers[layerOf(typescriptLayers, file)];
  codeLines(file).forEach((text, index) => {
    const [, target] = text.match(/(?:from|import|require)\s*\(?\s*['"]([^'"]+)['"]/) ?? [];
    if (!target) return;
    const name = target.startsWith('.') ? normalize(join(dirname(file), target)) : target;
    if (!allowed.some((pattern) => pattern.test(name))) report(file, index + 1, `may not import ${target}`);
  });
}

// Every source is listed once, and what is listed is there.
function checkSourceList() {
  const { cpu, ...groups } = readSources();
  const listed = [...Object.values(cpu), ...Object.values(groups)].flat();
  const present = filesUnder('native', /\.cc$/).filter((file) => !file.startsWith('native/cuda/'));
  for (const file of present) if (!listed.includes(file)) report(file, 0, 'is missing from native/sources.json');
  for (const file of listed) if (!present.includes(file)) report('native/sources.json', 0, `${file} does not exist`);
  const twice = listed.filter((file, index) => listed.indexOf(file) !== index);
  for (const file of twice) report('native/sources.json', 0, `${file} is listed twice`);
}

function checkBuildFlags() {
  for (const file of ['binding.gyp', 'CMakeLists.txt']) {
    linesOf(file).forEach((text, index) => {
      const found = text.match(isaFlags);
      if (found)
        report(file, index + 1, `'${found[0]}': instruction sets are opened in native/cpu/isa, never by flags`);
    });
  }
}

const nativeFiles = filesUnder('native', /\.(h|cc|inl|cu|cuh)$/);
const typescriptFiles = [...filesUnder('lib', /\.m?ts$/), ...filesUnder('test/oracle', /(?<!\.test)\.ts$/)];
for (const file of nativeFiles) {
  checkNativeIncludes(file);
  applyRules(nativeRules, file);
}
for (const file of typescriptFiles) {
  checkTypescriptImports(file);
  applyRules(typescriptRules, file);
}
checkSourceList();
checkBuildFlags();

for (const problem of problems) console.error(problem);
console.log(`layers: ${nativeFiles.length + typescriptFiles.length} files, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
