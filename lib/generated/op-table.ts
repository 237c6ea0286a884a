// Generated from native/schema by npm run generate; do not edit.

export interface OpInfo {
  name: string;
  /** The function that makes its calls, as pages and tables name it. */
  title: string;
  doc: string;
  source: readonly string[];
  inputs: readonly { name: string; shape: string; doc: string; list?: boolean; cache?: boolean }[];
  options: readonly {
    name: string;
    type: 'number' | 'integer' | 'boolean' | 'enum' | 'tensor' | 'integerOrTensor';
    doc: string;
    values?: readonly string[];
    default?: string | number | boolean;
    shape?: string;
  }[];
  outputs: readonly { name: string; shape: string; doc: string; when: readonly string[] }[];
}

/** Every operation with its inputs, options and outputs, as the schema states them. */
export const opTable: readonly OpInfo[] = [
  {
    "name": "activation",
    "title": "activation",
    "doc": "Elementwise: out = function(x) · multiply. SiLU, sigmoid and their gated products between a layer's projections and its attention.",
    "source": [
      "arXiv 2002.05202 (gated linear units)"
    ],
    "inputs": [
      {
        "name": "x",
        "shape": "[B, T, H, D]",
        "doc": "values"
      }
    ],
    "options": [
      {
        "name": "function",
        "type": "enum",
        "doc": "applied to x",
        "values": [
          "identity",
          "silu",
          "sigmoid",
          "softplus",
          "relu",
          "tanh",
          "exp"
        ],
        "default": "silu"
      },
      {
        "name": "scale",
        "type": "number",
        "doc": "factor on function(x); 1 when absent"
      },
      {
        "name": "multiply",
        "type": "tensor",
        "doc": "factor on function(x), element by element",
        "shape": "[B, T, H, D]"
      },
      {
        "name": "add",
        "type": "tensor",
        "doc": "added to the product",
        "shape": "[B, T, H, D]"
      },
      {
        "name": "outDtype",
        "type": "enum",
        "doc": "dtype of out; that of x when absent. Gates and write strengths of linear attention should stay f32",
        "values": [
          "f32"
        ]
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, H, D]",
        "doc": "scale · function(x) · multiply + add",
        "when": []
      }
    ]
  },
  {
    "name": "attention",
    "title": "attention",
    "doc": "Softmax attention: out = softmax(scale · q kᵀ + bias) v per query head, each query head reading key head floor(h · Hkv / Hq).",
    "source": [
      "arXiv 1706.03762",
      "arXiv 2205.14135 (online softmax over tiles)",
      "arXiv 2309.17453 (sinks)",
      "arXiv 2108.12409 (ALiBi)"
    ],
    "inputs": [
      {
        "name": "q",
        "shape": "[B, T, Hq, K]",
        "doc": "queries"
      },
      {
        "name": "k",
        "shape": "[B, S, Hkv, K]",
        "doc": "keys"
      },
      {
        "name": "v",
        "shape": "[B, S, Hkv, V]",
        "doc": "values"
      }
    ],
    "options": [
      {
        "name": "scale",
        "type": "number",
        "doc": "factor on q·k; 1/√K when absent"
      },
      {
        "name": "causal",
        "type": "boolean",
        "doc": "query at position p sees keys 0…p",
        "default": false
      },
      {
        "name": "queryStart",
        "type": "integerOrTensor",
        "doc": "position of the first query among the keys; when absent the last query stands at the last key that counts (S − T, or kvLengths − T, of each sequence), which aligns causal to the bottom right; 0 aligns it to the top left, as a batch of prompts padded on the right needs",
        "shape": "[B]"
      },
      {
        "name": "window.left",
        "type": "integer",
        "doc": "keys before the query's own position"
      },
      {
        "name": "window.right",
        "type": "integer",
        "doc": "keys after the query's own position"
      },
      {
        "name": "chunk",
        "type": "integer",
        "doc": "query at position p sees only keys j with floor(j / chunk) = floor(p / chunk)"
      },
      {
        "name": "block",
        "type": "integer",
        "doc": "block-causal: query at position p sees keys j with floor(j / block) ≤ floor(p / block)"
      },
      {
        "name": "softcap",
        "type": "number",
        "doc": "scaled scores become softcap · tanh(score / softcap), before bias, ALiBi and masks"
      },
      {
        "name": "sinks",
        "type": "tensor",
        "doc": "one extra logit per head in the softmax's sum, without a value",
        "shape": "[Hq]"
      },
      {
        "name": "bias",
        "type": "tensor",
        "doc": "added to the scaled scores; −∞ hides a key",
        "shape": "[B, Hq, T, S]"
      },
      {
        "name": "mask",
        "type": "tensor",
        "doc": "true where the query may see the key",
        "shape": "[B, Hq, T, S]"
      },
      {
        "name": "alibiSlopes",
        "type": "tensor",
        "doc": "adds slope · (j − p) for key j and query position p",
        "shape": "[Hq]"
      },
      {
        "name": "kvLengths",
        "type": "integerOrTensor",
        "doc": "keys of each sequence that count: key j is visible when j < kvLengths; without queryStart the last query stands at the last of them",
        "shape": "[B]"
      },
      {
        "name": "kvStart",
        "type": "integerOrTensor",
        "doc": "first key of each sequence that counts (left padding): key j is visible when j ≥ kvStart",
        "shape": "[B]"
      },
      {
        "name": "cuSeqlens.q",
        "type": "tensor",
        "doc": "start of each sequence among the query tokens, and their count",
        "shape": "[B+1]"
      },
      {
        "name": "cuSeqlens.k",
        "type": "tensor",
        "doc": "start of each sequence among the key tokens, and their count",
        "shape": "[B+1]"
      },
      {
        "name": "keyIndices",
        "type": "tensor",
        "doc": "the keys each query sees, all other rules applied on top; −1 is no key, a key named twice counts once for each",
        "shape": "[B, T, I] or [B, T, Hkv, I]"
      },
      {
        "name": "queryScale",
        "type": "tensor",
        "doc": "further factor on the scores of each query (temperature by position)",
        "shape": "[B, T]"
      },
      {
        "name": "gate",
        "type": "tensor",
        "doc": "out is multiplied by sigmoid(gate)",
        "shape": "[B, T, Hq, V]"
      },
      {
        "name": "returnLse",
        "type": "boolean",
        "doc": "also return the log-sum-exp of each row; sinks are not counted in it",
        "default": false
      },
      {
        "name": "scores",
        "type": "enum",
        "doc": "also return the [B, Hq, T, S] matrix: raw = scaled q·k; capped = after softcap; biased = with bias, ALiBi and masks (−∞); weights = after softmax. For pictures and tests, not a fast path",
        "values": [
          "raw",
          "capped",
          "biased",
          "weights"
        ]
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, Hq, V]",
        "doc": "attention result; a row that may attend to nothing is zero",
        "when": []
      },
      {
        "name": "lse",
        "shape": "[B, Hq, T]",
        "doc": "natural log of the sum over the keys; −∞ for an empty row",
        "when": [
          "returnLse"
        ]
      },
      {
        "name": "scores",
        "shape": "[B, Hq, T, S]",
        "doc": "the matrix named by the option",
        "when": [
          "scores"
        ]
      }
    ]
  },
  {
    "name": "cachedAttention",
    "title": "attention over sequences",
    "doc": "Softmax attention over the keys and values of cached sequences. `append` is written to the sequences first; they keep it when the call succeeds.",
    "source": [
      "arXiv 1706.03762",
      "arXiv 2309.06180 (paged caches)"
    ],
    "inputs": [
      {
        "name": "q",
        "shape": "[B, T, Hq, K]",
        "doc": "queries; the last of them stands at the last position"
      },
      {
        "name": "sequences",
        "shape": "[B, Hkv, K, V]",
        "doc": "cached sequences of one pool, one per batch entry",
        "cache": true
      }
    ],
    "options": [
      {
        "name": "append.key",
        "type": "tensor",
        "doc": "keys",
        "shape": "[B, T, Hkv, K]"
      },
      {
        "name": "append.value",
        "type": "tensor",
        "doc": "values; none where the pool takes them from the keys",
        "shape": "[B, T, Hkv, V]"
      },
      {
        "name": "scale",
        "type": "number",
        "doc": "factor on q·k; 1/√K when absent"
      },
      {
        "name": "causal",
        "type": "boolean",
        "doc": "query at position p sees keys 0…p",
        "default": false
      },
      {
        "name": "window.left",
        "type": "integer",
        "doc": "keys before the query's own position"
      },
      {
        "name": "window.right",
        "type": "integer",
        "doc": "keys after the query's own position"
      },
      {
        "name": "chunk",
        "type": "integer",
        "doc": "query at position p sees only keys j with floor(j / chunk) = floor(p / chunk)"
      },
      {
        "name": "block",
        "type": "integer",
        "doc": "block-causal: query at position p sees keys j with floor(j / block) ≤ floor(p / block)"
      },
      {
        "name": "softcap",
        "type": "number",
        "doc": "scaled scores become softcap · tanh(score / softcap)"
      },
      {
        "name": "sinks",
        "type": "tensor",
        "doc": "one extra logit per head in the softmax's sum, without a value",
        "shape": "[Hq]"
      },
      {
        "name": "bias",
        "type": "tensor",
        "doc": "added to the scaled scores; column j is for the key at position j, those behind a sequence's end go unread; −∞ hides a key",
        "shape": "[B, Hq, T, S]"
      },
      {
        "name": "mask",
        "type": "tensor",
        "doc": "true where the query may see the key: column j is for the key at position j, those behind a sequence's end go unread",
        "shape": "[B, Hq, T, S]"
      },
      {
        "name": "alibiSlopes",
        "type": "tensor",
        "doc": "adds slope · (j − p) for key j and query position p",
        "shape": "[Hq]"
      },
      {
        "name": "cuSeqlens",
        "type": "tensor",
        "doc": "how q and append are cut: offsets of the sequences among the query tokens, when these differ in number and have no batch axis; the keys are the sequences' own",
        "shape": "[B+1]"
      },
      {
        "name": "keyIndices",
        "type": "tensor",
        "doc": "positions in the query's own sequence of the keys it sees, all other rules applied on top; −1 is no key, nor is a position that a pool's window has dropped; a key named twice counts once for each",
        "shape": "[B, T, I] or [B, T, Hkv, I]"
      },
      {
        "name": "queryScale",
        "type": "tensor",
        "doc": "further factor on the scores of each query (temperature by position)",
        "shape": "[B, T]"
      },
      {
        "name": "gate",
        "type": "tensor",
        "doc": "out is multiplied by sigmoid(gate)",
        "shape": "[B, T, Hq, V]"
      },
      {
        "name": "returnLse",
        "type": "boolean",
        "doc": "also return the log-sum-exp of each row; sinks are not counted in it",
        "default": false
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, Hq, V]",
        "doc": "attention result; a row that may attend to nothing is zero",
        "when": []
      },
      {
        "name": "lse",
        "shape": "[B, Hq, T]",
        "doc": "natural log of the sum over the keys; −∞ for an empty row",
        "when": [
          "returnLse"
        ]
      }
    ]
  },
  {
    "name": "causalConv1d",
    "title": "causalConv1d",
    "doc": "Depthwise causal convolution over tokens: out[t, c] = act(Σ_w weight[c, w] · x[t − W + 1 + w, c] + bias[c]), tokens before the first read from the state.",
    "source": [
      "arXiv 2312.00752 §3.4"
    ],
    "inputs": [
      {
        "name": "x",
        "shape": "[B, T, C]",
        "doc": "values"
      },
      {
        "name": "weight",
        "shape": "[C, W]",
        "doc": "taps of each channel, the oldest token's first"
      }
    ],
    "options": [
      {
        "name": "bias",
        "type": "tensor",
        "doc": "added to each channel",
        "shape": "[C]"
      },
      {
        "name": "activation",
        "type": "enum",
        "doc": "applied to the result",
        "values": [
          "none",
          "silu"
        ],
        "default": "none"
      },
      {
        "name": "state",
        "type": "tensor",
        "doc": "the W − 1 tokens before the first, oldest first; zero when absent",
        "shape": "[B, W-1, C]"
      },
      {
        "name": "cuSeqlens",
        "type": "tensor",
        "doc": "offsets of the sequences of a packed batch, whose tensors have no batch axis",
        "shape": "[B+1]"
      },
      {
        "name": "returnState",
        "type": "boolean",
        "doc": "also return the last W − 1 tokens",
        "default": false
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, C]",
        "doc": "convolved values",
        "when": []
      },
      {
        "name": "state",
        "shape": "[B, W-1, C]",
        "doc": "the last W − 1 tokens, oldest first",
        "when": [
          "returnState"
        ]
      }
    ]
  },
  {
    "name": "decayGate",
    "title": "decayGate",
    "doc": "Log decay from a projection: rate = clamp(softplus(x + bias)), decay = −exp(logA) · rate; or decay = lowerBound · sigmoid(exp(logA) · (x + bias)).",
    "source": [
      "arXiv 2405.21060 (Mamba-2)",
      "arXiv 2412.06464 (Gated DeltaNet)",
      "arXiv 2510.26692 (Kimi Delta Attention)",
      "arXiv 2503.14456 (RWKV-7)"
    ],
    "inputs": [
      {
        "name": "x",
        "shape": "[B, T, C]",
        "doc": "projection of the gate, before its bias"
      }
    ],
    "options": [
      {
        "name": "logA",
        "type": "tensor",
        "doc": "log of the decay rate of each head; 0 when absent",
        "shape": "[H]"
      },
      {
        "name": "bias",
        "type": "tensor",
        "doc": "added to x; 0 when absent",
        "shape": "[C]"
      },
      {
        "name": "lowerBound",
        "type": "number",
        "doc": "takes the bounded form: decay lies between this and 0"
      },
      {
        "name": "rateMin",
        "type": "number",
        "doc": "least rate (Mamba-2's lower time-step limit); 0 when absent"
      },
      {
        "name": "rateMax",
        "type": "number",
        "doc": "largest rate (upper time-step limit); open when absent"
      },
      {
        "name": "returnRate",
        "type": "boolean",
        "doc": "also return the rate, which scales Mamba-2's write as beta",
        "default": false
      }
    ],
    "outputs": [
      {
        "name": "decay",
        "shape": "[B, T, C]",
        "doc": "natural-log gate ≤ 0",
        "when": []
      },
      {
        "name": "rate",
        "shape": "[B, T, C]",
        "doc": "softplus(x + bias) within its limits",
        "when": [
          "returnRate"
        ]
      }
    ]
  },
  {
    "name": "l2Norm",
    "title": "l2Norm",
    "doc": "Scales the last axis to length 1: out = x / √(Σx² + epsilon), or x / max(√Σx², epsilon).",
    "source": [
      "arXiv 2406.06484 §3.3"
    ],
    "inputs": [
      {
        "name": "x",
        "shape": "[B, T, H, D]",
        "doc": "values"
      }
    ],
    "options": [
      {
        "name": "epsilon",
        "type": "number",
        "doc": "keeps a zero vector finite; 1e-6 when absent"
      },
      {
        "name": "epsilonRule",
        "type": "enum",
        "doc": "add: inside the root; max: least length",
        "values": [
          "add",
          "max"
        ],
        "default": "add"
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, H, D]",
        "doc": "vectors of length 1",
        "when": []
      }
    ]
  },
  {
    "name": "layerNorm",
    "title": "layerNorm",
    "doc": "Layer norm over the last axis: out = (x − mean(x)) / √(var(x) + epsilon) · weight + bias.",
    "source": [
      "arXiv 1607.06450"
    ],
    "inputs": [
      {
        "name": "x",
        "shape": "[B, T, H, D]",
        "doc": "values"
      }
    ],
    "options": [
      {
        "name": "weight",
        "type": "tensor",
        "doc": "scale of each element; 1 when absent",
        "shape": "[D] or [H, D]"
      },
      {
        "name": "bias",
        "type": "tensor",
        "doc": "added to each element; 0 when absent",
        "shape": "[D] or [H, D]"
      },
      {
        "name": "epsilon",
        "type": "number",
        "doc": "added to the variance; 1e-5 when absent"
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, H, D]",
        "doc": "normalised values",
        "when": []
      }
    ]
  },
  {
    "name": "linearAttention",
    "title": "linearAttention",
    "doc": "Linear attention: S_t = decay_t · S_{t−1} + write_t and o_t = scale · q_t S_t, with a constant-size state S per head.",
    "source": [
      "arXiv 2006.16236 (elu+1)",
      "arXiv 2307.08621 (RetNet)",
      "arXiv 2312.06635 (GLA)",
      "arXiv 2405.21060 (Mamba-2)",
      "arXiv 2406.06484 (DeltaNet)",
      "arXiv 2412.06464 (Gated DeltaNet)",
      "arXiv 2510.26692 (Kimi Delta Attention)",
      "arXiv 2503.14456 (RWKV-7)"
    ],
    "inputs": [
      {
        "name": "q",
        "shape": "[B, T, Hq, K]",
        "doc": "queries"
      },
      {
        "name": "k",
        "shape": "[B, T, Hk, K]",
        "doc": "keys"
      },
      {
        "name": "v",
        "shape": "[B, T, Hv, V]",
        "doc": "values"
      }
    ],
    "options": [
      {
        "name": "updateRule",
        "type": "enum",
        "doc": "linear: S += kᵀv; gated: S = e^g S + kᵀ(βv); delta: S += kᵀ β(v − kS); gated_delta: S = e^g S, then the delta rule; generalized_delta: S = e^g S + b (aᵀ S) + kᵀv",
        "values": [
          "linear",
          "gated",
          "delta",
          "gated_delta",
          "generalized_delta"
        ],
        "default": "linear"
      },
      {
        "name": "decay",
        "type": "tensor",
        "doc": "natural-log gate g ≤ 0: constant per head, per token and head, or per token, head and key channel",
        "shape": "[Hs] or [B, T, Hs] or [B, T, Hs, K]"
      },
      {
        "name": "beta",
        "type": "tensor",
        "doc": "write strength, per token and head or per token",
        "shape": "[B, T, Hs] or [B, T, 1]"
      },
      {
        "name": "a",
        "type": "tensor",
        "doc": "read vector of the state's own update (RWKV-7: −κ)",
        "shape": "[B, T, Hs, K]"
      },
      {
        "name": "b",
        "type": "tensor",
        "doc": "write vector of the state's own update (RWKV-7: κ⊙a)",
        "shape": "[B, T, Hs, K]"
      },
      {
        "name": "scale",
        "type": "number",
        "doc": "factor on q; 1/√K when absent"
      },
      {
        "name": "causal",
        "type": "boolean",
        "doc": "false gives φ(q)(φ(K)ᵀV) over all tokens, in one pass; updateRule linear only",
        "default": true
      },
      {
        "name": "featureMap",
        "type": "enum",
        "doc": "φ on q and k: identity, elu(x) + 1, max(x, 0), or softmax over the key dim",
        "values": [
          "identity",
          "elu1",
          "relu",
          "softmax"
        ],
        "default": "identity"
      },
      {
        "name": "normalize",
        "type": "boolean",
        "doc": "divide each output by φ(q)·Σφ(k) + 1e-6",
        "default": false
      },
      {
        "name": "state",
        "type": "tensor",
        "doc": "state before the first token; zero when absent",
        "shape": "[B, Hs, K, V]"
      },
      {
        "name": "normalizer",
        "type": "tensor",
        "doc": "Σφ(k) before the first token; zero when absent; with normalize only",
        "shape": "[B, Hs, K]"
      },
      {
        "name": "qkL2Norm",
        "type": "boolean",
        "doc": "divide q and k by √(Σx² + 1e-6) over the key dim, before φ and scale",
        "default": false
      },
      {
        "name": "skip",
        "type": "tensor",
        "doc": "out += skip · v per output head (Mamba-2's D)",
        "shape": "[H]"
      },
      {
        "name": "cuSeqlens",
        "type": "tensor",
        "doc": "offsets of the sequences of a packed batch, whose tensors have no batch axis",
        "shape": "[B+1]"
      },
      {
        "name": "outDtype",
        "type": "enum",
        "doc": "dtype of out; that of q when absent. What f32 states answer may be too large for f16",
        "values": [
          "f32"
        ]
      },
      {
        "name": "returnState",
        "type": "boolean",
        "doc": "also return the state (and the normalizer) after the last token",
        "default": false
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, H, V]",
        "doc": "attention result",
        "when": []
      },
      {
        "name": "state",
        "shape": "[B, Hs, K, V]",
        "doc": "final state, stored V-major (K innermost)",
        "when": [
          "returnState"
        ]
      },
      {
        "name": "normalizer",
        "shape": "[B, Hs, K]",
        "doc": "Σφ(k) after the last token",
        "when": [
          "returnState",
          "normalize"
        ]
      }
    ]
  },
  {
    "name": "mergeAttention",
    "title": "mergeAttention",
    "doc": "Combines attention over parts of the keys: out = Σ exp(lse_i − lse) out_i, lse = log Σ exp(lse_i), in the order of the list.",
    "source": [
      "arXiv 2205.14135 §3.1",
      "arXiv 2501.01005 §2.2 (merging of attention states)"
    ],
    "inputs": [
      {
        "name": "outs",
        "shape": "[B, T, H, V]",
        "doc": "attention over each part, without sinks; parts of packed batches are [T, H, V] each",
        "list": true
      },
      {
        "name": "lses",
        "shape": "[B, H, T]",
        "doc": "log-sum-exp of each part; −∞ where it held no visible key; [H, T] for packed batches",
        "list": true
      }
    ],
    "options": [
      {
        "name": "sinks",
        "type": "tensor",
        "doc": "one extra logit per head in the softmax's sum, counted once here; not part of lse",
        "shape": "[H]"
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, H, V]",
        "doc": "attention over all parts, packed as they are; zero where no part held a visible key",
        "when": []
      },
      {
        "name": "lse",
        "shape": "[B, H, T]",
        "doc": "log-sum-exp over all parts",
        "when": []
      }
    ]
  },
  {
    "name": "rmsNorm",
    "title": "rmsNorm",
    "doc": "Root-mean-square norm over the last axis: out = x / √(mean(x²) + epsilon) · (weight + weightOffset), optionally gated.",
    "source": [
      "arXiv 1910.07467"
    ],
    "inputs": [
      {
        "name": "x",
        "shape": "[B, T, H, D]",
        "doc": "values; view flattened heads as one head"
      }
    ],
    "options": [
      {
        "name": "weight",
        "type": "tensor",
        "doc": "scale of each element; 1 when absent",
        "shape": "[D] or [H, D]"
      },
      {
        "name": "weightOffset",
        "type": "number",
        "doc": "added to weight: 1 where a model stores 1 + w; 0 when absent"
      },
      {
        "name": "epsilon",
        "type": "number",
        "doc": "added to the mean square; 1e-6 when absent"
      },
      {
        "name": "gate",
        "type": "tensor",
        "doc": "multiplies by activation(gate), after the norm or before it",
        "shape": "[B, T, H, D]"
      },
      {
        "name": "gateActivation",
        "type": "enum",
        "doc": "activation of the gate",
        "values": [
          "silu",
          "sigmoid"
        ],
        "default": "silu"
      },
      {
        "name": "gateFirst",
        "type": "boolean",
        "doc": "gate x before the norm (Mamba-2) rather than the result after it",
        "default": false
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, H, D]",
        "doc": "normalised values",
        "when": []
      }
    ]
  },
  {
    "name": "rotaryEmbedding",
    "title": "rotaryEmbedding",
    "doc": "Rotates pairs of each head's dims by an angle that grows with the position: position · frequency, or given cosines and sines. Dims beyond the rotated ones pass through.",
    "source": [
      "arXiv 2104.09864 (RoPE)",
      "arXiv 2306.15595 (linear scaling)",
      "arXiv 2309.00071 (YaRN)",
      "arXiv 2407.21783 (Llama 3)"
    ],
    "inputs": [
      {
        "name": "x",
        "shape": "[B, T, H, D]",
        "doc": "queries or keys"
      }
    ],
    "options": [
      {
        "name": "interleaved",
        "type": "boolean",
        "doc": "pairs are dims (2i, 2i + 1); otherwise (i, i + R), rotate-half",
        "default": false
      },
      {
        "name": "theta",
        "type": "number",
        "doc": "base of the frequencies theta^(−i / R); 10000 when absent"
      },
      {
        "name": "rotaryDim",
        "type": "integer",
        "doc": "leading dims that rotate, 2R; all of D when absent"
      },
      {
        "name": "scaling.type",
        "type": "enum",
        "doc": "linear divides every frequency by factor; llama3 and yarn only the slow ones",
        "values": [
          "linear",
          "llama3",
          "yarn"
        ]
      },
      {
        "name": "scaling.factor",
        "type": "number",
        "doc": "ratio of the stretched to the original length"
      },
      {
        "name": "scaling.originalLength",
        "type": "number",
        "doc": "positions the model was trained on; llama3 and yarn"
      },
      {
        "name": "scaling.lowFrequency",
        "type": "number",
        "doc": "llama3: turns per original length below which a frequency is divided; 1 when absent"
      },
      {
        "name": "scaling.highFrequency",
        "type": "number",
        "doc": "llama3: turns per original length above which it is kept; 4 when absent"
      },
      {
        "name": "scaling.betaFast",
        "type": "number",
        "doc": "yarn: turns per original length above which a frequency is kept; 32 when absent"
      },
      {
        "name": "scaling.betaSlow",
        "type": "number",
        "doc": "yarn: turns per original length below which it is divided; 1 when absent"
      },
      {
        "name": "scaling.exactRange",
        "type": "boolean",
        "doc": "yarn: do not round the ends of the ramp to whole pairs",
        "default": false
      },
      {
        "name": "amplitude",
        "type": "number",
        "doc": "factor on cosine and sine (YaRN's attention factor); 1 when absent"
      },
      {
        "name": "inverseFrequencies",
        "type": "tensor",
        "doc": "angle per position of each pair, in place of theta and scaling",
        "shape": "[R]"
      },
      {
        "name": "positionStart",
        "type": "integerOrTensor",
        "doc": "position of the first token; 0 when absent",
        "shape": "[B]"
      },
      {
        "name": "positions",
        "type": "tensor",
        "doc": "position of each token; in the table, where one is given",
        "shape": "[T] or [B, T]"
      },
      {
        "name": "cos",
        "type": "tensor",
        "doc": "cosine of each token and pair",
        "shape": "[T, R] or [B, T, R]"
      },
      {
        "name": "sin",
        "type": "tensor",
        "doc": "sine of each token and pair",
        "shape": "[T, R] or [B, T, R]"
      },
      {
        "name": "cosTable",
        "type": "tensor",
        "doc": "cosine of each position and pair",
        "shape": "[P, R]"
      },
      {
        "name": "sinTable",
        "type": "tensor",
        "doc": "sine of each position and pair",
        "shape": "[P, R]"
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[B, T, H, D]",
        "doc": "rotated values",
        "when": []
      }
    ]
  },
  {
    "name": "tokenShift",
    "title": "tokenShift",
    "doc": "Mixes each token with the one before it: out[m] = x + (previous − x) · mix[m].",
    "source": [
      "arXiv 2305.13048 (RWKV)"
    ],
    "inputs": [
      {
        "name": "x",
        "shape": "[B, T, C]",
        "doc": "values"
      },
      {
        "name": "mix",
        "shape": "[M, C]",
        "doc": "share of the previous token, per mix and channel"
      }
    ],
    "options": [
      {
        "name": "state",
        "type": "tensor",
        "doc": "the token before the first; zero when absent",
        "shape": "[B, C]"
      },
      {
        "name": "cuSeqlens",
        "type": "tensor",
        "doc": "offsets of the sequences of a packed batch, whose tensors have no batch axis",
        "shape": "[B+1]"
      },
      {
        "name": "returnState",
        "type": "boolean",
        "doc": "also return the last token",
        "default": false
      }
    ],
    "outputs": [
      {
        "name": "out",
        "shape": "[M, B, T, C]",
        "doc": "one mixed sequence per row of mix",
        "when": []
      },
      {
        "name": "state",
        "shape": "[B, C]",
        "doc": "the last token",
        "when": [
          "returnState"
        ]
      }
    ]
  }
];
