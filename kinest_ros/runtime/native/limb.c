/* SPDX-License-Identifier: Apache-2.0 */
/* Two-bone inverse kinematics of one limb of a posed body: body/limb_ik.py says what it is. */
#include "matrices.h"
#include "native.h"

static const double STRAIGHT = 1e-6, TINY = 1e-9;

static double clamped(double value) { return value < -1.0 ? -1.0 : value > 1.0 ? 1.0 : value; }

static void about(const double *axis, double angle, double *out) {
    const double half = sin(0.5 * angle), sine = sin(angle), rest = 2.0 * half * half;
    const double x = axis[0], y = axis[1], z = axis[2];
    const double xy = rest * x * y, xz = rest * x * z, yz = rest * y * z;
    memcpy(out, (double[9]){
        1.0 - rest * (y * y + z * z), xy - sine * z, xz + sine * y,
        xy + sine * z, 1.0 - rest * (x * x + z * z), yz - sine * x,
        xz - sine * y, yz + sine * x, 1.0 - rest * (x * x + y * y)}, 9 * sizeof(double));
}

static void shortest(const double *start, const double *goal, const double *half_turn, double *out) {
    double axis[3];
    cross(start, goal, axis);
    const double sine = length(axis), cosine = dot(start, goal);
    for (int i = 0; i < 3; i++)
        axis[i] = sine > 1e-9 * fabs(cosine) ? axis[i] / sine : half_turn[i];
    about(axis, atan2(sine, cosine), out);
}

static void turn(double *rotation, const double *by) {
    double turned[9];
    times(by, rotation, turned);
    memcpy(rotation, turned, sizeof turned);
}

static void spin(double *vector, const double *by) {
    double turned[3];
    rotated(by, vector, turned);
    memcpy(vector, turned, sizeof turned);
}

/* The angle from the upper bone to the direction of the limb's end. */
static double lean(double upper, double lower, double bend) {
    return atan2(lower * sin(bend), upper + lower * cos(bend));
}

static void added(const double *a, const double *b, double *out) {
    for (int i = 0; i < 3; i++)
        out[i] = a[i] + b[i];
}

int kinest_bend(double *world, double *places, int root, int stride, const double *limb, double x,
                double y, double z, double least_bend) {
    double *upper_turn = world + 9 * root, *lower_turn = upper_turn + 9 * stride;
    const double *axis = limb + 6, reach[3] = {x, y, z};
    double upper[3], lower[3], hinge[3], normal[3], end[3], by[9], back[9];
    rotated(upper_turn, limb, upper);
    rotated(lower_turn, limb + 3, lower);
    const double first = length(upper), second = length(lower), product = first * second;
    if (!(product > TINY && product < INFINITY))
        return 0;
    const double far = length(reach);
    rotated(upper_turn, axis, hinge);
    cross(upper, lower, normal);
    added(upper, lower, end);
    const double lacking = least_bend - (atan2(-dot(upper, lower), dot(normal, hinge)) + M_PI_2);
    if (least_bend > 0.0 && lacking > 0.0) {
        const double change = fabs(far - length(end)) / (first + second);
        const double share = fmin(change / (0.5 * least_bend * least_bend), 1.0);
        /* Beginning without a kink over the least bend. */
        const double angle = lacking >= least_bend ? lacking - 0.5 * least_bend
                                                   : lacking * lacking / (2.0 * least_bend);
        double to_end[3];
        about(hinge, share * angle, by);
        spin(lower, by);
        turn(lower_turn, by);
        added(upper, lower, to_end);
        shortest(to_end, end, hinge, back);
        turn(upper_turn, back);
        turn(lower_turn, back);
        spin(upper, back);
        spin(lower, back);
        spin(hinge, back);
        cross(upper, lower, normal);
    }
    const double sine = length(normal);
    for (int i = 0; i < 3; i++)
        normal[i] = sine > STRAIGHT * product ? normal[i] / sine : hinge[i];
    /* Angles in the limb's plane: of the bend, and from the upper bone to the end's direction. */
    const double bend = atan2(sine, dot(upper, lower));
    /* Law of cosines, with what cannot be reached clamped to a straight or a folded limb. */
    const double cosine = (far * far - first * first - second * second) / (2.0 * product);
    const double wanted = acos(clamped(cosine));
    const double fold = lean(first, second, bend) - lean(first, second, wanted);
    /* A limb folded back onto its root points nowhere; its upper bone stands in. */
    added(upper, lower, end);
    const double *from = length(end) > STRAIGHT * first ? end : upper;
    shortest(from, far > STRAIGHT * first ? reach : from, normal, back);
    about(normal, fold, by);
    turn(upper_turn, by);
    about(normal, fold + wanted - bend, by);
    turn(lower_turn, by);
    turn(upper_turn, back);
    turn(lower_turn, back);
    /* The middle joint and the end follow; a leg's foot keeps its rotation, and its toe. */
    double *place = places + 3 * root;
    const double *turns[] = {upper_turn, lower_turn, lower_turn + 9 * stride};
    const double *bones[] = {limb, limb + 3, limb + 9};
    for (int i = 0; i < stride; i++) { /* arms stand in twos, 16 to 21, and legs in threes */
        double bone[3];
        rotated(turns[i], bones[i], bone);
        added(place, bone, place + 3 * stride);
        place += 3 * stride;
    }
    return 1;
}
