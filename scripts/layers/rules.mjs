// The layering, as data: napi → core → { cpu, plugin loader }; the CUDA plugin → plugin ABI and generated structs.

const nodeHeader = /^(napi|node|node_api|node_api_types|js_native_api|js_native_api_types|uv|v8)([.-].*)?$/;
const cudaHeader = /^(cuda|cublas|cudnn|cutlass|cute|nv)/;
const intrinsicsHeader = /^(\w*mmintrin|x86intrin|x86gprintrin|arm_\w+|cpuid)\.h$/;
const special = [nodeHeader, cudaHeader, intrinsicsHeader];
const plain = (header) => !special.some((kind) => kind.test(header));
const plainAnd = (kind) => (header) => kind.test(header) || plain(header);

const contract = ['attn/', 'generated/'];

/** Per folder: which of the project's headers ("own") and which other headers ("system") its files may include. */
export const nativeLayers = {
  'native/include/attn/': { own: contract, system: plain },
  'native/generated/': { own: contract, system: plain },
  'native/core/': { own: [...contract, 'core/', 'cpu/features.h', 'plugin/'], system: plain },
  'native/cpu/': { own: [...contract, 'cpu/'], system: plain },
  'native/cpu/features': { own: [...contract, 'cpu/'], system: plainAnd(intrinsicsHeader) },
  'native/cpu/isa/': { own: [...contract, 'cpu/'], system: () => false },
  'native/cpu/isa/prelude.h': { own: [...contract, 'cpu/'], system: plainAnd(intrinsicsHeader) },
  'native/cpu/vec/': { own: ['cpu/vec/'], system: plainAnd(intrinsicsHeader) },
  'native/cpu/kernels/': { own: [...contract, 'cpu/'], system: () => false },
  'native/layers/': { own: [...contract, 'core/', 'layers/'], system: plain },
  'native/plugin/': { own: [...contract, 'plugin/'], system: plain },
  'native/napi/': { own: [...contract, 'core/', 'napi/', 'layers/'], system: plainAnd(nodeHeader) },
  'native/cuda/': { own: ['generated/', 'plugin/plugin_abi.h', 'cuda/'], system: plainAnd(cudaHeader) },
  'native/test/': { own: [...contract, 'core/', 'cpu/', 'plugin/', 'test/'], system: plain },
  'native/bench/': { own: [...contract, 'core/', 'cpu/', 'bench/'], system: plainAnd(intrinsicsHeader) },
};

export const nativeRules = [
  {
    in: /^native\//,
    except: /^native\/(cpu\/vec|test\/simde|bench|cuda)\//,
    forbid: /\b_mm\d*_\w+|\b__m(128|256|512)\w*|\bv(ld|st)[1-4]q?_\w+|\b(float|bfloat|uint|int)\d+x\d+_t\b/,
    because: 'intrinsics belong in native/cpu/vec',
  },
  {
    in: /^native\//,
    except: /^native\/(cpu\/isa|test\/vec|bench)\//,
    forbid: /#\s*pragma\s+(GCC\s+(target|push_options)|clang\s+attribute)|__attribute__\s*\(\(\s*target\b/,
    because: 'target regions are opened in native/cpu/isa',
  },
  {
    in: /^native\/(include|generated|core|cpu|layers|plugin|napi|cuda)\//,
    forbid: /\b(std::)?(printf|fprintf|puts|abort|exit|_Exit|terminate)\s*\(|\bstd::c(out|err)\b|\bassert\s*\(/,
    because: 'the addon never prints and never ends the process',
  },
  {
    in: /^native\/(include|generated|core|cpu|layers|plugin)\//,
    forbid: /\bthrow\b(?!\s*\()/,
    because: 'failures travel as Status',
  },
  {
    in: /^native\/cpu\/kernels\//,
    forbid:
      /\b(new|malloc|calloc|realloc|free)\s*\(|\bnew\s+\w|\bstd::(vector|string|function|make_unique|make_shared)\b/,
    because: 'kernels take their memory from ExecContext',
  },
];

const sources = /^lib\//;
const nodeModules = /^node:/;
const command = /^commander$/;

/** Per folder: what its modules may import. */
export const typescriptLayers = {
  'lib/': [/^lib\/(?!cli\/)/, nodeModules],
  'lib/cli/': [sources, nodeModules, command],
  'test/oracle/': [/^test\/oracle\//, nodeModules],
};

export const typescriptRules = [
  {
    // The command line reports on results: it compares, draws and measures. Only these folders do, with plain numbers.
    in: /^lib\//,
    except: /^lib\/cli\/(numbers|svg|measure)/,
    forbid:
      /\bdata\)?\s*(\?\.)?\[|\bMath\.(exp|log|sqrt|tanh|pow|fround)\b|\bof\s+\w+\.data\b|\.get(Float|Int|Uint)\d+\(/,
    because: "nothing in lib reads a tensor's elements; that is the native side's work",
  },
  {
    in: /^lib\//,
    except: /^lib\/binding\.ts$/,
    forbid: /\bprocess\.dlopen\b|\bcreateRequire\b/,
    because: 'lib/binding.ts is the only place that loads the addon',
  },
  {
    in: /^lib\//,
    forbid: /\bas any\b|:\s*any\b|<any>/,
    because: 'no any',
  },
];

/** Compiler flags that would let instructions beyond the baseline into shared code. */
export const isaFlags = /-m(arch|tune|cpu|avx\w*|fma|f16c|sse[\w.]*)\b[=\w.-]*/;
