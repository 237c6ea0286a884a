// Checks that code compiled for one instruction set cannot reach another: a linker keeps one copy of each weak symbol,
// and if that copy came from an AVX-512 unit, the baseline path would run it. So whatever an ISA unit shares with other
// files must not be compiled in it. Reads the objects of the local build.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup/steps.mjs';

const folder = join(root, 'build/Release/obj.target/hybrid_attention/native/cpu/isa');
const objects = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.o')) : [];
if (objects.length === 0) {
  console.error('check:isa: there is no build; npm run build makes one');
  process.exit(1);
}

let problems = 0;
for (const object of objects) {
  const isa = object.slice(0, -2);
  const { status, error, stdout } = spawnSync('nm', ['-C', '--defined-only', join(folder, object)], {
    encoding: 'utf8',
  });
  if (error || status !== 0) {
    console.log('check:isa: skipped, nm (binutils) is not on this machine');
    process.exit(0);
  }
  for (const line of stdout.split('\n')) {
    const [, kind, symbol] = /^[0-9a-f]+ (\w) (.*)$/.exec(line) ?? [];
    if (!'WVu'.includes(kind ?? '-') || symbol.includes(`attn::${isa}::`) || symbol.startsWith('DW.ref.')) continue;
    console.error(`${isa}: shares '${symbol}' with files of other instruction sets`);
    problems += 1;
  }
}
console.log(`check:isa: ${objects.length} units, ${problems} shared symbols`);
process.exit(problems > 0 ? 1 : 0);
