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

/* The rest of a tick, in doubles; rotations are nine of them, row after row. kernels.py says more.
 *
 * Takes the next frame of some bodies: positions (bodies, 6, 3), rotations (bodies, 6, 9) and which
 * of them are valid. Writes features (bodies, width) but for those of the body's shape, and
 * world_from_heading (bodies, 9). memory: (bodies, KINEST_FRAME), the frame before and, last, the
 * body's size. A body without a head stays as it is. scales: (22,), centres (6, 3), then those of
 * positions, rotations, velocities and turn rates. */
void kinest_features(const double *scales, double *memory, const double *positions,
                     const double *rotations, const uint8_t *valid, float *features,
                     double *headings, int bodies, int width, int canonical);
enum { KINEST_FRAME = 88 };

/* Writes what an output of the network says: 22 rotations, 2 contacts, 22 expected errors, and 22
 * confidences, which are one half for errors of `half` m. */
void kinest_decode(const float *sixd, const float *logits, const float *log_variance,
                   const double *world_from_heading, double half, double *out);

/* Writes world rotations (22, 9) of local ones. */
void kinest_world(const double *local, double *world);
/* Writes positions (22, 3) of a body that hangs from its head. bones: (22, 3), m. */
void kinest_hang(const double *world, const double *bones, const double *head, double *places);
/* Writes local and world quaternions xyzw (2, 22, 4) of world rotations. */
void kinest_quaternions(const double *world, double *quaternions);
/* Smooths world rotations in place. settings: tick rate, cut-off and what speed adds to it, share
 * of a new speed, squares of a leap and of what is near. memory: (381,), zero at first. */
void kinest_smooth(const double *settings, double *memory, const double *head_link, double *world);
/* Bends a limb, in place, so that its end is x, y, z m from its root, and moves the joints behind;
 * returns 0, with nothing done, where its bones have no length. Its joints are root, root + stride
 * and so on. limb: (9,) or, with a toe, (12,): upper bone, lower bone, hinge, toe. */
int kinest_bend(double *world, double *places, int root, int stride, const double *limb, double x,
                double y, double z, double least_bend);

#endif
