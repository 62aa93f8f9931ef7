/* SPDX-License-Identifier: Apache-2.0 */
/* One frame of some bodies through the whole network: kinest_ros.model.streaming, step. */
#ifndef KINEST_STEP_H
#define KINEST_STEP_H

#include <stddef.h>

#include "joints.h"
#include "native.h"

/* Where the next weights lie. They are read once, from the first to the last. */
typedef struct {
    const float *next;
} reading;

INLINE const float *take(reading *r, int count) {
    const float *here = r->next;
    r->next += count;
    return here;
}

/* Memory for the bodies under way; all (TOGETHER, ...) but the last. */
typedef struct {
    float *x;      /* frames (width) */
    float *normed; /* the same, normalised (width) */
    float *wide;   /* projections, hidden units, tokens */
    float *y;      /* what comes out of a scan (inner), or mixed tokens */
    float *joints; /* for one body */
    int wide_stride, y_stride;
} desk;

/* The bodies under way. */
typedef struct {
    float *state[TOGETHER]; /* the next to be used, of each */
    int count;
} party;

INLINE void product(reading *r, int inputs, int outputs, const float *x, int x_stride, float *y,
                    int y_stride, int rows, into what) {
    const float *weight = take(r, inputs * in_panels(outputs));
    const float *bias = take(r, in_panels(outputs));
    linear(weight, bias, inputs, outputs, x, x_stride, y, y_stride, rows, what);
}

INLINE void normalise(const shape *s, reading *r, const desk *d, int rows) {
    const float *scale = take(r, s->width), *shift = take(r, s->width);
    layer_norm(scale, shift, d->x, d->normed, s->width, rows);
}

/* x += a Mamba-2 layer of the normalised x. */
KERNEL void flow_in_time(const shape *s, reading *r, const desk *d, party *p, int d_state) {
    const int channels = conv_width(s, d_state), outputs = projected(s, d_state);
    const int reach = s->conv_taps - 1, inner = s->inner, heads = s->heads;
    product(r, s->width, outputs, d->normed, s->width, d->wide, d->wide_stride, p->count, PUT);
    const float *taps = take(r, s->conv_taps * channels);
    const float *bias = take(r, channels);
    const float *dt_bias = take(r, in_lanes(heads));
    const float *rate = take(r, in_lanes(heads));
    const float *skip = take(r, in_lanes(heads));
    for (int body = 0; body < p->count; ++body) {
        float *z = d->wide + body * d->wide_stride, *x = z + inner, *y = d->y + body * d->y_stride;
        float *past = p->state[body], *ssm = past + reach * channels;
        float step[MOST_HEADS], decay[MOST_HEADS];
        for (int i = 0; i < channels; i += LANES)
            store(x + i, silu(convolved(load(x + i), past + i, taps + i, bias + i, channels, reach)));
        steps_and_decays(x + channels, dt_bias, rate, heads, step, decay);
        scan_token(ssm, heads, inner / heads, d_state, x, step, decay, x + inner,
                   x + inner + d_state, skip, y);
        gated_norm(y, z, inner);
        p->state[body] = ssm + inner * d_state;
    }
    product(r, inner, s->width, d->y, d->y_stride, d->x, s->width, p->count, ADD);
}

/* x += both scans over the joints of the normalised x. */
KERNEL void flow_through_joints(const shape *s, reading *r, const desk *d, party *p) {
    const int width = s->joints * s->joint_width, channels = joint_conv_width(s);
    const int both = in_lanes(2 * s->joint_heads);
    scan_weights w;
    product(r, s->width, width, d->normed, s->width, d->wide, d->wide_stride, p->count, PUT);
    const int panels = in_panels(joint_projected(s));
    w.in_proj = take(r, s->joint_width * panels);
    w.in_bias = take(r, panels);
    w.taps = take(r, 2 * s->conv_taps * channels);
    w.conv_bias = take(r, 2 * channels);
    w.dt_bias = take(r, both);
    w.rate = take(r, both);
    w.skip = take(r, both);
    w.out_proj = take(r, 2 * s->joint_inner * in_panels(s->joint_width));
    w.out_bias = take(r, in_panels(s->joint_width));
    for (int body = 0; body < p->count; ++body) {
        scan_joints(s, &w, p->state[body], d->wide + body * d->wide_stride,
                    d->y + body * d->y_stride, d->joints);
        p->state[body] += joint_state(s);
    }
    product(r, width, s->width, d->y, d->y_stride, d->x, s->width, p->count, ADD);
}

