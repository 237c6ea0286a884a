// Writes an ONNX model of one node as protobuf bytes: the few fields of onnx.proto that such a model needs.

const varint = (value) => {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
};

const wire = { varint: 0, bytes: 2, float: 5 };
const tag = (field, type) => varint((field << 3) | type);
const integer = (field, value) => Buffer.concat([tag(field, wire.varint), varint(value)]);
const message = (field, ...parts) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([tag(field, wire.bytes), varint(body.length), body]);
};
const text = (field, value) => message(field, Buffer.from(value, 'utf8'));
const float = (field, value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([tag(field, wire.float), bytes]);
};

// AttributeProto: name 1, f 2, i 3, s 4, type 20 (FLOAT 1, INT 2, STRING 3). A float is written { float: x }.
function attribute(name, value) {
  if (typeof value === 'string') return [text(1, name), text(4, value), integer(20, 3)];
  if (typeof value === 'object') return [text(1, name), float(2, value.float), integer(20, 1)];
  return [text(1, name), integer(3, value), integer(20, 2)];
}

const elementTypes = { float32: 1, int32: 6 };

// ValueInfoProto { name 1, type 2 { tensor_type 1 { elem_type 1 } } }; shapes are left open.
const value = ({ name, type = 'float32' }) => [text(1, name), message(2, message(1, integer(1, elementTypes[type])))];

/**
 * A model whose graph is the one node.
 * @param {{ op: string, domain: string, inputs: ({ name: string, type?: 'float32' | 'int32' } | undefined)[],
 *   outputs: { name: string }[], attributes?: Record<string, number | string | { float: number }> }} node
 *   An input that the node leaves out is undefined.
 */
export function onnxModel({ op, domain, inputs, outputs, attributes = {} }) {
  const node = [
    ...inputs.map((input) => text(1, input?.name ?? '')),
    ...outputs.map(({ name }) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, content]) => message(5, ...attribute(name, content))),
    text(7, domain),
  ];
  const graph = [
    message(1, ...node),
    text(2, op),
    ...inputs.filter(Boolean).map((input) => message(11, ...value(input))),
    ...outputs.map((output) => message(12, ...value(output))),
  ];
  return new Uint8Array(
    Buffer.concat([
      integer(1, 10), // ir_version
      message(7, ...graph),
      message(8, text(1, ''), integer(2, 21)), // opset_import
      message(8, text(1, domain), integer(2, 1)),
    ]),
  );
}
