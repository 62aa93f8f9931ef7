/* SPDX-License-Identifier: Apache-2.0 */
/* Products with weights, for few rows: nearly all of the step's memory and arithmetic.
 *
 * Weights lie in panels of PANEL outputs, input after input, in the order in which they are read:
 * PANEL floats of input 0, of input 1, and so on; then the next panel. An output's products are
 * added up in the order of the inputs whatever the number of rows, so a body's numbers are the
 * same in a batch as alone, to the last bit.
 */
#ifndef KINEST_LINEAR_H
#define KINEST_LINEAR_H

#include "lanes.h"

enum { PANEL = 16 };

/* What a product does with its result. */
typedef enum { PUT, ADD } into;

INLINE void finish(float *y, into what, lanes low, lanes high, int half) {
    store(y, what == ADD ? load(y) + low : low);
    if (!half) store(y + LANES, what == ADD ? load(y + LANES) + high : high);
}

/* One panel and a few rows; `rows` is a constant where this is inlined. */
INLINE void one_panel(const float *weight, const float *bias, int inputs, const float *x,
                      int x_stride, float *y, int y_stride, into what, int half, const int rows) {
    lanes low[4], high[4];
    for (int row = 0; row < rows; ++row) {
        low[row] = load(bias);
        high[row] = load(bias + LANES);
    }
    for (int input = 0; input < inputs; ++input, weight += PANEL) {
        const lanes first = load(weight), second = load(weight + LANES);
        for (int row = 0; row < rows; ++row) {
            const lanes value = all(x[row * x_stride + input]);
            low[row] += first * value;
            high[row] += second * value;
        }
    }
    for (int row = 0; row < rows; ++row)
        finish(y + row * y_stride, what, low[row], high[row], half);
}

/* Several panels of one row: a panel alone would wait for its own last sum at every input. */
INLINE void one_row(const float *weight, const float *bias, int inputs, const float *x, float *y,
                    into what, const int panels) {
    lanes low[4], high[4];
    for (int panel = 0; panel < panels; ++panel) {
        low[panel] = load(bias + panel * PANEL);
        high[panel] = load(bias + panel * PANEL + LANES);
    }
    for (int input = 0; input < inputs; ++input) {
        const lanes value = all(x[input]);
        for (int panel = 0; panel < panels; ++panel) {
            const float *at = weight + (panel * inputs + input) * PANEL;
            low[panel] += load(at) * value;
            high[panel] += load(at + LANES) * value;
        }
    }
    for (int panel = 0; panel < panels; ++panel)
        finish(y + panel * PANEL, what, low[panel], high[panel], 0);
}

/* y = x W^T + bias, or y += that.
 *
 * weight: panels; bias: (outputs), padded as the panels are; x: (rows, inputs) with rows x_stride
 * apart; y: (rows, outputs) with rows y_stride apart. outputs is a multiple of LANES.
 */
KERNEL void linear(const float *weight, const float *bias, int inputs, int outputs, const float *x,
                   int x_stride, float *y, int y_stride, int rows, into what) {
    int output = 0;
    if (rows == 1) {
        for (; output + 4 * PANEL <= outputs; output += 4 * PANEL)
            one_row(weight + output * inputs, bias + output, inputs, x, y + output, what, 4);
    }
    for (; output < outputs; output += PANEL) {
        const float *panel = weight + output * inputs;
        const int half = outputs - output < PANEL;
        int row = 0;
        for (; row + 4 <= rows; row += 4)
            one_panel(panel, bias + output, inputs, x + row * x_stride, x_stride,
                      y + row * y_stride + output, y_stride, what, half, 4);
        if (row + 2 <= rows) {
            one_panel(panel, bias + output, inputs, x + row * x_stride, x_stride,
                      y + row * y_stride + output, y_stride, what, half, 2);
            row += 2;
        }
        if (row < rows)
            one_panel(panel, bias + output, inputs, x + row * x_stride, x_stride,
                      y + row * y_stride + output, y_stride, what, half, 1);
    }
}

#endif
