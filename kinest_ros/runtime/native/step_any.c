/* SPDX-License-Identifier: Apache-2.0 */
/* The step for whatever the compiler makes by itself: SSE2 on x86-64, NEON on aarch64. */
#define KINEST_STEP kinest_step_any
#include "step.h"
