/* SPDX-License-Identifier: Apache-2.0 */
/* Both scans over the joint tokens of one frame of one body.
 *
 * The first goes through the tokens as they stand, the second from the last to the first; both
 * carry their state from frame to frame. Neither the tokens nor their projections are turned
 * round: the second scan's convolution reaches the other way, and its loop runs backwards.
 */
#ifndef KINEST_JOINTS_H
#define KINEST_JOINTS_H

#include "linear.h"
#include "norms.h"
#include "scan.h"
#include "shape.h"

/* A layer's weights, as they lie. */
typedef struct {
    const float *in_proj, *in_bias, *taps, *conv_bias, *dt_bias, *rate, *skip, *out_proj, *out_bias;
} scan_weights;

/* The convolution of one scan, with SiLU, in place; `step` is 1 or -1, the way through the frame.
 *
 * first: the channels of the token that comes first, in rows `stride` apart. The rows before it
 * are filled from past (reach, channels; oldest first), which then keeps the frame's last ones.
 */
KERNEL void convolve_frame(float *first, int stride, int step, int tokens, float *past,
                           const float *taps, const float *bias, int channels, int reach) {
    const int next = step * stride;
    for (int tap = 0; tap < reach; ++tap)
        for (int i = 0; i < channels; i += LANES) {
            store(first + (tap - reach) * next + i, load(past + tap * channels + i));
            store(past + tap * channels + i, load(first + (tokens - reach + tap) * next + i));
        }
    /* From the last token on, so that those which it sees are still as they came. */
    for (int token = tokens - 1; token >= 0; --token) {
        float *at = first + token * next;
        for (int i = 0; i < channels; i += LANES) {
            lanes sum = load(bias + i);
            for (int tap = 0; tap <= reach; ++tap)
                sum += load(at + (tap - reach) * next + i) * load(taps + tap * channels + i);
            store(at + i, silu(sum));
        }
    }
}

/* tokens: (joints, joint_width); mixed: likewise, the sum of both scans. */
KERNEL void scan_joints(const shape *s, const scan_weights *w, float *state, const float *tokens,
                        float *mixed, float *scratch) {
    const int inner = s->joint_inner, d_state = s->joint_d_state, heads = s->joint_heads;
    const int channels = joint_conv_width(s), reach = s->conv_taps - 1;
    const int stride = joint_projected(s), both = in_lanes(2 * heads);
    float *rows = scratch + reach * stride;
    float *y = scratch + joint_rows(s) * stride, *decays = y + s->joints * 2 * inner;
    linear(w->in_proj, w->in_bias, s->joint_width, stride, tokens, s->joint_width, rows, stride,
           s->joints, PUT);
    for (int token = 0; token < s->joints; ++token) {
        float *dt = rows + token * stride + 2 * inner + 2 * channels;
        steps_and_decays(dt, w->dt_bias, w->rate, 2 * heads, dt, decays + token * both);
    }
    for (int scan = 0; scan < 2; ++scan) {
        const int way = scan ? -1 : 1, begin = scan ? s->joints - 1 : 0;
        float *past = state + scan * reach * channels;
        float *ssm = state + 2 * reach * channels + scan * inner * d_state;
        convolve_frame(rows + begin * stride + 2 * inner + scan * channels, stride, way, s->joints,
                       past, w->taps + scan * s->conv_taps * channels, w->conv_bias + scan * channels,
                       channels, reach);
        for (int count = 0, token = begin; count < s->joints; ++count, token += way) {
            const float *row = rows + token * stride;
            const float *x = row + 2 * inner + scan * channels;
            float *out = y + (token * 2 + scan) * inner;
            scan_token(ssm, heads, inner / heads, d_state, x,
                       row + 2 * inner + 2 * channels + scan * heads,
                       decays + token * both + scan * heads, x + inner, x + inner + d_state,
                       w->skip + scan * heads, out);
            gated_norm(out, row + scan * inner, inner);
        }
    }
    linear(w->out_proj, w->out_bias, 2 * inner, s->joint_width, y, 2 * inner, mixed, s->joint_width,
           s->joints, PUT);
}

#endif
