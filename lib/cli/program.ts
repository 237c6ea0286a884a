// The commands of `hybrid-attention`, put together.
import { Command } from 'commander';
import { benchCommand } from './commands/bench';
import { demoCommand } from './commands/demo';
import { infoCommand } from './commands/info';
import { runCommand } from './commands/run';
import { packageVersion } from './package-files';

// Commander's own settings are inherited only by commands made through .command(), so each one gets them here.
function prepare(command: Command): void {
  command
    .exitOverride()
    .configureHelp({ helpWidth: 80, subcommandTerm: (inner) => `${inner.name()} ${inner.usage()}` })
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'hybrid-attention: ').replace(/\n(?=\()/, ' ')),
    })
    .showHelpAfterError(false);
  for (const inner of command.commands) prepare(inner);
}

export function createProgram(): Command {
  const program = new Command('hybrid-attention')
    .description('Softmax and linear attention for Node.js at native speed.')
    .version(packageVersion(), '-V, --version')
    .addCommand(infoCommand())
    .addCommand(runCommand())
    .addCommand(demoCommand())
    .addCommand(benchCommand());
  prepare(program);
  return program;
}
