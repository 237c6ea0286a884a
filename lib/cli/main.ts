#!/usr/bin/env node
// The `hybrid-attention` command.
import { Command, CommanderError } from 'commander';
import { benchCommand } from './commands/bench';
import { demoCommand } from './commands/demo';
import { infoCommand } from './commands/info';
import { runCommand } from './commands/run';
import { describeError, exitCodeOf } from './failure';
import { packageVersion } from './package-files';
import { progressDone } from './terminal/progress';

// Commander's own settings are inherited only by commands made through .command(), so each one gets them here.
function prepare(command: Command): void {
  command
    .exitOverride()
    .configureHelp({ helpWidth: 80 })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'hybrid-attention: ')) })
    .showHelpAfterError(false);
  for (const inner of command.commands) prepare(inner);
}

async function main(): Promise<void> {
  const program = new Command('hybrid-attention')
    .description('Softmax and linear attention for Node.js at native speed.')
    .version(packageVersion(), '-V, --version')
    .addCommand(infoCommand())
    .addCommand(runCommand())
    .addCommand(demoCommand())
    .addCommand(benchCommand());
  prepare(program);
  await program.parseAsync();
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

main().catch((error: unknown) => {
  progressDone();
  if (error instanceof CommanderError) {
    // Commander has printed its message, or the help that was asked for.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  console.error(`hybrid-attention: ${describeError(error)}`);
  process.exitCode = exitCodeOf(error);
});
