/* SPDX-License-Identifier: Apache-2.0 */
/* The step in this processor's instructions, and the sizes of its memory. */
#include "native.h"

static int has_v3(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

void kinest_step(const shape *s, const float *weights, float *states, float *scratch,
                 const float *features, float *outputs, const int32_t *rows, int count) {
#if defined(__x86_64__)
    if (has_v3()) {
        kinest_step_v3(s, weights, states, scratch, features, outputs, rows, count);
        return;
    }
#endif
    kinest_step_any(s, weights, states, scratch, features, outputs, rows, count);
}

const char *kinest_instructions(void) {
#if defined(__x86_64__)
    return has_v3() ? "AVX2" : "SSE2";
#elif defined(__aarch64__)
    return "NEON";
#else
    return "the compiler's own";
#endif
}

int kinest_layout(void) { return KINEST_LAYOUT; }
int kinest_weights_size(const shape *s) { return weights_size(s); }
int kinest_state_size(const shape *s) { return state_size(s); }
int kinest_scratch_size(const shape *s) { return scratch_size(s); }
