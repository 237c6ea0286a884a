// docs/options.md: the reference of every operation's inputs, options, outputs and rules.
import { flatOptions, isPublic, refusals, rules, title } from './schema.mjs';

const cell = (value) => String(value).replaceAll('|', '\\|');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |\n`;
const table = (head, rows) => row(head) + row(head.map(() => '---')) + rows.map(row).join('');
const shapes = (tensor) => (tensor.forms ?? [tensor.axes]).map((axes) => `[${axes.join(', ')}]`).join(' or ');

function valueText(field) {
  if (field.type === 'enum') return field.values.map((value) => `\`${value}\``).join(', ');
  if (field.axes) {
    const kind = field.type === 'integerOrTensor' ? 'integer or i32 ' : `${[field.dtypes].flat().join(' or ')} `;
    return `${kind}${shapes(field)}${field.broadcast ? ', broadcast' : ''}`;
  }
  return field.type;
}

function ruleText(rule) {
  const name = ({ name, value }) => (value === undefined ? `\`${name}\`` : `\`${name}: ${value}\``);
  const reason = rule.reason ? ` (${rule.reason})` : '';
  switch (rule.kind) {
    case 'divides':
      return `${rule.axes[0]} divides ${rule.axes[1]}${reason}`;
    case 'positive':
      return `${rule.axes[0]} is at least 1`;
    case 'ordered':
      return `${name(rule.when)} is at most ${name(rule.then)}${reason}`;
    case 'excludes':
      return `${name(rule.when)} excludes ${name(rule.then)}${reason}`;
    case 'when_forbid':
      return `${name(rule.when)} excludes ${name(rule.then)}${reason}`;
    default:
      return `${name(rule.when)} needs ${name(rule.then)}${reason}`;
  }
}

const refusedText = ({ name, reason }) => `\`${name}\` (${reason})`;

function section(op) {
  const options = flatOptions(op)
    .filter(isPublic)
    .filter(({ field }) => field.type !== 'group');
  const internal = new Set(op.options.filter((option) => option.internal).map(({ name }) => name));
  const allRules = rules(op).filter(({ when, then }) => !internal.has(when?.name) && !internal.has(then?.name));
  return `## ${title(op)}

${op.doc}

${op.source ? `Sources: ${op.source.join('; ')}.\n\n` : ''}Axes: ${Object.entries(op.axes)
    .map(([axis, doc]) => `${axis} ${doc}`)
    .join(', ')}.

${table(
  ['input', 'shape', 'dtype', 'meaning'],
  op.inputs.map((input) => [
    `\`${input.name}\``,
    `${input.list ? 'list of ' : ''}[${input.axes.join(', ')}]`,
    [input.dtypes ?? 'of their pool'].flat().join(', '),
    input.doc,
  ]),
)}
${table(
  ['option', 'value', 'default', 'meaning'],
  options.map(({ field, path }) => [`\`${path.join('.')}\``, valueText(field), field.default ?? '', field.doc]),
)}
${table(
  ['output', 'shape', 'when', 'meaning'],
  op.outputs.map((output) => [
    `\`${output.name}\``,
    `[${output.axes.join(', ')}]`,
    [output.when ?? 'always']
      .flat()
      .map((one) => `\`${one}\``)
      .join(' and '),
    output.doc,
  ]),
)}${allRules.length ? `\nRules: ${allRules.map(ruleText).join('; ')}.\n` : ''}${
  op.refused ? `\nNot taken: ${refusals(op).map(refusedText).join('; ')}.\n` : ''
}`;
}

export function docFiles({ ops, errors }) {
  const text = `<!-- Generated from native/schema by npm run generate; do not edit. -->
# Operations, options and errors

${ops.map(section).join('\n')}
## Errors

${table(
  ['code', 'class', 'when'],
  errors.map(({ code, class: kind, doc }) => [`\`${code}\``, kind, doc]),
)}`;
  return { 'docs/options.md': text };
}
