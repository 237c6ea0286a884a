// TypeScript derived from the schema: dtypes, error codes, option and result types, the table the command line reads.
import { camel, flatOptions, isPublic, pascal, title } from './schema.mjs';

const HEADER = '// Generated from native/schema by npm run generate; do not edit.\n';
const quote = (value) => `'${value}'`;
const union = (values) => values.map(quote).join(' | ');

function scalarType(field) {
  switch (field.type) {
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'enum':
      return union(field.values);
    case 'tensor':
      return 'TensorLike';
    case 'integerOrTensor':
      return 'number | TensorLike';
    default:
      return `{ ${field.fields.map((inner) => `${inner.name}?: ${scalarType(inner)} | undefined`).join('; ')} }`;
  }
}

const shapes = (tensor) => (tensor.forms ?? [tensor.axes]).map((axes) => `[${axes.join(', ')}]`).join(' or ');

function optionDoc(field) {
  const shape = field.axes
    ? ` ${shapes(field)}${field.broadcast ? ', broadcast' : ''}, ${[field.dtypes ?? 'i32'].flat().join(' or ')}.`
    : '';
  const range = [
    field.min !== undefined && `≥ ${field.min}`,
    field.exclusiveMin !== undefined && `> ${field.exclusiveMin}`,
    field.max !== undefined && `≤ ${field.max}`,
  ]
    .filter(Boolean)
    .join(', ');
  const fallback = field.default === undefined ? '' : ` Default ${field.default}.`;
  const inner = (field.fields ?? []).map((one) => ` \`${one.name}\`: ${one.doc}.`).join('');
  return `  /** ${/[a-z]/.test(field.doc[0]) ? field.doc[0].toUpperCase() : field.doc[0]}${field.doc.slice(1)}.${inner}${shape}${range ? ` ${range}.` : ''}${fallback} */\n`;
}

const optionLine = (field) => `${optionDoc(field)}  ${field.name}?: ${scalarType(field)} | undefined;\n`;

// A discriminated union: each case narrows the discriminator, requires some options and forbids others.
function unionType(op, name) {
  const { on, cases } = op.variants;
  const field = op.options.find((option) => option.name === on);
  const byName = new Map(op.options.map((option) => [option.name, option]));
  const governed = new Set(Object.values(cases).flatMap((one) => [...(one.require ?? []), ...(one.forbid ?? [])]));
  const variants = Object.entries(cases).map(([value, one]) => {
    const lines = [
      `${optionDoc(field)}  ${on}${value === field.default ? '?' : ''}: ${quote(value)}${value === field.default ? ' | undefined' : ''};\n`,
    ];
    for (const option of governed) {
      if (one.forbid?.includes(option)) lines.push(`  ${option}?: undefined;\n`);
      else if (one.require?.includes(option))
        lines.push(`${optionDoc(byName.get(option))}  ${option}: ${scalarType(byName.get(option))};\n`);
      else lines.push(optionLine(byName.get(option)));
    }
    return {
      type: `${name}${pascal(value)}`,
      text: `export interface ${name}${pascal(value)} extends ${name}Common {\n${lines.join('')}}\n`,
    };
  });
  const common = op.options.filter((option) => option.name !== on && !governed.has(option.name) && !option.internal);
  return (
    `export interface ${name}Common extends CallOptions {\n${common.map(optionLine).join('')}${outOption(op)}}\n\n${variants.map((one) => one.text).join('\n')}\n` +
    `export type ${name}By${on[0].toUpperCase()}${on.slice(1)} = ${variants.map((one) => one.type).join(' | ')};\n`
  );
}

const outOption = (op) =>
  op.outputs
    .filter((output) => output.option)
    .map(
      (output) =>
        `  /**\n   * Where to write \`${output.name}\` [${output.axes.join(', ')}]; must not overlap an input. A call that fails or is aborted may leave\n   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.\n   */\n  ${output.option}?: Tensor | undefined;\n`,
    )
    .join('');

