// C++ derived from the schema: enums, option and call structs, the tables in ops.cc.
import { opTables } from './cpp-tables.mjs';
import { pascal, snake } from './schema.mjs';

export const HEADER = '// Generated from native/schema by npm run generate; do not edit.\n';

// A field or dtype name that is a C++ keyword gets a trailing underscore.
const RESERVED = new Set([
  'bool',
  'default',
  'double',
  'float',
  'int',
  'namespace',
  'register',
  'short',
  'signed',
  'union',
]);
export const identifier = (name) => (RESERVED.has(name) ? `${name}_` : name);
export const member = (name) => identifier(snake(name));

function dtypesHeader({ dtypes }) {
  return `${HEADER}#pragma once

#include <cstdint>

namespace attn {

enum class DType : uint8_t { ${dtypes.map(({ name }) => identifier(name)).join(', ')} };
inline constexpr int kDTypeCount = ${dtypes.length};

constexpr int64_t dtype_bytes(DType dtype) {
  constexpr int64_t bytes[] = {${dtypes.map(({ bytes }) => bytes).join(', ')}};
  return bytes[static_cast<int>(dtype)];
}

constexpr const char* dtype_name(DType dtype) {
  constexpr const char* names[] = {${dtypes.map(({ name }) => `"${name}"`).join(', ')}};
  return names[static_cast<int>(dtype)];
}

}  // namespace attn
`;
}

function errorsHeader({ errors }) {
  const classes = ['Error', 'TypeError', 'RangeError'];
  for (const error of errors) if (!classes.includes(error.class)) throw new Error(`${error.name}: unknown class`);
  return `${HEADER}#pragma once

#include <cstdint>

namespace attn {

enum class ErrorCode : uint8_t {
  ok,
${errors.map(({ name, doc }) => `  ${name},  // ${doc}`).join('\n')}
};

enum class ErrorClass : uint8_t { error, type_error, range_error };

constexpr const char* error_code_string(ErrorCode code) {
  constexpr const char* codes[] = {"", ${errors.map(({ code }) => `"${code}"`).join(', ')}};
  return codes[static_cast<int>(code)];
}

constexpr ErrorClass error_class(ErrorCode code) {
  constexpr ErrorClass classes[] = {
      ErrorClass::error,
${errors.map((error) => `      ErrorClass::${snake(error.class).slice(1)},`).join('\n')}
  };
  return classes[static_cast<int>(code)];
}

}  // namespace attn
`;
}

function opIdsHeader({ ops }) {
  return `${HEADER}#pragma once

#include <cstdint>

namespace attn {

enum class OpId : uint8_t { ${ops.map(({ op }) => op).join(', ')} };

}  // namespace attn
`;
}

const inputType = ({ list, cache }) => (list ? 'TensorList' : cache ? 'CacheView' : 'TensorView');

export const enumType = (op, path) => pascal(`${op.op}_${path.map(snake).join('_')}`);

function fieldType(op, field, path) {
  switch (field.type) {
    case 'number':
      return 'OptionalNumber';
    case 'integer':
      return 'OptionalInteger';
    case 'boolean':
      return 'bool';
    case 'tensor':
      return 'TensorView';
    case 'tensorList':
      return 'TensorList';
    case 'integerOrTensor':
      return 'IntegerOrTensor';
    default:
      return enumType(op, path);
  }
}

function fieldLine(op, field, path) {
  let initial = '';
  if (field.type === 'boolean') initial = ` = ${field.default ?? false}`;
  if (field.type === 'enum') initial = ` = ${enumType(op, path)}::${identifier(field.default ?? 'absent')}`;
  return `  ${fieldType(op, field, path)} ${member(field.name)}${initial};  // ${field.doc}`;
}

function enumDeclarations(op) {
  const enums = op.options
    .flatMap((field) => [[field, [field.name]], ...(field.fields ?? []).map((f) => [f, [field.name, f.name]])])
    .filter(([field]) => field.type === 'enum');
  return enums
    .map(
      ([field, path]) =>
        `enum class ${enumType(op, path)} : int32_t { absent = -1, ${field.values.map(identifier).join(', ')} };\n`,
    )
    .join('');
}

function groupStruct(op, field) {
  return `struct ${enumType(op, [field.name])} {
  bool present = false;
${field.fields.map((inner) => fieldLine(op, inner, [field.name, inner.name])).join('\n')}
};
`;
}

function opHeader(op) {
  const name = pascal(op.op);
  const axes = Object.keys(op.axes);
  return `${HEADER}#pragma once

${op.inputs.some(({ cache }) => cache) ? '#include "attn/cache_view.h"\n' : ''}#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {

${enumDeclarations(op)}
${op.options
  .filter((field) => field.type === 'group')
  .map((field) => groupStruct(op, field))
  .join('\n')}
struct ${name}Options {
${op.options.map((field) => fieldLine(op, field, [field.name])).join('\n')}
};

struct ${name}Axes {
${axes.map((axis) => `  int64_t ${axis} = 0;  // ${op.axes[axis]}`).join('\n')}
};

// ${op.doc}
struct ${name}Call {
${op.inputs.map((input) => `  ${inputType(input)} ${member(input.name)};  // [${input.axes.join(', ')}] ${input.doc}`).join('\n')}
  ${name}Options options;
${op.outputs.map((output) => `  TensorView ${outputMember(op, output)};  // [${output.axes.join(', ')}] ${output.doc}`).join('\n')}
  ${name}Axes axes;  // bound by validate
${op.unbatched ? '  bool unbatched = false;  // the inputs came without their batch axis; set by validate\n' : ''}};

}  // namespace attn
`;
}

// An output may carry an input's name (a state goes in as an option and comes out); inputs keep the plain one.
export const outputMember = (op, output) =>
  op.inputs.some((input) => input.name === output.name) ? `${member(output.name)}_out` : member(output.name);

export function cppFiles(schema) {
  const files = {
    'native/generated/dtypes.h': dtypesHeader(schema),
    'native/generated/errors.h': errorsHeader(schema),
    'native/generated/op_ids.h': opIdsHeader(schema),
    'native/generated/ops.cc': opTables(schema),
  };
  for (const op of schema.ops) files[`native/generated/${op.op}.h`] = opHeader(op);
  return files;
}
