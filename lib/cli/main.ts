#!/usr/bin/env node
// The `hybrid-attention` command: runs it and turns what goes wrong into one message and an exit code.
import { CommanderError } from 'commander';
import { describeError, exitCodeOf } from './failure';
import { progressDone } from './terminal/progress';

async function main(): Promise<void> {
  // Loaded here, because loading the native part may fail and has a message too.
  const { createProgram } = await import('./program.js');
  await createProgram().parseAsync();
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
