/* SPDX-License-Identifier: Apache-2.0 */
/* A posed body in world rotations: tracking/fitting/posing.py, posture_smoothing.py, limb_ik.py. */
#include "matrices.h"
#include "native.h"

enum { JOINTS = 22, HEAD = 15, SMOOTHED = 20 };
static const int PARENTS[JOINTS] = {-1, 0, 0, 0, 1,  2,  3,  4,  5,  6,  7,
                                    8,  9, 9, 9, 12, 13, 14, 16, 17, 18, 19};

void kinest_world(const double *local, double *world) {
    memcpy(world, local, 9 * sizeof(double));
    for (int j = 1; j < JOINTS; j++)
        times(world + 9 * PARENTS[j], local + 9 * j, world + 9 * j);
}

void kinest_hang(const double *world, const double *bones, const double *head, double *places) {
    double shift[3];
    memset(places, 0, 3 * sizeof(double));
    for (int j = 1; j < JOINTS; j++) {
        rotated(world + 9 * PARENTS[j], bones + 3 * j, places + 3 * j);
        for (int i = 0; i < 3; i++)
            places[3 * j + i] += places[3 * PARENTS[j] + i];
    }
    for (int i = 0; i < 3; i++)
        shift[i] = head[i] - places[3 * HEAD + i];
    for (int i = 0; i < 3 * JOINTS; i++)
        places[i] += shift[i % 3];
}

static void quaternion(const double *m, double *out) {
    /* The rows of 4 q q^T; that of the largest diagonal is accurate at every angle. */
    const double outer[4][4] = {
        {1.0 + m[0] - m[4] - m[8], m[1] + m[3], m[2] + m[6], m[7] - m[5]},
        {m[1] + m[3], 1.0 - m[0] + m[4] - m[8], m[5] + m[7], m[2] - m[6]},
        {m[2] + m[6], m[5] + m[7], 1.0 - m[0] - m[4] + m[8], m[3] - m[1]},
        {m[7] - m[5], m[2] - m[6], m[3] - m[1], 1.0 + m[0] + m[4] + m[8]}};
    int best = 0;
    for (int i = 1; i < 4; i++)
        if (outer[i][i] > outer[best][best])
            best = i;
    const double *row = outer[best];
    const double norm = copysign(sqrt(dot(row, row) + row[3] * row[3]), row[3]);
    for (int i = 0; i < 4; i++)
        out[i] = row[i] / norm;
}

void kinest_quaternions(const double *world, double *quaternions) {
    double local[9];
    for (int j = 0; j < JOINTS; j++) {
        if (j)
            under(world + 9 * PARENTS[j], world + 9 * j, local);
        quaternion(j ? local : world, quaternions + 4 * j);
        quaternion(world + 9 * j, quaternions + 4 * (JOINTS + j));
    }
}

/* The rotation nearest to a blend of two: Newton's steps for the polar decomposition. */
static void straightened(double *m, int steps) {
    for (int step = 0; step < steps; step++) {
        double squared[9], next[9];
        under(m, m, squared);
        for (int i = 0; i < 9; i++)
            squared[i] = (i % 4 ? 0.0 : 1.5) - 0.5 * squared[i];
        times(m, squared, next);
        memcpy(m, next, sizeof next);
    }
}

void kinest_smooth(const double *settings, double *memory, const double *head_link, double *world) {
    const double tick_rate = settings[0], slowest = settings[1], per_speed = settings[2];
    const double speed_share = settings[3], leap = settings[4], near = settings[5];
    double *last = memory + 1, *raw = last + 9 * SMOOTHED, *speed = raw + 9 * SMOOTHED;
    double facing[9], now[9 * SMOOTHED], distances[SMOOTHED], farthest = 0.0;
    const int fresh = memory[0] == 0.0;
    heading(head_link, facing);
    memory[0] = 1.0;
    for (int j = 0; j < SMOOTHED; j++) {
        double moved = 0.0, off = 0.0;
        under(facing, world + 9 * j, now + 9 * j);
        for (int i = 9 * j; i < 9 * j + 9; i++) {
            moved += (now[i] - raw[i]) * (now[i] - raw[i]);
            off += (now[i] - last[i]) * (now[i] - last[i]);
        }
        /* |A - B| = sqrt(8) sin(a / 2). */
        const double turned = 2.0 * asin(fmin(sqrt(0.125 * moved), 1.0));
        if (!fresh)
            speed[j] += speed_share * (turned * tick_rate - speed[j]);
        distances[j] = off;
        farthest = fmax(farthest, off);
    }
    memcpy(raw, now, sizeof now);
    if (fresh) {
        memcpy(last, now, sizeof now);
        return;
    }
    for (int j = 0; j < SMOOTHED; j++) {
        double *blend = last + 9 * j;
        const double cutoff = slowest + per_speed * speed[j];
        const double share = 1.0 / (1.0 + tick_rate / (2.0 * M_PI * cutoff));
        for (int i = 0; i < 9; i++)
            blend[i] += (distances[j] > leap ? 1.0 : share) * (now[9 * j + i] - blend[i]);
        if (!(distances[j] > leap))
            straightened(blend, farthest < near ? 2 : 3);
        if (j != HEAD)
            times(facing, blend, world + 9 * j);
    }
}
