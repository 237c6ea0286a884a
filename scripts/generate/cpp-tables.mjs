// native/generated/ops.cc: the tables of attn/op_desc.h.
import { HEADER, identifier, member, outputMember } from './cpp.mjs';
import { camel, findOption, functionOf, pascal, refusals, rules } from './schema.mjs';

const text = (value) => JSON.stringify(value);

class OpWriter {
  constructor(op, dtypes) {
    this.op = op;
    this.call = `${pascal(op.op)}Call`;
    this.axes = Object.keys(op.axes);
    this.dtypes = dtypes.map(({ name }) => name);
    this.lines = [];
    this.counter = 0;
  }

  name(stem) {
    this.counter += 1;
    return `${stem}_${this.counter}`;
  }

  array(type, stem, items) {
    if (items.length === 0) return 'nullptr';
    const name = this.name(stem);
    this.lines.push(`constexpr ${type} ${name}[] = {${items.join(', ')}};`);
    return name;
  }

  axisRef(axis) {
    const [, name, sign, digits] = /^([A-Za-z]+)?([+-])?(\d+)?$/.exec(axis) ?? [];
    const plus = digits && Number(`${sign ?? ''}${digits}`);
    const index = name === undefined ? -1 : this.axes.indexOf(name);
    if (name !== undefined && index < 0) throw new Error(`${this.op.op}: unknown axis ${axis}`);
    return `{${index}, ${plus ?? 0}}`;
  }

  form(axes) {
    return `{${this.array(
      'AxisRef',
      'axes',
      axes.map((axis) => this.axisRef(axis)),
    )}, ${axes.length}}`;
  }

  tensorSpec(tensor) {
    const names = [tensor.dtypes ?? tensor.dtype ?? (tensor.cache ? [] : 'i32')].flat();
    const first = this.op.inputs[0].name;
    const mask = names
      .filter((name) => name !== first)
      .map((name) => {
        const index = this.dtypes.indexOf(name);
        if (index < 0) throw new Error(`${this.op.op}.${tensor.name}: unknown dtype ${name}`);
        return `1u << ${index}`;
      });
    const forms = (tensor.forms ?? []).map((axes) => this.form(axes));
    const elements = tensor.elements ?? {};
    const limit = typeof elements.max === 'string' ? this.axisRef(elements.max) : '{-1, 0}';
    const name = this.name('spec');
    this.lines.push(
      `constexpr TensorSpec ${name} = {${mask.join(' | ') || '0'}, ${names.includes(first)}, ${tensor.broadcast ?? false}, ` +
        `${tensor.strided ?? false}, ${Boolean(tensor.packed)}, ${elements.offsets ?? false}, ${this.form(tensor.axes)}, ` +
        `${this.array('AxisForm', 'forms', forms)}, ${forms.length}, ` +
        `${elements.min ?? 'INT32_MIN'}, ${typeof elements.max === 'number' ? elements.max : 'INT32_MAX'}, ${limit}};`,
    );
    return `&${name}`;
  }

  // Designators of a field: its member path in the call struct and its JavaScript path.
  field(field, memberPath, jsPath) {
    const kinds = {
      number: 'number',
      integer: 'integer',
      boolean: 'boolean',
      enum: 'enumeration',
      tensor: 'tensor',
      integerOrTensor: 'integer_or_tensor',
      group: 'group',
      tensorList: 'tensor_list',
      cache: 'cache',
    };
    const values = field.type === 'enum' ? this.array('const char*', 'values', field.values.map(text)) : 'nullptr';
    const inner =
      field.type === 'group'
        ? this.array(
            'FieldDesc',
            'fields',
            field.fields.map((f) => this.field(f, `${memberPath}.${member(f.name)}`, `${jsPath}.${f.name}`)),
          )
        : 'nullptr';
    const tensor = ['tensor', 'integerOrTensor', 'tensorList', 'cache'].includes(field.type)
      ? this.tensorSpec(field)
      : 'nullptr';
    const present = field.type === 'group' ? `offsetof(${this.call}, ${memberPath}.present)` : '0';
    return (
      `{${text(field.name)}, ${text(jsPath)}, FieldKind::${kinds[field.type]}, offsetof(${this.call}, ${memberPath}), ${present}, ` +
      `${values}, ${field.values?.length ?? 0}, ${inner}, ${field.fields?.length ?? 0}, ${tensor}, ` +
      `${field.exclusiveMin ?? field.min ?? '-kUnbounded'}, ${field.max ?? 'kUnbounded'}, ${field.exclusiveMin !== undefined}, ${Boolean(field.internal)}}`
    );
  }

