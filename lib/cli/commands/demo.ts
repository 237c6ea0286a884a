// `hybrid-attention demo`: the package's main job on real input, checked, measured and drawn.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { info } from '../../index';
import { costStep } from '../demo/cost-step';
import { decodeStep } from '../demo/decode-step';
import { linearStep } from '../demo/linear-step';
import { Report } from '../demo/report';
import { softmaxStep } from '../demo/softmax-step';
import { readText } from '../demo/text-data';

interface DemoOptions {
  readonly out: string;
  readonly quick: boolean;
}

async function demo({ out, quick }: DemoOptions): Promise<void> {
  const start = performance.now();
  const { version, isa, threads } = info();
  const report = new Report(out);
  const machine = `${isa}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  console.log(`hybrid-attention ${version} on the CPU: ${machine}`);
  const [sentence, address] = [readText('sentence'), readText('address')];
  await softmaxStep(report, sentence, address);
  await linearStep(report, sentence, address);
  await costStep(report, quick, machine);
  await decodeStep(report, address, quick, machine);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`\nAll results agree with their references. ${seconds} s; pictures in ${resolve(out)}`);
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('both attentions over real tensors: checked, measured, drawn')
    .option('--out <dir>', 'folder for the pictures', 'demo')
    .option('--quick', 'shorter sequences, a few seconds', false)
    .action(demo);
}
