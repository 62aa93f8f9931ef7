/* SPDX-License-Identifier: Apache-2.0 */
/* The step for x86-64-v3: AVX2 and FMA. native.c asks the processor before it calls this one. */
#if defined(__x86_64__)
#define KINEST_TARGET __attribute__((target("avx2,fma")))
#define KINEST_STEP kinest_step_v3
#include "step.h"
#else
typedef int kinest_no_v3; /* a file without anything is not C */
#endif