  output(output) {
    const flags = [output.when ?? []].flat().map((name) => findOption(this.op, name));
    const when = flags.map(({ path }) => `offsetof(${this.call}, options.${path.map(member).join('.')})`);
    const isEnum = flags.map(({ field }) => String(field.type === 'enum'));
    const sameDtype = output.dtype === this.op.inputs[0].name;
    const fromOption = output.dtype?.startsWith('option:') ? output.dtype.slice(7) : null;
    const choices = fromOption ? findOption(this.op, fromOption).field.values : [];
    if (choices.some((name, i) => name !== this.dtypes[i]))
      throw new Error(`${this.op.op}: the values of ${fromOption} are not dtypes in their order`);
    const dtype = sameDtype ? -1 : fromOption ? -2 : this.dtypes.indexOf(output.dtype);
    if (dtype === -1 && !sameDtype)
      throw new Error(`${this.op.op}: output ${output.name} has the unknown dtype ${output.dtype}`);
    const spec = this.tensorSpec({
      ...output,
      dtypes: sameDtype ? [this.op.inputs[0].name] : fromOption ? [this.op.inputs[0].name, ...choices] : [output.dtype],
    });
    return (
      `{${text(output.name)}, ${output.option ? text(output.option) : 'nullptr'}, offsetof(${this.call}, ${outputMember(this.op, output)}), ${spec}, ` +
      `${this.form(output.order ?? output.axes)}, ${dtype}, ${fromOption ? `offsetof(${this.call}, options.${member(fromOption)})` : 0}, ` +
      `${this.array('uint32_t', 'when', when)}, ${this.array('bool', 'when_enum', isEnum)}, ${when.length}}`
    );
  }

  condition({ name, value }) {
    const { field, path } = findOption(this.op, name);
    const index = this.op.options.findIndex((option) => option.name === path[0]);
    let pointer = `&options_${this.op.op}[${index}]`;
    if (path.length === 2) {
      const group = this.op.options[index];
      pointer = `&options_${this.op.op}[${index}].fields[${group.fields.indexOf(field)}]`;
    }
    if (value === undefined) return `{${pointer}, false, 0}`;
    const number = field.type === 'enum' ? field.values.indexOf(value) : Number(value);
    if (number < 0 || Number.isNaN(number)) throw new Error(`${this.op.op}: ${name} has no value ${value}`);
    return `{${pointer}, true, ${number}}`;
  }

  rule(rule) {
    if (rule.axes) {
      const [a, b] = rule.axes.map((axis) => this.axes.indexOf(axis));
      return `{RuleKind::${rule.kind}, ${a}, ${b}, {}, {}, ${text(rule.reason)}}`;
    }
    return `{RuleKind::${rule.kind}, -1, -1, ${this.condition(rule.when)}, ${this.condition(rule.then)}, ${text(rule.reason)}}`;
  }

  table(type, name, items) {
    if (items.length === 0) return 'nullptr';
    this.lines.push(`constexpr ${type} ${name}[] = {\n    ${items.join(',\n    ')},\n};`);
    return name;
  }

  write() {
    const { op } = this;
    const inputs = this.table(
      'FieldDesc',
      `inputs_${op.op}`,
      op.inputs.map((input) =>
        this.field(
          { ...input, type: input.list ? 'tensorList' : input.cache ? 'cache' : 'tensor' },
          member(input.name),
          input.name,
        ),
      ),
    );
    const options = this.table(
      'FieldDesc',
      `options_${op.op}`,
      op.options.map((field) => this.field(field, `options.${member(field.name)}`, field.name)),
    );
    const outputs = this.table(
      'OutputDesc',
      `outputs_${op.op}`,
      op.outputs.map((output) => this.output(output)),
    );
    const axes = this.table(
      'AxisDesc',
      `axes_${op.op}`,
      this.axes.map((axis) => {
        const max = op.derived?.[axis]?.max ?? [];
        return `{${text(axis)}, ${text(op.axes[axis])}, ${this.array(
          'int8_t',
          'max_of',
          max.map((a) => this.axes.indexOf(a)),
        )}, ${max.length}}`;
      }),
    );
    const ruleRows = this.table(
      'RuleDesc',
      `rules_${op.op}`,
      rules(op).map((rule) => this.rule(rule)),
    );
    const refused = this.table(
      'RefusedOption',
      `refused_${op.op}`,
      refusals(op).map(({ name, reason }) => `{${text(name)}, ${text(reason)}}`),
    );
    const packing = op.options.findIndex((field) => field.packs);
    const row =
      `{OpId::${op.op}, ${text(op.op)}, ${text(functionOf(op))}, ${text(camel(op.op))}, sizeof(${this.call}), construct<${this.call}>, ` +
      `${inputs}, ${op.inputs.length}, ${options}, ${op.options.length}, ${outputs}, ${op.outputs.length}, ${axes}, ${this.axes.length}, ` +
      `offsetof(${this.call}, axes), ${packing < 0 ? 'nullptr' : `&options_${op.op}[${packing}]`}, ` +
      `${op.unbatched ? `offsetof(${this.call}, unbatched)` : 0}, ${ruleRows}, ${rules(op).length}, ${refused}, ${refusals(op).length}}`;
    return { text: this.lines.join('\n'), row };
  }
}

export function opTables({ ops, dtypes }) {
  const written = ops.map((op) => new OpWriter(op, dtypes).write());
  return `${HEADER}#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>

#include "attn/op_desc.h"
${ops.map(({ op }) => `#include "generated/${op}.h"`).join('\n')}

namespace attn {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

template <typename Call>
void construct(void* call) {
  new (call) Call();
}

${written.map((op, index) => `// ${ops[index].op}\nnamespace ${identifier(ops[index].op)}_tables {\n${op.text}\n}  // namespace ${ops[index].op}_tables`).join('\n\n')}

}  // namespace

OpTable op_table() {
${ops.map((op) => `  using namespace ${op.op}_tables;`).join('\n')}
  static constexpr OpDesc rows[] = {
${written.map((op) => `      ${op.row},`).join('\n')}
  };
  return {rows, ${ops.length}};
}

const OpDesc& op_desc(OpId id) { return op_table().rows[static_cast<int>(id)]; }

}  // namespace attn
`;
}
