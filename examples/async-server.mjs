// Attention inside an HTTP server: calls run on the package's own threads, so the event loop stays free, and a request
// whose client goes away stops its computation.
//   node examples/async-server.mjs            answers two requests of its own and ends
//   node examples/async-server.mjs --serve    keeps serving: curl 'http://localhost:8080/?tokens=2048'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { attention, Tensor } from 'hybrid-attention';

const [heads, dim] = [8, 64];

function randomTokens(tokens) {
  const data = Float32Array.from({ length: tokens * heads * dim }, () => Math.random() - 0.5);
  return Tensor.from(data, [1, tokens, heads, dim]);
}

const server = createServer(async (request, response) => {
  const gone = new AbortController();
  response.on('close', () => response.writableFinished || gone.abort(new Error('the client is gone')));
  try {
    const tokens = Number(new URL(request.url, 'http://localhost').searchParams.get('tokens') ?? 256);
    const [q, k, v] = [randomTokens(tokens), randomTokens(tokens), randomTokens(tokens)];
    const { out } = await attention(q, k, v, { causal: true, signal: gone.signal });
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ shape: out.shape, first: out.data[0] }));
  } catch (error) {
    if (gone.signal.aborted) {
      console.log(`stopped: ${error.message}`);
      return;
    }
    // Every error of the package has a code and a message that names what was expected.
    response.writeHead(error.code?.startsWith('ERR_ATTN_') ? 400 : 500).end(error.message);
  }
});

const serving = process.argv.includes('--serve');
server.listen(serving ? 8080 : 0);
await once(server, 'listening');
const address = `http://localhost:${server.address().port}`;

if (serving) {
  console.log(`serving at ${address}`);
} else {
  const answer = await fetch(`${address}/?tokens=512`);
  console.log('answer:', await answer.json());

  const client = new AbortController();
  setTimeout(() => client.abort(), 50);
  await fetch(`${address}/?tokens=16384`, { signal: client.signal }).catch(() => {});
  server.close();
}
