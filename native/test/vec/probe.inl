// Checks every function of one vec header against scalar code. Included in the namespace and target region of its ISA.

using test::Checks;

// Distance in units of the last place of `wanted`.
inline double ulps(float got, double wanted) {
  if (std::isnan(wanted)) return std::isnan(got) ? 0 : 1e9;
  const float rounded = static_cast<float>(wanted);
  if (got == rounded) return 0;
  if (std::isinf(rounded) || std::isinf(got)) return 1e9;
  int exponent;
  std::frexp(rounded, &exponent);
  return std::fabs(got - wanted) / std::ldexp(1.0, std::max(exponent - 24, -149));
}

inline bool same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

inline const float kSpecials[] = {0.0f,     -0.0f,     1.0f,  -1.0f,   0.5f,          1e-20f,      -3.5f,  65504.0f,
                                  65519.0f, 65520.0f,  -7e4f, 6.1e-5f, 5.9604645e-8f, 2.9e-8f,     448.0f, 1e38f,
                                  INFINITY, -INFINITY, NAN,   -NAN,    1.00390625f,   1.01171875f, 2.5f,   3.5f};

template <typename S>
void probe_storage(Checks& checks, const char* name) {
  constexpr int kPatterns = sizeof(S) == 1 ? 256 : 65536;
  S from[kPatterns];
  for (int i = 0; i < kPatterns; ++i) std::memcpy(&from[i], &i, sizeof(S));
  for (int i = 0; i < kPatterns; i += kLanes) {
    float lanes[kLanes];
    store(lanes, load(from + i));
    for (int l = 0; l < kLanes; ++l)
      checks.expect(same(lanes[l], to_float(from[i + l])), name, i + l, lanes[l], to_float(from[i + l]));
  }
  for (int n = 0; n <= kLanes; ++n) {
    // The values end where the array ends, so that a read past them is seen by sanitizers.
    float lanes[kLanes];
    store(lanes, load_partial(from + kPatterns - n, n));
    for (int l = 0; l < kLanes; ++l) {
      const float wanted = l < n ? to_float(from[kPatterns - n + l]) : 0.0f;
      checks.expect(same(lanes[l], wanted), "load_partial", n, lanes[l], wanted);
    }
  }
}

template <typename S>
void probe_store(Checks& checks, const char* name) {
  auto check = [&](const float(&values)[kLanes]) {
    S stored[kLanes + 1];
    for (int n = 0; n <= kLanes; ++n) {
      std::memset(stored, 0x5a, sizeof stored);
      store_partial(stored, load(values), n);
      for (int l = 0; l <= kLanes; ++l) {
        S wanted;
        std::memset(&wanted, 0x5a, sizeof wanted);
        if (l < n) wanted = from_float<S>(values[l]);
        const bool equal_bytes = std::memcmp(&wanted, &stored[l], sizeof wanted) == 0;
        const bool both_nan = l < n && std::isnan(values[l]) && std::isnan(to_float(stored[l]));
        checks.expect(equal_bytes || both_nan, name, l < kLanes ? values[l] : n, to_float(stored[l]), to_float(wanted));
      }
    }
    store(stored, load(values));
    for (int l = 0; l < kLanes; ++l) {
      checks.expect(same(to_float(stored[l]), to_float(from_float<S>(values[l]))), name, values[l], to_float(stored[l]),
                    to_float(from_float<S>(values[l])));
    }
  };
  float values[kLanes];
  uint32_t seed = 1;
  for (int round = 0; round < 20000; ++round) {
    for (float& value : values) {
      seed = seed * 1664525u + 1013904223u;
      value = round % 2 != 0 ? float_of_bits(seed)
                             : std::ldexp(static_cast<float>(seed >> 8), -24 - static_cast<int>(seed % 30));
    }
    check(values);
  }
  for (size_t i = 0; i + kLanes <= sizeof kSpecials / sizeof *kSpecials; i += kLanes) {
    std::memcpy(values, kSpecials + i, sizeof values);
    check(values);
  }
}

