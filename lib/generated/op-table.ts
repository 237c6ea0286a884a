// Generated from native/schema by npm run generate; do not edit.

export interface OpInfo {
  name: string;
  doc: string;
  source: readonly string[];
  inputs: readonly { name: string; shape: string; doc: string }[];
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
      "arXiv 2205.14135 (online softmax over tiles)"
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
        "doc": "position of the first query among the keys; S − T when absent, which aligns causal to the bottom right; 0 aligns it to the top left",
        "shape": "[B]"
      },
      {
        "name": "returnLse",
        "type": "boolean",
        "doc": "also return the log-sum-exp of each row",
        "default": false
      },
      {
        "name": "scores",
        "type": "enum",
        "doc": "also return the [B, Hq, T, S] matrix at this stage; for pictures and tests, not a fast path",
        "values": [
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
      "arXiv 2510.26692 (Kimi Delta Attention)"
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
        "doc": "linear: S += kᵀv; gated: S = e^g S + kᵀ(βv); delta: S += kᵀ β(v − kS); gated_delta: S = e^g S, then the delta rule",
        "values": [
          "linear",
          "gated",
          "delta",
          "gated_delta"
        ],
        "default": "linear"
      },
      {
        "name": "decay",
        "type": "tensor",
        "doc": "natural-log gate g ≤ 0, per head or per head and key channel",
        "shape": "[B, T, Hs] or [B, T, Hs, K]"
      },
      {
        "name": "beta",
        "type": "tensor",
        "doc": "write strength",
        "shape": "[B, T, Hs]"
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
        "doc": "φ on q and k: identity, or elu(x) + 1",
        "values": [
          "identity",
          "elu1"
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
  }
];
