/* SPDX-License-Identifier: Apache-2.0 */
/* The network's input of one frame, and what its output says: live_features.py, predictor.py. */
#include "matrices.h"
#include "native.h"

enum { SLOTS = 6, PER_SLOT = 16, JOINTS = 22 };

/* Entry i of the transpose of a rotation times a vector, with the sums of a product in numpy: the
 * network sees the same to the last bit. */
static double column(const double *m, const double *v, int i) {
    return fma(v[2], m[6 + i], fma(v[1], m[3 + i], v[0] * m[i]));
}

static void under_exactly(const double *a, const double *b, double *out) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            out[3 * i + j] = fma(a[6 + i], b[6 + j], fma(a[3 + i], b[3 + j], a[i] * b[j]));
}

void kinest_features(const double *scales, double *memory, const double *positions,
                     const double *rotations, const uint8_t *valid, float *features,
                     double *headings, int bodies, int width, int canonical) {
    const double *centres = scales, *scale = scales + 3 * SLOTS;
    static const double identity[9] = {1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0};
    for (int body = 0; body < bodies; body++, memory += KINEST_FRAME, positions += 3 * SLOTS,
             rotations += 9 * SLOTS, valid += SLOTS, features += width, headings += 9) {
        double *places = memory, *turns = memory + 18, *facing = memory + 72, *seen = memory + 81;
        const double size = memory[87];
        if (valid[0]) {
            heading(canonical ? rotations : identity, headings);
            /* [1, 0] of heading_before^T heading: the sine of the turn. */
            const double turn = facing[1] * headings[0] + facing[4] * headings[3];
            features[SLOTS * PER_SLOT] = seen[0] != 0.0 ? (float)(turn * scale[3]) : 0.0f;
        }
        for (int slot = 0; valid[0] && slot < SLOTS; slot++) {
            float *out = features + PER_SLOT * slot;
            const double *at = positions + 3 * slot, *turned = rotations + 9 * slot;
            const int moving = valid[slot] && seen[slot] != 0.0;
            memset(out, 0, PER_SLOT * sizeof(float));
            seen[slot] = valid[slot];
            if (!valid[slot])
                continue;
            const double off[3] = {at[0] - canonical * positions[0],
                                   at[1] - canonical * positions[1], at[2]};
            double local[9], moved[3];
            under_exactly(headings, turned, local);
            for (int i = 0; i < 3; i++) {
                out[i] = (float)((column(headings, off, i) / size - centres[3 * slot + i]) * scale[0]);
                out[3 + i] = (float)((local[3 * i] - identity[i]) * scale[1]);
                out[6 + i] = (float)((local[3 * i + 1] - identity[3 + i]) * scale[1]);
                moved[i] = at[i] - places[3 * slot + i];
            }
            if (moving) {
                double relative[9];
                under_exactly(turns + 9 * slot, turned, relative);
                for (int i = 0; i < 3; i++)
                    out[9 + i] = (float)(column(headings, moved, i) * scale[2] / size);
                out[12] = (float)((relative[7] - relative[5]) * (0.5 * scale[3]));
                out[13] = (float)((relative[2] - relative[6]) * (0.5 * scale[3]));
                out[14] = (float)((relative[3] - relative[1]) * (0.5 * scale[3]));
            }
            out[15] = 1.0f;
            memcpy(places + 3 * slot, at, 3 * sizeof(double));
            memcpy(turns + 9 * slot, turned, 9 * sizeof(double));
        }
        memcpy(valid[0] ? facing : headings, valid[0] ? headings : facing, 9 * sizeof(double));
    }
}

/* What is not a number stays so, to be found out. */
static double within(double value, double least, double most) {
    return value < least ? least : value > most ? most : value;
}

void kinest_decode(const float *sixd, const float *logits, const float *log_variance,
                   const double *world_from_heading, double half, double *out) {
    double *joint = out;
    for (int j = 0; j < JOINTS; j++, sixd += 6, joint += 9) {
        double a[3] = {sixd[0], sixd[1], sixd[2]}, b[3] = {sixd[3], sixd[4], sixd[5]}, c[3];
        const double first = fmax(length(a), 1e-8);
        for (int i = 0; i < 3; i++)
            a[i] /= first;
        const double along = dot(a, b);
        for (int i = 0; i < 3; i++)
            b[i] -= along * a[i];
        const double second = fmax(length(b), 1e-8);
        for (int i = 0; i < 3; i++)
            b[i] /= second;
        cross(a, b, c);
        for (int i = 0; i < 3; i++)
            joint[3 * i] = a[i], joint[3 * i + 1] = b[i], joint[3 * i + 2] = c[i];
    }
    double root[9];
    times(world_from_heading, out, root);
    for (int i = 0; i < 9; i += 3) /* from link axes to SMPL's */
        out[i] = root[i + 1], out[i + 1] = root[i + 2], out[i + 2] = root[i];
    for (int side = 0; side < 2; side++)
        *joint++ = 1.0 / (1.0 + exp(-within(logits[side], -50.0, 50.0)));
    for (int j = 0; j < JOINTS; j++, joint++) {
        joint[0] = exp(0.5 * within(log_variance[j], -14.0, 2.0)) * sqrt(3.0);
        joint[JOINTS] = 1.0 / (1.0 + joint[0] / half);
    }
}
