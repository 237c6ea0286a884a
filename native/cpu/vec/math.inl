// Elementary functions over the primitives of one vec header. Included inside its namespace and target region.
// Errors are against float64 over the whole range; NaN gives NaN everywhere.

// 2^n·p for p in [0.5, 2), n in [-126, 128]; NaN in p survives because nearest_int(NaN) shifts to zero.
[[gnu::always_inline]] inline F32 scale_exponent(F32 p, I32 n) {
  return bits_of(add_int(bits_of(p), shift_left<23>(n)));
}

inline constexpr float kLeastExponent = -87.336544f;  // ln 2^-126

// 2^x for x < 128, relative error below 2.5e-7. Below −126 it gives 2^-126.
[[gnu::always_inline]] inline F32 exp2_below_128(F32 x) {
  x = max(splat(-126.0f), x);
  const I32 n = nearest_int(x);
  const F32 f = sub(x, from_int(n));
  F32 p = fma(splat(1.326472731e-03f), f, splat(9.671512991e-03f));
  p = fma(p, f, splat(5.550733581e-02f));
  p = fma(p, f, splat(2.402224243e-01f));
  p = fma(p, f, splat(6.931470037e-01f));
  return scale_exponent(fma(p, f, splat(1.0f)), n);
}

// The same without a bound: from 128 on it gives infinity.
[[gnu::always_inline]] inline F32 exp2(F32 x) { return exp2_below_128(min(splat(128.0f), x)); }

// e^r − 1 for the r in [−½ ln 2, ½ ln 2] with x = n ln 2 + r, x within what e^x has as a normal number.
[[gnu::always_inline]] inline F32 expm1_reduced(F32 x, I32& n) {
  x = min(splat(89.0f), max(splat(kLeastExponent), x));
  n = nearest_int(mul(x, splat(1.442695041f)));
  const F32 whole = from_int(n);
  const F32 r = fnma(whole, splat(-2.12194440e-4f), fnma(whole, splat(0.693359375f), x));  // ln 2 in two parts
  F32 p = fma(splat(1.381460228e-03f), r, splat(8.368714713e-03f));
  p = fma(p, r, splat(4.166838899e-02f));
  p = fma(p, r, splat(1.666652113e-01f));
  p = fma(p, r, splat(4.999999404e-01f));
  return fma(mul(r, r), p, r);
}

// e^x within 2 ulp; zero where the result would be subnormal, infinity from 88.7229 on.
[[gnu::always_inline]] inline F32 exp(F32 x) {
  I32 n;
  const F32 rest = expm1_reduced(x, n);
  F32 result = scale_exponent(add(rest, splat(1.0f)), n);
  result = select(less(splat(88.722839f), x), splat(__builtin_inff()), result);
  return select(less(x, splat(kLeastExponent)), zero(), result);
}

// e^x − 1 within 3 ulp, near zero too; infinity from 88.7229 on.
[[gnu::always_inline]] inline F32 expm1(F32 x) {
  I32 n;
  const F32 rest = expm1_reduced(x, n);
  const F32 half = scale_exponent(splat(0.5f), n);  // of 2^n, which may be past the largest number
  const F32 result = fma(half, rest, sub(half, splat(0.5f)));
  return select(less(splat(88.722839f), x), splat(__builtin_inff()), add(result, result));
}

// Rational, odd. Where |x| is below 0.0004 or above 9 the error is 3e-7 of 1, elsewhere within 8 ulp.
[[gnu::always_inline]] inline F32 tanh_rational(F32 x) {
  const F32 bound = splat(7.90531111f);
  const F32 y = min(bound, max(neg(bound), x));
  // Terms by pairs and fours: one after the other they would take twice as long.
  const F32 z = mul(y, y), z2 = mul(z, z);
  const F32 p01 = fma(splat(6.37261928875436e-04f), z, splat(4.89352455891786e-03f));
  const F32 p23 = fma(splat(5.12229709037114e-08f), z, splat(1.48572235717979e-05f));
  const F32 p45 = fma(splat(2.00018790482477e-13f), z, splat(-8.60467152213735e-11f));
  const F32 high = fma(splat(-2.76076847742355e-16f), z2, p45);
  const F32 p = fma(high, mul(z2, z2), fma(p23, z2, p01));
  const F32 q01 = fma(splat(2.26843463243900e-03f), z, splat(4.89352518554385e-03f));
  const F32 q = fma(fma(splat(1.19825839466702e-06f), z, splat(1.18534705686654e-04f)), z2, q01);
  return mul(mul(y, p), reciprocal(q));
}

// Within 8 ulp everywhere.
[[gnu::always_inline]] inline F32 tanh(F32 x) {
  const F32 result = select(less(splat(9.0f), abs(x)), copy_sign(splat(1.0f), x), tanh_rational(x));
  return select(less(abs(x), splat(0.0004f)), x, result);
}

[[gnu::always_inline]] inline F32 sigmoid(F32 x) { return div(splat(1.0f), add(splat(1.0f), exp(neg(x)))); }

// Natural logarithm within 2 ulp; zero gives −∞, negative numbers NaN.
[[gnu::always_inline]] inline F32 log(F32 x) {
  const Mask subnormal = less(x, splat(1.17549435e-38f));
  const F32 scaled = select(subnormal, mul(x, splat(8388608.0f)), x);
  // The exponent is taken so that the mantissa lies in [√½, √2).
  const I32 offset = sub_int(bits_of(scaled), splat_int(0x3f3504f3));
  const I32 n = shift_right_signed<23>(offset);
  const F32 f = sub(bits_of(sub_int(bits_of(scaled), shift_left<23>(n))), splat(1.0f));
  const F32 e = sub(from_int(n), select(subnormal, splat(23.0f), zero()));
  F32 p = fma(splat(6.746826321e-02f), f, splat(-1.167576984e-01f));
  p = fma(p, f, splat(1.188814417e-01f));
  p = fma(p, f, splat(-1.240556762e-01f));
  p = fma(p, f, splat(1.421955228e-01f));
  p = fma(p, f, splat(-1.666799635e-01f));
  p = fma(p, f, splat(2.000211924e-01f));
  p = fma(p, f, splat(-2.500000894e-01f));
  p = fma(p, f, splat(3.333331347e-01f));
  const F32 z = mul(f, f);
  F32 tail = fma(mul(z, f), p, mul(e, splat(-2.12194440e-4f)));
  tail = fnma(splat(0.5f), z, tail);
  F32 result = fma(e, splat(0.693359375f), add(f, tail));
  result = select(equal(x, splat(__builtin_inff())), x, result);
  result = select(equal(x, zero()), splat(-__builtin_inff()), result);
  result = select(less(x, zero()), splat(__builtin_nanf("")), result);
  return select(is_nan(x), x, result);
}

// log(1 + e^x), within 4 ulp, without loss for large |x|.
[[gnu::always_inline]] inline F32 softplus(F32 x) {
  const F32 u = exp(neg(abs(x)));
  // log(1 + u) = 2·artanh(u / (2 + u))
  const F32 s = div(u, add(splat(2.0f), u));
  const F32 z = mul(s, s);
  F32 p = fma(splat(1.222638264e-01f), z, splat(1.069387645e-01f));
  p = fma(p, z, splat(1.431021690e-01f));
  p = fma(p, z, splat(1.999937743e-01f));
  p = fma(p, z, splat(3.333333731e-01f));
  const F32 log1p = mul(add(s, s), fma(p, z, splat(1.0f)));
  return add(max(zero(), x), log1p);
}
