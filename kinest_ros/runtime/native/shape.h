/* SPDX-License-Identifier: Apache-2.0 */
/* The network's sizes, as library.py hands them over, and what follows from them. */
#ifndef KINEST_SHAPE_H
#define KINEST_SHAPE_H

#include <stdint.h>

/* Raised whenever this struct, the order of weights or state, or any call changes: library.py
 * compares. */
#define KINEST_LAYOUT 2

/* All widths but `features` and `outputs` are multiples of 8. */
typedef struct {
    int32_t features;         /* inputs of a frame */
    int32_t outputs;          /* rotations, contacts and variances */
    int32_t width;            /* channels of a frame */
    int32_t temporal_blocks;
    int32_t kinematic_blocks;
    int32_t local_taps;       /* of the local motion aggregator */
    int32_t conv_taps;        /* of the Mamba-2 layers */
    int32_t inner;            /* inner width of the layers over time */
    int32_t heads;            /* of the layers over time */
    int32_t d_state;          /* of the temporal blocks' scan */
    int32_t mixer_d_state;    /* of the global motion aggregator */
    int32_t hidden;           /* of its feed-forward network */
    int32_t joints;           /* tokens of a frame */
    int32_t joint_width;      /* channels of a token */
    int32_t joint_inner;      /* inner width of one of the two scans over the joints */
    int32_t joint_heads;      /* of one of them */
    int32_t joint_d_state;
} shape;

enum { MOST_HEADS = 64 };

/* Weights lie in panels of 16 outputs; outputs and heads are made in lanes of 8. */
static inline int in_panels(int outputs) { return (outputs + 15) / 16 * 16; }
static inline int in_lanes(int count) { return (count + 7) / 8 * 8; }

static inline int most(int a, int b) { return a > b ? a : b; }

/* A Mamba-2 layer over time: z, x B C, and dt, side by side. */
static inline int conv_width(const shape *s, int d_state) { return s->inner + 2 * d_state; }
static inline int projected(const shape *s, int d_state) {
    return in_lanes(s->inner + conv_width(s, d_state) + s->heads);
}

/* The two scans over the joints: z of both, x B C of the first and of the second, dt of both. */
static inline int joint_conv_width(const shape *s) { return s->joint_inner + 2 * s->joint_d_state; }
static inline int joint_projected(const shape *s) {
    return in_lanes(2 * s->joint_inner + 2 * joint_conv_width(s) + 2 * s->joint_heads);
}
static inline int all_tokens(const shape *s) { return s->joints * s->joint_width; }

/* State: the past of the convolution, then of the recurrence. */
static inline int scan_state(const shape *s, int d_state) {
    return (s->conv_taps - 1) * conv_width(s, d_state) + s->inner * d_state;
}
static inline int joint_state(const shape *s) {
    return 2 * ((s->conv_taps - 1) * joint_conv_width(s) + s->joint_inner * s->joint_d_state);
}
static inline int aggregators_state(const shape *s) {
    return (s->local_taps - 1) * s->width + scan_state(s, s->mixer_d_state);
}
static inline int state_size(const shape *s) {
    return s->temporal_blocks * (scan_state(s, s->d_state) + aggregators_state(s)) +
           s->kinematic_blocks * (joint_state(s) + aggregators_state(s));
}

/* Weights, in the order in which step.h takes them. */
static inline int product_size(int inputs, int outputs) {
    return (inputs + 1) * in_panels(outputs);
}
static inline int scan_size(const shape *s, int d_state) {
    return product_size(s->width, projected(s, d_state)) +
           (s->conv_taps + 1) * conv_width(s, d_state) + 3 * in_lanes(s->heads) +
           product_size(s->inner, s->width);
}
static inline int joints_size(const shape *s) {
    return product_size(s->width, all_tokens(s)) + product_size(s->joint_width, joint_projected(s)) +
           2 * (s->conv_taps + 1) * joint_conv_width(s) + 3 * in_lanes(2 * s->joint_heads) +
           product_size(2 * s->joint_inner, s->joint_width) + product_size(all_tokens(s), s->width);
}
static inline int aggregators_size(const shape *s) {
    return (2 + s->local_taps + 1 + 2 + 2) * s->width + scan_size(s, s->mixer_d_state) +
           product_size(s->width, s->hidden) + product_size(s->hidden, s->width);
}
static inline int weights_size(const shape *s) {
    return product_size(s->features, s->width) +
           s->temporal_blocks * (2 * s->width + scan_size(s, s->d_state) + aggregators_size(s)) +
           s->kinematic_blocks * (2 * s->width + joints_size(s) + aggregators_size(s)) +
           2 * s->width + product_size(s->width, s->outputs);
}

/* Bodies that go through the network together. More would push each other out of the cache. */
enum { TOGETHER = 32 };

/* Rows of projections before and behind a frame's: what the convolutions see of other frames. */
static inline int joint_rows(const shape *s) { return s->joints + 2 * (s->conv_taps - 1); }

/* Memory for the bodies under way. */
static inline int joint_scratch(const shape *s) {
    return joint_rows(s) * joint_projected(s) +
           s->joints * (2 * s->joint_inner + in_lanes(2 * s->joint_heads));
}
static inline int wide_width(const shape *s) {
    const int scans = most(projected(s, s->d_state), projected(s, s->mixer_d_state));
    const int others = most(s->hidden, most(all_tokens(s), s->features));
    return most(most(scans, others), in_lanes(s->outputs));
}
static inline int y_width(const shape *s) { return most(s->inner, all_tokens(s)); }
static inline int scratch_size(const shape *s) {
    return TOGETHER * (2 * s->width + wide_width(s) + y_width(s)) + joint_scratch(s);
}

#endif
