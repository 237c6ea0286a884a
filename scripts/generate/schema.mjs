// Reads native/schema into one model and refuses what the generators would misread.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (dir, name) => JSON.parse(readFileSync(join(dir, name), 'utf8'));

export const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
export const pascal = (name) => camel(`_${snake(name)}`);

const FIELD_TYPES = ['number', 'integer', 'boolean', 'enum', 'tensor', 'tensorList', 'integerOrTensor', 'group'];
const FIELD_KEYS = new Set([
  'name',
  'type',
  'doc',
  'default',
  'min',
  'max',
  'exclusiveMin',
  'values',
  'axes',
  'forms',
  'dtypes',
  'broadcast',
  'strided',
  'packed',
  'packs',
  'elements',
  'fields',
  'internal',
]);

function checkField(op, field, path) {
  const where = `${op.op}.${path}`;
  if (!FIELD_TYPES.includes(field.type)) throw new Error(`${where}: unknown type ${field.type}`);
  for (const key of Object.keys(field)) if (!FIELD_KEYS.has(key)) throw new Error(`${where}: unknown key ${key}`);
  if (!field.doc) throw new Error(`${where}: no doc`);
  if (['tensor', 'tensorList'].includes(field.type) && !field.dtypes) throw new Error(`${where}: no dtypes`);
  for (const inner of field.fields ?? []) checkField(op, inner, `${path}.${inner.name}`);
}

// The function that makes the calls of an operation: two may share one, and differ in their inputs.
export const functionOf = (op) => op.function ?? camel(op.op);

// How pages and tables call the operation.
export function title(op) {
  const cache = op.inputs.find((input) => input.cache);
  return cache ? `${functionOf(op)} over ${cache.name}` : functionOf(op);
}

// Options that the library itself fills are in the native tables alone.
export const isPublic = ({ field }) => !field.internal;

// Every option, groups opened, as { field, path: ['window', 'left'] }.
export function flatOptions(op) {
  return op.options.flatMap((field) =>
    field.type === 'group'
      ? [
          { field, path: [field.name] },
          ...field.fields.map((inner) => ({ field: inner, path: [field.name, inner.name] })),
        ]
      : [{ field, path: [field.name] }],
  );
}

export function findOption(op, name) {
  const found = flatOptions(op).find(({ path }) => path.join('.') === name);
  if (!found) throw new Error(`${op.op}: a rule names the unknown option ${name}`);
  return found;
}

// Rules in one form: { kind, when: {name, value?}, then: {name, value?}, reason } and { kind: 'divides' | 'positive', axes }.
export function rules(op) {
  const out = [];
  for (const [value, variant] of Object.entries(op.variants?.cases ?? {})) {
    const when = { name: op.variants.on, value };
    const reason = variant.reason ?? '';
    for (const name of variant.require ?? []) out.push({ kind: 'when_require', when, then: { name }, reason });
    for (const name of variant.forbid ?? []) out.push({ kind: 'when_forbid', when, then: { name }, reason });
  }
  for (const rule of op.constraints ?? []) {
    const reason = rule.reason ?? '';
    if (rule.divides) out.push({ kind: 'divides', axes: rule.divides, reason });
    for (const axis of rule.positive ?? []) out.push({ kind: 'positive', axes: [axis, axis], reason });
    if (rule.excludes) {
      out.push({ kind: 'excludes', when: { name: rule.excludes[0] }, then: { name: rule.excludes[1] }, reason });
    }
    if (rule.ordered) {
      out.push({ kind: 'ordered', when: { name: rule.ordered[0] }, then: { name: rule.ordered[1] }, reason });
    }
    if (rule.needs) out.push({ kind: 'needs', when: { name: rule.needs[0] }, then: { name: rule.needs[1] }, reason });
    if (rule.when) {
      const [[name, value]] = Object.entries(rule.when);
      const when = { name, value };
      for (const other of rule.forbid ?? []) out.push({ kind: 'when_forbid', when, then: { name: other }, reason });
      const required = Array.isArray(rule.require)
        ? rule.require.map((other) => [other, undefined])
        : Object.entries(rule.require ?? {});
      for (const [other, wanted] of required) {
        out.push({ kind: 'when_require', when, then: { name: other, value: wanted }, reason });
      }
    }
  }
  return out;
}

// Options that another operation of the same function has, each with the reason why this one does not take it.
export const refusals = (op) =>
  (op.refused ?? []).flatMap(({ options, reason }) => options.map((name) => ({ name, reason })));

function checkRefusals(ops) {
  for (const op of ops) {
    const own = new Set(op.options.map(({ name }) => name));
    const refused = new Set(refusals(op).map(({ name }) => name));
    const elsewhere = new Set(
      ops
        .filter((other) => other !== op && functionOf(other) === functionOf(op))
        .flatMap(({ options }) => options.map(({ name }) => name)),
    );
    for (const name of refused) {
      if (own.has(name) || !elsewhere.has(name)) throw new Error(`${op.op}: ${name} cannot be refused`);
    }
    for (const name of elsewhere) {
      if (!own.has(name) && !refused.has(name)) throw new Error(`${op.op}: no reason to refuse ${name}`);
    }
  }
}

export function readSchema(dir) {
  const ops = readdirSync(dir)
    .filter((name) => name.endsWith('.json') && !['dtypes.json', 'errors.json'].includes(name))
    .sort()
    .map((name) => read(dir, name));
  for (const op of ops) {
    op.options ??= [];
    for (const field of op.options) checkField(op, field, field.name);
    for (const rule of rules(op)) {
      if (rule.when) findOption(op, rule.when.name);
      if (rule.then) findOption(op, rule.then.name);
    }
  }
  checkRefusals(ops);
  return { dtypes: read(dir, 'dtypes.json'), errors: read(dir, 'errors.json'), ops };
}
