// Runs in a worker thread: starts calls, says so, and goes on as its data tells it.
const { parentPort, workerData } = require('node:worker_threads');
const { Tensor, attention, attentionSync } = require(workerData.library);

const tensor = Tensor.zeros(workerData.shape);
const calls = Array.from({ length: workerData.calls }, () => attention(tensor, tensor, tensor));
parentPort.postMessage('started');
if (workerData.then === 'exit') process.exit(0);
if (workerData.then === 'throw') throw new Error('on purpose');
if (workerData.then === 'spin') while (true) attentionSync(tensor, tensor, tensor);
Promise.all(calls).then((results) => parentPort.postMessage(results.length));
