// `hybrid-attention run <op>`: one operation over tensors of a .safetensors file. Operations and their options come
// from the generated table, so a new one appears here by itself.
import { Command, Option } from 'commander';
import { type OpInfo, opTable } from '../../generated/op-table';
import { operation } from '../../native';
import type { Tensor } from '../../tensor';
import { UsageError } from '../failure';
import { SafetensorsFile, writeSafetensors } from '../safetensors';
import { progress, progressDone } from '../terminal/progress';
import { fold } from '../terminal/table';

type OpOption = OpInfo['options'][number];
type Operation = (...args: readonly unknown[]) => Promise<Readonly<Record<string, Tensor | undefined>>>;

const kebab = (name: string): string =>
  name.replace(/\./g, '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function parseNumber(flag: string, text: string, integer: boolean): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value) || (integer && !Number.isSafeInteger(value))) {
    throw new UsageError(`--${flag} needs ${integer ? 'an integer' : 'a number'}, not '${text}'`);
  }
  return value;
}

const placeholders: Readonly<Record<OpOption['type'], string>> = {
  number: ' <number>',
  integer: ' <integer>',
  boolean: '',
  enum: ' <word>',
  tensor: ' <tensor>',
  integerOrTensor: ' <integer|tensor>',
};

function commandLineOption({ name, type, doc, values, default: fallback, shape }: OpOption): Option {
  const flag = `--${type === 'boolean' && fallback === true ? 'no-' : ''}${kebab(name)}`;
  const text = [
    type === 'boolean' && fallback === true ? `${name}: false, where it is true when absent; ${doc}` : doc,
    shape && `shape ${shape}`,
    fallback !== undefined && type !== 'boolean' && `${fallback} when absent`,
  ];
  const option = new Option(`${flag}${placeholders[type]}`, text.filter(Boolean).join('; '));
  return values ? option.choices(values) : option;
}

const attribute = (name: string): string =>
  kebab(name).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** What the operation gets for one option, or nothing when the command line leaves it out. */
function optionValue({ name, type, default: fallback }: OpOption, given: unknown, file: SafetensorsFile): unknown {
  if (given === undefined || (type === 'boolean' && given === fallback)) return undefined;
  const flag = kebab(name);
  const text = String(given);
  switch (type) {
    case 'boolean':
      return given;
    case 'enum':
      return text;
    case 'number':
      return parseNumber(flag, text, false);
    case 'integer':
      return parseNumber(flag, text, true);
    case 'integerOrTensor':
      return /^[-+]?\d+$/.test(text) ? parseNumber(flag, text, true) : file.read(text);
    case 'tensor':
      return file.read(text);
  }
}

// 'window.left' becomes { window: { left } }.
function setPath(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const inner = (target[first] ?? {}) as Record<string, unknown>;
  target[first] = inner;
  setPath(inner, rest, value);
}

async function runOperation(op: OpInfo, given: Readonly<Record<string, unknown>>): Promise<void> {
  const source = String(given['in']);
  const target = String(given['out']);
  const file = new SafetensorsFile(source);
  try {
    progress(`reading ${source}`);
    const inputs = op.inputs.map(({ name, list }) => {
      const names = String(given[attribute(name)]);
      return list ? names.split(',').map((one) => file.read(one)) : file.read(names);
    });
    const options: Record<string, unknown> = {};
    for (const option of op.options) {
      const value = optionValue(option, given[attribute(option.name)], file);
      if (value !== undefined) setPath(options, option.name.split('.'), value);
    }
    progress(`computing ${op.name}`);
    const result = await operation<Operation>(op.name)(...inputs, options);
    const outputs = op.outputs.flatMap(({ name }) => (result[name] ? [[name, result[name]] as const] : []));
    progress(`writing ${target}`);
    writeSafetensors(target, Object.fromEntries(outputs), { operation: op.name });
    progressDone();
    for (const [name, tensor] of outputs) {
      console.log(`${target}: ${name} ${tensor.dtype} [${tensor.shape.join(', ')}]`);
    }
  } finally {
    progressDone();
    file.close();
  }
}

function operationCommand(op: OpInfo): Command {
  const command = new Command(kebab(op.name))
    .summary(op.doc.split(':')[0]!)
    .description(op.doc)
    .optionsGroup('Files and tensors:')
    .requiredOption('--in <file>', 'the .safetensors file to read tensors from')
    .requiredOption('--out <file>', 'the .safetensors file to write; replaced when it exists');
  for (const { name, shape, doc, list } of op.inputs) {
    const what = list ? `names of tensors, with commas between: ${doc}` : `name of the tensor with the ${doc}`;
    command.option(`--${kebab(name)} <${list ? 'tensors' : 'tensor'}>`, `${what}, ${shape}`, name);
  }
  if (op.name !== command.name()) command.alias(op.name); // as the API spells it
  command.optionsGroup('Options of the operation:');
  for (const option of op.options) command.addOption(commandLineOption(option));
  const outputs = op.outputs.map(({ name, shape, doc, when }) => {
    const asked = when.length > 0 ? ` (with ${when.map((option) => `--${kebab(option)}`).join(' and ')})` : '';
    return fold(`${name} ${shape}: ${doc}${asked}`, '  ').trimStart();
  });
  command.addHelpText('after', `\nWrites:\n${outputs.map((line) => `  ${line}`).join('\n')}`);
  return command.action((given: Readonly<Record<string, unknown>>) => runOperation(op, given));
}

export function runCommand(): Command {
  const command = new Command('run').description(
    'run an operation over tensors of a .safetensors file and write a .safetensors file',
  );
  // A file holds tensors, not caches.
  const onTensors = opTable.filter(({ inputs }) => inputs.every(({ cache }) => !cache));
  for (const op of onTensors) command.addCommand(operationCommand(op));
  return command;
}
