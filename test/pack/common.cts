// A user's CommonJS file: the same through require.
import attn = require('hybrid-attention');

const one = (value: number): attn.Tensor => attn.Tensor.from(new Float32Array([value]), [1, 1, 1, 1]);
const { out } = attn.attentionSync(one(2), one(3), one(5), { causal: true });
if (out.data[0] !== 5) throw new Error(`attentionSync: expected 5, got ${out.data[0]}`);
console.log(`CommonJS: ${attn.info().isa}`);
