// Prints the addon's sources for one CPU architecture, a line each; binding.gyp runs it by command expansion.
// CMakeLists.txt reads the same native/sources.json by itself.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const readSources = () => JSON.parse(readFileSync(new URL('../native/sources.json', import.meta.url), 'utf8'));

export function addonSources(arch) {
  const { core, cpu, napi } = readSources();
  if (!(arch in cpu) || arch === 'common') {
    const known = Object.keys(cpu).filter((name) => name !== 'common');
    throw new Error(`no kernels for architecture '${arch}'; native/sources.json knows ${known.join(', ')}`);
  }
  return [...core, ...cpu.common, ...cpu[arch], ...napi];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(addonSources(process.argv[2] ?? process.arch).join('\n'));
}