template <typename Vector, typename Scalar>
void probe_function(Checks& checks, const char* name, Vector vector, Scalar scalar, double lowest, double highest,
                    double bound) {
  constexpr int kSteps = 200000;
  for (int i = 0; i <= kSteps; ++i) {
    const float x = static_cast<float>(lowest + (highest - lowest) * i / kSteps);
    float lanes[kLanes];
    store(lanes, vector(splat(x)));
    const double wanted = scalar(static_cast<double>(x));
    checks.expect(ulps(lanes[kLanes - 1], wanted) <= bound, name, x, lanes[kLanes - 1], wanted);
  }
}
template <typename Vector>
void probe_value(Checks& checks, const char* name, Vector vector, float x, float wanted) {
  float lanes[kLanes];
  store(lanes, vector(splat(x)));
  checks.expect(same(lanes[0], wanted), name, x, lanes[0], wanted);
}

inline void probe_math(Checks& checks) {
  auto vexp2 = [&](F32 x) { return exp2(x); };
  auto vexp = [&](F32 x) { return exp(x); };
  auto vexpm1 = [&](F32 x) { return expm1(x); };
  auto vtanh = [&](F32 x) { return tanh(x); };
  auto vreciprocal = [&](F32 x) { return reciprocal(x); };
  auto vsigmoid = [&](F32 x) { return sigmoid(x); };
  auto vlog = [&](F32 x) { return log(x); };
  auto vsoftplus = [&](F32 x) { return softplus(x); };
  probe_function(
      checks, "exp2", vexp2, [](double x) { return std::exp2(x); }, -126, 127.99, 4);
  probe_function(
      checks, "exp", vexp, [](double x) { return std::exp(x); }, -87.3, 88.7, 2);
  for (const double size : {1e-6, 1e-3, 1.0, 88.7}) {
    probe_function(
        checks, "expm1", vexpm1, [](double x) { return std::expm1(x); }, -size, size, 3);
  }
  probe_function(
      checks, "tanh", vtanh, [](double x) { return std::tanh(x); }, -12, 12, 8);
  probe_function(
      checks, "tanh", vtanh, [](double x) { return std::tanh(x); }, -1e-3, 1e-3, 4);
  probe_function(
      checks, "reciprocal", vreciprocal, [](double x) { return 1 / x; }, 4.8e-3, 2.5, 3);
  probe_function(
      checks, "reciprocal", vreciprocal, [](double x) { return 1 / x; }, 1, 1e37, 3);
  probe_function(
      checks, "sigmoid", vsigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80, 4);
  probe_function(
      checks, "log", vlog, [](double x) { return std::log(x); }, 1e-6, 4, 2);
  probe_function(
      checks, "log", vlog, [](double x) { return std::log(x); }, 1, 3e38, 2);
  probe_function(
      checks, "log", vlog, [](double x) { return std::log(x); }, 1e-44, 1e-37, 2);
  probe_function(
      checks, "softplus", vsoftplus, [](double x) { return x > 40 ? x : std::log1p(std::exp(x)); }, -80, 80, 4);
  const float none = NAN;
  probe_value(checks, "exp2", vexp2, none, none);
  probe_value(checks, "exp2", vexp2, float_of_bits(0x7fc00001u), none);
  probe_value(checks, "exp2", vexp2, INFINITY, INFINITY);
  probe_value(checks, "exp2", vexp2, 0, 1);
  probe_value(checks, "exp2", vexp2, -INFINITY, 0x1p-126f);
  probe_value(checks, "exp", vexp, none, none);
  probe_value(checks, "exp", vexp, -INFINITY, 0);
  probe_value(checks, "exp", vexp, 89, INFINITY);
  probe_value(checks, "exp", vexp, INFINITY, INFINITY);
  probe_value(checks, "expm1", vexpm1, none, none);
  probe_value(checks, "expm1", vexpm1, 0, 0);
  probe_value(checks, "expm1", vexpm1, -INFINITY, -1);
  probe_value(checks, "expm1", vexpm1, 89, INFINITY);
  probe_value(checks, "expm1", vexpm1, INFINITY, INFINITY);
  probe_value(checks, "tanh", vtanh, none, none);
  probe_value(checks, "tanh", vtanh, INFINITY, 1);
  probe_value(checks, "tanh", vtanh, -INFINITY, -1);
  probe_value(checks, "sigmoid", vsigmoid, none, none);
  probe_value(checks, "sigmoid", vsigmoid, -INFINITY, 0);
  probe_value(checks, "sigmoid", vsigmoid, INFINITY, 1);
  probe_value(checks, "log", vlog, none, none);
  probe_value(checks, "log", vlog, 0, -INFINITY);
  probe_value(checks, "log", vlog, -1, none);
  probe_value(checks, "log", vlog, INFINITY, INFINITY);
  probe_value(checks, "softplus", vsoftplus, none, none);
  probe_value(checks, "softplus", vsoftplus, INFINITY, INFINITY);
  probe_value(checks, "softplus", vsoftplus, -INFINITY, 0);
}

