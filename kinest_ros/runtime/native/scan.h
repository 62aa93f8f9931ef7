/* SPDX-License-Identifier: Apache-2.0 */
/* The recurrence of state space duality, one token at a time, and the short convolutions before it.
 *
 * For each head, with state S (d_state, headdim): S = exp(dt A) S + B (dt x)^T and y = C S + D x.
 */
#ifndef KINEST_SCAN_H
#define KINEST_SCAN_H

#include "lanes.h"
#include "shape.h"

/* A causal depthwise convolution of LANES channels for one token; the past moves on.
 *
 * past: (reach, channels), oldest first; taps: (reach + 1, channels), the last for this token. All
 * pointers are at the first of the channels.
 */
INLINE lanes convolved(lanes token, float *past, const float *taps, const float *bias, int channels,
                       int reach) {
    lanes sum = load(bias);
    for (int tap = 0; tap < reach; ++tap) {
        const lanes seen = load(past + tap * channels);
        sum += seen * load(taps + tap * channels);
        if (tap) store(past + (tap - 1) * channels, seen);
    }
    store(past + (reach - 1) * channels, token);
    return sum + token * load(taps + reach * channels);
}

/* dt = softplus(dt + bias) and exp(dt A) of a token's heads; both are padded to whole lanes. */
INLINE void steps_and_decays(const float *raw, const float *bias, const float *rate, int heads,
                             float *step, float *decay) {
    for (int head = 0; head < heads; head += LANES) {
        const lanes dt = softplus(load(raw + head) + load(bias + head));
        store(step + head, dt);
        store(decay + head, exponential(dt * load(rate + head)));
    }
}

/* Moves `count` * LANES channels of one head on by one token; count is a constant where inlined.
 *
 * state: (d_state, headdim) and x, y: (headdim), at the first of the channels.
 */
INLINE void some_channels(float *state, int headdim, const float *x, float step, float decay,
                          const float *b, const float *c, int d_state, float skip, float *y,
                          const int count) {
    lanes in[4], out[4];
    const lanes keep = all(decay);
    for (int i = 0; i < count; ++i) {
        const lanes value = load(x + i * LANES);
        in[i] = value * all(step);
        out[i] = value * all(skip);
    }
    for (int n = 0; n < d_state; ++n, state += headdim) {
        const lanes enters = all(b[n]), leaves = all(c[n]);
        for (int i = 0; i < count; ++i) {
            const lanes after = load(state + i * LANES) * keep + in[i] * enters;
            store(state + i * LANES, after);
            out[i] += after * leaves;
        }
    }
    for (int i = 0; i < count; ++i) store(y + i * LANES, out[i]);
}

/* All heads of one layer by one token.
 *
 * state: (heads, d_state, headdim); x, y: (heads, headdim); step, decay, skip: (heads);
 * b, c: (d_state).
 */
INLINE void scan_token(float *state, int heads, int headdim, int d_state, const float *x,
                       const float *step, const float *decay, const float *b, const float *c,
                       const float *skip, float *y) {
    for (int head = 0; head < heads; ++head) {
        float *own = state + head * d_state * headdim;
        int at = 0;
        for (; at + 4 * LANES <= headdim; at += 4 * LANES)
            some_channels(own + at, headdim, x + head * headdim + at, step[head], decay[head], b, c,
                          d_state, skip[head], y + head * headdim + at, 4);
        for (; at + 2 * LANES <= headdim; at += 2 * LANES)
            some_channels(own + at, headdim, x + head * headdim + at, step[head], decay[head], b, c,
                          d_state, skip[head], y + head * headdim + at, 2);
        for (; at < headdim; at += LANES)
            some_channels(own + at, headdim, x + head * headdim + at, step[head], decay[head], b, c,
                          d_state, skip[head], y + head * headdim + at, 1);
    }
}

#endif
