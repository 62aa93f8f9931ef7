/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of three and rotations of nine doubles, row after row. */
#ifndef KINEST_MATRICES_H
#define KINEST_MATRICES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline double dot(const double *a, const double *b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline double length(const double *v) { return sqrt(dot(v, v)); }

static inline void cross(const double *a, const double *b, double *out) {
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static inline void rotated(const double *m, const double *v, double *out) {
    for (int i = 0; i < 3; i++)
        out[i] = dot(m + 3 * i, v);
}

/* out = a b; out is neither of them. */
static inline void times(const double *a, const double *b, double *out) {
    for (int i = 0; i < 9; i += 3)
        for (int j = 0; j < 3; j++)
            out[i + j] = a[i] * b[j] + a[i + 1] * b[3 + j] + a[i + 2] * b[6 + j];
}

/* out = the transpose of a times b. */
static inline void under(const double *a, const double *b, double *out) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            out[3 * i + j] = a[i] * b[j] + a[3 + i] * b[3 + j] + a[6 + i] * b[6 + j];
}

/* The turn about the vertical that is nearest to a link's, as heading_matrix of model/features.py;
 * none where the link is upside down. */
static inline void heading(const double *link, double *out) {
    double sine = link[3] - link[1], cosine = link[0] + link[4], norm = hypot(sine, cosine);
    if (!(norm > 1e-6))
        sine = 0.0, cosine = norm = 1.0;
    const double c = cosine / norm, s = sine / norm;
    memcpy(out, (double[9]){c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0}, 9 * sizeof(double));
}

#endif
