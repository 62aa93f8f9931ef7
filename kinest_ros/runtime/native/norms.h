/* SPDX-License-Identifier: Apache-2.0 */
/* Layer normalisation, and the gated RMS norm of Mamba-2. Widths are multiples of LANES. */
#ifndef KINEST_NORMS_H
#define KINEST_NORMS_H

#include <math.h>

#include "lanes.h"

#define NORM_EPSILON 1e-5f

/* Each row of x (rows, width) normalised, times scale plus shift (width). */
KERNEL void layer_norm(const float *scale, const float *shift, const float *x, float *y, int width,
                       int rows) {
    for (int row = 0; row < rows; ++row, x += width, y += width) {
        lanes sum = all(0.0f), square = all(0.0f);
        for (int i = 0; i < width; i += LANES) sum += load(x + i);
        const lanes mean = all(total(sum) / (float)width);
        for (int i = 0; i < width; i += LANES) {
            const lanes off = load(x + i) - mean;
            square += off * off;
        }
        const lanes factor = all(1.0f / sqrtf(total(square) / (float)width + NORM_EPSILON));
        for (int i = 0; i < width; i += LANES)
            store(y + i, (load(x + i) - mean) * factor * load(scale + i) + load(shift + i));
    }
}

/* y SiLU(z) over its root mean square, in place; the norm's weights are in the product behind. */
INLINE void gated_norm(float *y, const float *z, int width) {
    lanes square = all(0.0f);
    for (int i = 0; i < width; i += LANES) {
        const lanes gated = load(y + i) * silu(load(z + i));
        square += gated * gated;
        store(y + i, gated);
    }
    const lanes factor = all(1.0f / sqrtf(total(square) / (float)width + NORM_EPSILON));
    for (int i = 0; i < width; i += LANES) store(y + i, load(y + i) * factor);
}

#endif
