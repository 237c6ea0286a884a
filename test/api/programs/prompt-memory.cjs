// Appends a prompt to a cached sequence and prints how many MiB the process took beyond what it had before.
const { readFileSync, writeFileSync } = require('node:fs');
const [library, tokens] = process.argv.slice(2);
const { CachePool, Tensor, attentionSync, setThreads } = require(library);

setThreads(2);
const statusMiB = (field) => {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(status.match(new RegExp(`${field}:\\s*(\\d+)`))[1]) / 1024;
};
const pool = new CachePool({ kvHeads: 4, keyDim: 32, pages: Math.ceil(tokens / 16) });
const touched = pool.sequence();
for (let at = 0; at < tokens; at += 16) {
  const [q, kv] = [Tensor.zeros([1, 16, 8, 32]), Tensor.zeros([1, 16, 4, 32])];
  attentionSync(q, [touched], { window: { left: 0, right: 0 }, append: { key: kv, value: kv } });
}
touched.dispose(); // the pool's pages are there, and what small calls need
const count = Number(tokens);
const [q, kv] = [Tensor.zeros([1, count, 8, 32]), Tensor.zeros([1, count, 4, 32])];
const out = Tensor.zeros([1, count, 8, 32]);
for (const tensor of [q, kv, out]) tensor.data.fill(1); // every page is there
const sequence = pool.sequence();
writeFileSync('/proc/self/clear_refs', '5'); // the peak starts from here
const before = statusMiB('VmRSS');
attentionSync(q, [sequence], { causal: true, append: { key: kv, value: kv }, out });
console.log(statusMiB('VmHWM') - before);
