// Draws the pictures of docs/:
//   npm run draw-docs               all of them
//   npm run draw-docs -- --computed only those that the package's results alone decide, the same on every machine
//   npm run draw-docs -- --measured only those of times measured on this machine, which should do nothing else meanwhile
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawWord } from '../dist/cli/demo/softmax-step.js';
import { readText } from '../dist/cli/demo/text-data.js';
import { forgettingPicture } from './draw-docs/forgetting.mjs';
import { maskPictures } from './draw-docs/masks.mjs';
import { linearCostPicture, maskTimePicture } from './draw-docs/measured.mjs';
import { root } from './setup/steps.mjs';

const folder = join(root, 'docs/images');
function write(name, svg) {
  writeFileSync(join(folder, `${name}.svg`), svg);
  console.log(`docs/images/${name}.svg`);
}

async function drawComputed() {
  for (const [name, svg] of Object.entries(maskPictures())) write(`mask-${name}`, svg);
  write('attention-map', (await drawWord(readText('sentence'))).svg);
  write('forgetting', forgettingPicture());
}

async function drawMeasured() {
  write('attention-time', await maskTimePicture());
  write('linear-cost', await linearCostPicture());
}

function only() {
  try {
    return parseArgs({ options: { computed: { type: 'boolean' }, measured: { type: 'boolean' } } }).values;
  } catch (error) {
    console.error(`draw-docs: ${error.message}; npm run draw-docs -- [--computed | --measured]`);
    process.exit(2);
  }
}

const { computed, measured } = only();
mkdirSync(folder, { recursive: true });
if (computed || !measured) await drawComputed();
if (measured || !computed) await drawMeasured();
