// A process that ends in the middle of calls, in the way its argument names.
const { Tensor, attention, attentionSync } = require(process.argv[2]);

const tensor = Tensor.zeros([1, 1024, 8, 64]);
const calls = Array.from({ length: 6 }, () => attention(tensor, tensor, tensor));
tensor.data[0] = 1;
switch (process.argv[3]) {
  case 'exit':
    setTimeout(() => process.exit(7), 20);
    break;
  case 'exit-at-once':
    process.exit(7);
    break;
  case 'throw':
    setTimeout(() => {
      throw new Error('on purpose');
    }, 20);
    break;
  case 'finish': // pending calls keep the process alive, settled ones do not
    Promise.all(calls).then((results) => console.log(`finished ${results.length}`));
    break;
  case 'idle':
    attentionSync(Tensor.zeros([1, 1, 1, 1]), Tensor.zeros([1, 1, 1, 1]), Tensor.zeros([1, 1, 1, 1]));
    break;
}
