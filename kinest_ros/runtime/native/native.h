/* SPDX-License-Identifier: Apache-2.0 */
/* What library.py calls through ctypes, and the two steps behind it. */
#ifndef KINEST_NATIVE_H
#define KINEST_NATIVE_H

#include "shape.h"

/* Takes one frame of some bodies. All memory is the caller's, and only its own is written, so
 * several threads may step at once with memory of their own and the same weights.
 *
 * weights: as pack.py lays them out. states: (bodies, kinest_state_size), zero for a new stream,
 * moved on. scratch: kinest_scratch_size floats. features: (bodies, features). outputs:
 * (bodies, outputs). rows: which `count` bodies have a frame; the others are left alone.
 */
typedef void kinest_step_function(const shape *s, const float *weights, float *states,
                                  float *scratch, const float *features, float *outputs,
                                  const int32_t *rows, int count);

kinest_step_function kinest_step, kinest_step_any;
#if defined(__x86_64__)
kinest_step_function kinest_step_v3;
#endif

int kinest_layout(void);
const char *kinest_instructions(void);
int kinest_weights_size(const shape *s);
int kinest_state_size(const shape *s);
int kinest_scratch_size(const shape *s);

#endif