function opFile(op) {
  const name = pascal(op.op);
  const options = op.variants
    ? unionType(op, `${name}Options`)
    : `export interface ${name}Options extends CallOptions {\n${op.options
        .filter((option) => !option.internal)
        .map(optionLine)
        .join('')}${outOption(op)}}\n`;
  const results = op.outputs.map((output) => {
    const when = [output.when ?? []].flat();
    const condition = when.length ? ` Present with ${when.map((one) => `\`${one}\``).join(' and ')}.` : '';
    return `  /** ${output.doc} [${output.axes.join(', ')}].${condition} */\n  ${output.name}${when.length ? '?' : ''}: Tensor;\n`;
  });
  const usesLike = op.options.some((field) => /TensorLike/.test(scalarType(field)));
  return `${HEADER}import type { CallOptions } from '../ops/call-options';
import type { Tensor${usesLike ? ', TensorLike' : ''} } from '../tensor';

/** Options of ${title(op)}. ${op.doc} */
${options}
/** Tensors that ${title(op)} returns. */
export interface ${name}Result {
${results.join('')}}
`;
}

function dtypesFile({ dtypes }) {
  return `${HEADER}
export type DType = ${union(dtypes.map(({ name }) => name))};

/** Bytes of one element. */
export const dtypeBytes: Readonly<Record<DType, number>> = {
${dtypes.map(({ name, bytes }) => `  ${name}: ${bytes},`).join('\n')}
};
`;
}

function errorsFile({ errors }) {
  return `${HEADER}
${errors.map(({ code, doc, class: kind }) => `/** ${kind}: ${doc} */\nexport type ${pascal(code.toLowerCase())} = ${quote(code)};`).join('\n')}

/** The \`code\` of every error this package throws. */
export type ErrorCode =
${errors.map(({ code }) => `  | ${quote(code)}`).join('\n')};
`;
}

function tableFile({ ops }) {
  const rows = ops.map((op) => ({
    name: camel(op.op),
    title: title(op),
    doc: op.doc,
    source: op.source ?? [],
    inputs: op.inputs.map(({ name, axes, doc, list, cache }) => ({
      name,
      shape: `[${axes.join(', ')}]`,
      doc,
      ...(list && { list }),
      ...(cache && { cache }),
    })),
    options: flatOptions(op)
      .filter(isPublic)
      .filter(({ field }) => field.type !== 'group')
      .map(({ field, path }) => ({
        name: path.join('.'),
        type: field.type,
        doc: field.doc,
        ...(field.values && { values: field.values }),
        ...(field.default !== undefined && { default: field.default }),
        ...(field.axes && { shape: shapes(field) }),
      })),
    outputs: op.outputs.map(({ name, axes, doc, when }) => ({
      name,
      shape: `[${axes.join(', ')}]`,
      doc,
      when: [when ?? []].flat(),
    })),
  }));
  return `${HEADER}
export interface OpInfo {
  name: string;
  /** The function that makes its calls, as pages and tables name it. */
  title: string;
  doc: string;
  source: readonly string[];
  inputs: readonly { name: string; shape: string; doc: string; list?: boolean; cache?: boolean }[];
  options: readonly {
    name: string;
    type: 'number' | 'integer' | 'boolean' | 'enum' | 'tensor' | 'integerOrTensor';
    doc: string;
    values?: readonly string[];
    default?: string | number | boolean;
    shape?: string;
  }[];
  outputs: readonly { name: string; shape: string; doc: string; when: readonly string[] }[];
}

/** Every operation with its inputs, options and outputs, as the schema states them. */
export const opTable: readonly OpInfo[] = ${JSON.stringify(rows, null, 2)};
`;
}

export function typescriptFiles(schema) {
  const files = {
    'lib/generated/dtypes.ts': dtypesFile(schema),
    'lib/generated/errors.ts': errorsFile(schema),
    'lib/generated/op-table.ts': tableFile(schema),
  };
  for (const op of schema.ops) files[`lib/generated/${op.op.replaceAll('_', '-')}.ts`] = opFile(op);
  return files;
}