inline void probe_lanes(Checks& checks) {
  float a[kLanes], b[kLanes], c[kLanes], lanes[kLanes];
  double sum = 0;
  for (int i = 0; i < kLanes; ++i) {
    a[i] = static_cast<float>(i * i % 7) - 2.25f;
    b[i] = 1.5f - static_cast<float>(i % 3);
    c[i] = static_cast<float>(i) * 0.5f - 1.0f;
    sum += a[i];
  }
  const F32 va = load(a), vb = load(b), vc = load(c);
  auto check = [&](const char* name, F32 got, auto scalar) {
    store(lanes, got);
    for (int i = 0; i < kLanes; ++i) checks.expect(same(lanes[i], scalar(i)), name, i, lanes[i], scalar(i));
  };
  check("add", add(va, vb), [&](int i) { return a[i] + b[i]; });
  check("sub", sub(va, vb), [&](int i) { return a[i] - b[i]; });
  check("mul", mul(va, vb), [&](int i) { return a[i] * b[i]; });
  check("div", div(va, vb), [&](int i) { return a[i] / b[i]; });
  check("max", max(va, vb), [&](int i) { return std::max(a[i], b[i]); });
  check("min", min(va, vb), [&](int i) { return std::min(a[i], b[i]); });
  check("max", max(va, splat(NAN)), [&](int) { return NAN; });
  check("min", min(va, splat(NAN)), [&](int) { return NAN; });
  check("fma", fma(va, vb, vc), [&](int i) { return a[i] * b[i] + c[i]; });
  F32 total = vc;
  accumulate(total, va, vb);
  check("accumulate", total, [&](int i) { return c[i] + a[i] * b[i]; });
  check("fnma", fnma(va, vb, vc), [&](int i) { return c[i] - a[i] * b[i]; });
  check("neg", neg(va), [&](int i) { return -a[i]; });
  check("abs", abs(va), [&](int i) { return std::fabs(a[i]); });
  check("sqrt", sqrt(abs(va)), [&](int i) { return std::sqrt(std::fabs(a[i])); });
  check("round_nearest", round_nearest(vc), [&](int i) { return std::nearbyint(c[i]); });
  check("copy_sign", copy_sign(vb, va), [&](int i) { return std::copysign(b[i], a[i]); });
  check("iota", iota(), [&](int i) { return static_cast<float>(i); });
  check("select", select(less(va, vb), va, vc), [&](int i) { return a[i] < b[i] ? a[i] : c[i]; });
  check("select", select(less_equal(va, va), va, vc), [&](int i) { return a[i]; });
  check("select", select(mask_not(equal(va, vb)), va, vc), [&](int i) { return a[i] != b[i] ? a[i] : c[i]; });
  check("select", select(mask_and(less(va, vb), less(vb, zero())), va, vc),
        [&](int i) { return a[i] < b[i] && b[i] < 0 ? a[i] : c[i]; });
  check("select", select(mask_or(less(va, vb), less(vb, zero())), va, vc),
        [&](int i) { return a[i] < b[i] || b[i] < 0 ? a[i] : c[i]; });
  check("is_nan", select(is_nan(sqrt(va)), va, vc), [&](int i) { return a[i] < 0 ? a[i] : c[i]; });
  for (int n = 0; n <= kLanes; ++n) {
    check("first_lanes", select(first_lanes(n), va, vc), [&](int i) { return i < n ? a[i] : c[i]; });
    checks.expect(any(first_lanes(n)) == (n > 0), "any", n, any(first_lanes(n)), n > 0);
    checks.expect(all(first_lanes(n)) == (n == kLanes), "all", n, all(first_lanes(n)), n == kLanes);
  }
  checks.expect(reduce_add(va) == sum, "reduce_add", 0, reduce_add(va), sum);
  checks.expect(reduce_max(va) == *std::max_element(a, a + kLanes), "reduce_max", 0, reduce_max(va), 0);
  check("swap_lanes 1", swap_lanes<1>(va), [&](int i) { return a[i ^ 1]; });
  check("swap_lanes 2", swap_lanes<2>(va), [&](int i) { return a[i ^ 2]; });
  if constexpr (kLanes > 4) check("swap_lanes 4", swap_lanes<4>(va), [&](int i) { return a[i ^ 4]; });
  if constexpr (kLanes > 8) check("swap_lanes 8", swap_lanes<8>(va), [&](int i) { return a[i ^ 8]; });
  F32 low, high;
  interleave(va, vc, low, high);
  check("interleave", low, [&](int i) { return i % 2 == 0 ? a[i / 2] : c[i / 2]; });
  check("interleave", high, [&](int i) { return (i % 2 == 0 ? a : c)[(kLanes + i) / 2]; });
  F32 rows[kLanes];
  for (int r = 0; r < kLanes; ++r) rows[r] = add(iota(), splat(static_cast<float>(r)));
  check("sum_each", sum_each(rows), [&](int i) { return static_cast<float>(i * kLanes + kLanes * (kLanes - 1) / 2); });
  for (int r = 0; r < kLanes; ++r) rows[r] = add(iota(), splat(static_cast<float>(r * kLanes)));
  transpose(rows);
  for (int r = 0; r < kLanes; ++r)
    check("transpose", rows[r], [&](int i) { return static_cast<float>(i * kLanes + r); });
}

