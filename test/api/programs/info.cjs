// Prints what this process computes with, or the code and message of the error that says why not.
const { Tensor, info, l2NormSync } = require(process.argv[2]);

const attempt = (call) => {
  try {
    return call();
  } catch ({ code, message }) {
    return { code, message };
  }
};
const { isa, threads, code, message } = attempt(info);
const call = attempt(() => l2NormSync(Tensor.zeros([1, 1, 1, 8])).out.shape);
console.log(JSON.stringify({ isa, threads, code, message, call }));
