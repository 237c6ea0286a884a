// Where ArrayBuffers over native memory are not allowed and memory is short: asks for the data of a large tensor.
const { Tensor } = require(process.argv[2]);

const attempt = (call) => {
  try {
    return call();
  } catch ({ code, message }) {
    return { code, message };
  }
};
const large = Tensor.empty([2 ** 28]);
const blocks = [];
let full;
while (full === undefined) {
  const block = attempt(() => Tensor.empty([2 ** 26]));
  if (block instanceof Tensor) blocks.push(block);
  else full = block;
}
blocks.pop().dispose(); // some memory for the runtime itself
const data = attempt(() => large.data.length);
const small = attempt(() => Tensor.zeros([4]).data.length);
console.log(JSON.stringify({ full, data, small }));
