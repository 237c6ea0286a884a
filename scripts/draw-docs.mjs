// Draws the pictures of docs/ from what the package itself computes and from measurements on this machine:
//   npm run draw-docs                 all of them
//   npm run draw-docs -- --computed   only those that are the same on every machine
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawWord } from '../dist/cli/demo/softmax-step.js';
import { readText } from '../dist/cli/demo/text-data.js';
import { forgettingPicture } from './draw-docs/forgetting.mjs';
import { maskPictures } from './draw-docs/masks.mjs';
import { linearCostPicture, maskTimePicture } from './draw-docs/measured.mjs';
import { root } from './setup/steps.mjs';

const folder = join(root, 'docs/images');
mkdirSync(folder, { recursive: true });
function write(name, svg) {
  writeFileSync(join(folder, `${name}.svg`), svg);
  console.log(`docs/images/${name}.svg`);
}

for (const [name, svg] of Object.entries(maskPictures())) write(`mask-${name}`, svg);
write('attention-map', (await drawWord(readText('sentence'))).svg);
write('forgetting', forgettingPicture());
if (!process.argv.includes('--computed')) {
  write('attention-time', await maskTimePicture());
  write('linear-cost', await linearCostPicture());
}