inline void probe_bf16_pairs(Checks& checks) {
  bf16 a[2 * kLanes], b[2 * kLanes], packed[2 * kLanes];
  float lanes[kLanes];
  for (int i = 0; i < 2 * kLanes; ++i) {
    a[i] = from_float<bf16>(static_cast<float>(i % 5) - 1.5f);
    b[i] = from_float<bf16>(0.25f * static_cast<float>(i % 9) - 1.0f);
  }
  store(lanes, dot_bf16(splat(0.5f), load_bf16_pairs(a), load_bf16_pairs(b)));
  for (int i = 0; i < kLanes; ++i) {
    const float wanted =
        0.5f + to_float(a[2 * i]) * to_float(b[2 * i]) + to_float(a[2 * i + 1]) * to_float(b[2 * i + 1]);
    checks.expect(lanes[i] == wanted, "dot_bf16", i, lanes[i], wanted);
  }
  store(lanes, dot_bf16(zero(), load_bf16_pairs(a), splat_bf16_pair(b + 2)));
  for (int i = 0; i < kLanes; ++i) {
    const float wanted = to_float(a[2 * i]) * to_float(b[2]) + to_float(a[2 * i + 1]) * to_float(b[3]);
    checks.expect(lanes[i] == wanted, "splat_bf16_pair", i, lanes[i], wanted);
  }
  store_bf16(packed, load(b), load(a));
  for (int i = 0; i < 2 * kLanes; ++i) {
    const float wanted = to_float(i < kLanes ? a[i] : b[i - kLanes]);
    checks.expect(to_float(packed[i]) == wanted, "store_bf16", i, to_float(packed[i]), wanted);
  }
  store(lanes, dot_bf16(zero(), pack_bf16(load(b), load(a)), load_bf16_pairs(packed)));
  for (int i = 0; i < kLanes; ++i) {
    const float even = to_float(packed[2 * i]), odd = to_float(packed[2 * i + 1]);
    checks.expect(lanes[i] == even * even + odd * odd, "pack_bf16", i, lanes[i], even * even + odd * odd);
  }
}

inline void probe(Checks& checks) {
  probe_lanes(checks);
  probe_storage<f16>(checks, "load f16");
  probe_storage<bf16>(checks, "load bf16");
  probe_storage<int8_t>(checks, "load i8");
  probe_storage<f8e4m3>(checks, "load f8e4m3");
  probe_store<float>(checks, "store f32");
  probe_store<f16>(checks, "store f16");
  probe_store<bf16>(checks, "store bf16");
  probe_bf16_pairs(checks);
  probe_math(checks);
}