/* x += the local motion aggregator. */
KERNEL void aggregate_locally(const shape *s, reading *r, const desk *d, party *p) {
    const int width = s->width, reach = s->local_taps - 1;
    normalise(s, r, d, p->count);
    const float *taps = take(r, s->local_taps * width), *bias = take(r, width);
    for (int body = 0; body < p->count; ++body) {
        float *x = d->x + body * width, *past = p->state[body];
        const float *token = d->normed + body * width;
        for (int i = 0; i < width; i += LANES)
            store(x + i, load(x + i) + silu(convolved(load(token + i), past + i, taps + i, bias + i,
                                                      width, reach)));
        p->state[body] += reach * width;
    }
}

/* x += a feed-forward network of the normalised x. */
KERNEL void feed_forward(const shape *s, reading *r, const desk *d, int rows) {
    normalise(s, r, d, rows);
    product(r, s->width, s->hidden, d->normed, s->width, d->wide, d->wide_stride, rows, PUT);
    for (int row = 0; row < rows; ++row) {
        float *hidden = d->wide + row * d->wide_stride;
        for (int i = 0; i < s->hidden; i += LANES) store(hidden + i, silu(load(hidden + i)));
    }
    product(r, s->hidden, s->width, d->wide, d->wide_stride, d->x, s->width, rows, ADD);
}

/* At most TOGETHER bodies; rows says which, of features, states and outputs. */
KERNEL void step_some(const shape *s, reading *r, const desk *d, const float *features,
                      float *states, float *outputs, const int32_t *rows, int count) {
    party p = {.count = count};
    for (int body = 0; body < count; ++body) {
        const float *from = features + (size_t)rows[body] * (size_t)s->features;
        float *to = d->wide + body * d->wide_stride;
        for (int i = 0; i < s->features; ++i) to[i] = from[i];
        p.state[body] = states + (size_t)rows[body] * (size_t)state_size(s);
    }
    product(r, s->features, s->width, d->wide, d->wide_stride, d->x, s->width, count, PUT);
    for (int block = 0; block < s->temporal_blocks + s->kinematic_blocks; ++block) {
        normalise(s, r, d, count);
        if (block < s->temporal_blocks)
            flow_in_time(s, r, d, &p, s->d_state);
        else
            flow_through_joints(s, r, d, &p);
        aggregate_locally(s, r, d, &p);
        normalise(s, r, d, count);
        flow_in_time(s, r, d, &p, s->mixer_d_state);
        feed_forward(s, r, d, count);
    }
    normalise(s, r, d, count);
    product(r, s->width, in_lanes(s->outputs), d->normed, s->width, d->wide, d->wide_stride, count,
            PUT);
    for (int body = 0; body < count; ++body) {
        float *to = outputs + (size_t)rows[body] * (size_t)s->outputs;
        for (int i = 0; i < s->outputs; ++i) to[i] = d->wide[body * d->wide_stride + i];
    }
}

/* See step_v3.c for the two times that this is compiled. */
KINEST_TARGET void KINEST_STEP(const shape *s, const float *weights, float *states, float *scratch,
                               const float *features, float *outputs, const int32_t *rows,
                               int count) {
    desk d = {.wide_stride = wide_width(s), .y_stride = y_width(s)};
    d.x = scratch;
    d.normed = d.x + TOGETHER * s->width;
    d.wide = d.normed + TOGETHER * s->width;
    d.y = d.wide + TOGETHER * d.wide_stride;
    d.joints = d.y + TOGETHER * d.y_stride;
    for (int done = 0; done < count; done += TOGETHER) {
        reading r = {weights};
        const int some = count - done < TOGETHER ? count - done : TOGETHER;
        step_some(s, &r, &d, features, states, outputs, rows + done, some);
    }
}

#endif
