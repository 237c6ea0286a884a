// Generated from native/schema by npm run generate; do not edit.

export interface OpInfo {
  name: string;
  doc: string;
  source: readonly string[];
  inputs: readonly { name: string; shape: string; doc: string; list?: boolean }[];
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
    "name": "attention",
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
        "doc": "position of the first query among the keys; S − T (the sequence's own lengths) when absent, which aligns causal to the bottom right; 0 aligns it to the top left",
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
        "doc": "keys of each sequence that count: key j is visible when j < kvLengths",
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
    "name": "linearAttention",
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
    "doc": "Combines attention over parts of the keys: out = Σ exp(lse_i − lse) out_i, lse = log Σ exp(lse_i), in the order of the list.",
    "source": [
      "arXiv 2205.14135 §3.1",
      "arXiv 2501.01005 §2.2 (merging of attention states)"
    ],
    "inputs": [
      {
        "name": "outs",
        "shape": "[B, T, H, V]",
        "doc": "attention over each part, without sinks",
        "list": true
      },
      {
        "name": "lses",
        "shape": "[B, H, T]",
        "doc": "log-sum-exp of each part; −∞ where it held no visible key",
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
        "doc": "attention over all parts; zero where no part held a visible key",
        "when": []
      },
      {
        "name": "lse",
        "shape": "[B, H, T]",
        "doc": "log-sum-exp over all parts",
        "when": []
      }
    ]
  }
];
