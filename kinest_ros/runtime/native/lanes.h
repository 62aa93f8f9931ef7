/* SPDX-License-Identifier: Apache-2.0 */
/* Eight floats at a time, and the functions of them that the step needs.
 *
 * Written in the vectors of GCC and Clang and not in intrinsics: the same text becomes AVX2, SSE2
 * or NEON. No -ffast-math anywhere: a NaN that comes in must come out.
 */
#ifndef KINEST_LANES_H
#define KINEST_LANES_H

#include <stdint.h>

/* The instructions that a translation unit is made for: see step_v3.c. */
#ifndef KINEST_TARGET
#define KINEST_TARGET
#endif
#define INLINE static inline __attribute__((always_inline)) KINEST_TARGET
#define KERNEL static __attribute__((noinline)) KINEST_TARGET


enum { LANES = 8 };
typedef float lanes __attribute__((vector_size(32)));
typedef float lanes_anywhere __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t bits __attribute__((vector_size(32)));

INLINE lanes load(const float *from) { return *(const lanes_anywhere *)from; }

INLINE void store(float *to, lanes value) { *(lanes_anywhere *)to = value; }

INLINE lanes all(float x) { return (lanes){x, x, x, x, x, x, x, x}; }

INLINE lanes pick(bits where, lanes yes, lanes no) {
    return (lanes)(((bits)yes & where) | ((bits)no & ~where));
}

/* The sum of all lanes, always in the same order. */
INLINE float total(lanes x) {
    return ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7]));
}

/* exp(x) to 2 units in the last place. Saturates at 2^127 and 2^-126; NaN stays NaN. */
INLINE lanes exponential(lanes x) {
    /* Comparisons with NaN are false, which leaves it as it is. */
    x = pick((bits)(x > all(88.0f)), all(88.0f), x);
    x = pick((bits)(x < all(-87.3f)), all(-87.3f), x);
    /* Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits. */
    const lanes magic = all(12582912.0f);
    const lanes rounded = x * all(1.44269504f) + magic;
    const lanes n = rounded - magic;
    const bits power = ((bits)rounded - (bits)magic + 127) << 23;
    /* ln 2 in two parts, the first of few digits, so that the difference is exact. */
    const lanes r = (x - n * all(0.693359375f)) - n * all(-2.12194440e-4f);
    lanes p = all(1.9875691500e-4f);
    p = p * r + all(1.3981999507e-3f);
    p = p * r + all(8.3334519073e-3f);
    p = p * r + all(4.1665795894e-2f);
    p = p * r + all(1.6666665459e-1f);
    p = p * r + all(5.0000001201e-1f);
    return (p * (r * r) + r + all(1.0f)) * (lanes)power;
}

/* x sigmoid(x). */
INLINE lanes silu(lanes x) { return x / (all(1.0f) + exponential(-x)); }

/* log(1 + exp(x)), as max(x, 0) + log1p(exp(-|x|)): nothing overflows, nothing cancels. */
INLINE lanes softplus(lanes x) {
    const bits positive = (bits)(x > all(0.0f));
    const lanes u = exponential(pick(positive, -x, x));
    /* log1p(u) = 2 artanh(s); s is at most 1/3, and the series short. */
    const lanes s = u / (all(2.0f) + u), square = s * s;
    lanes p = all(1.0f / 15.0f);
    for (int odd = 13; odd > 0; odd -= 2) p = p * square + all(1.0f / (float)odd);
    return pick(positive, x, all(0.0f)) + (s + s) * p;
}

#endif
