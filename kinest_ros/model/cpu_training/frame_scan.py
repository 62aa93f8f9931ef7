# SPDX-License-Identifier: Apache-2.0
"""One of the scans of kinest_ros.model.ssd.ssd_frames for training on CPUs: little memory traffic.

There each head has its own matrix of decays between the tokens of a frame. Here the decay from
token j to token i, exp(t_i - t_j) with t the running sum of log decays, is taken apart into
exp(t_i - m) and exp(m - t_j): one scaling of the inputs and one of the outputs, and all heads
share one product. So that no factor overflows, m lies in the middle of a chunk, chunks are short
(half a frame), and a log decay below about -14 counts as that: what is left of the past is then
less than float32 resolves. The work goes through a few frames at a time, which fit in the cache.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kinest_ros.model.cpu_training.frame_conv import tiles

#: Tokens in a chunk, at most.
_LONGEST = 11
#: Factors reach from exp(-this) to exp(this), by type; the rest of the range is for their sums.
_REACH = {torch.float32: 78.0, torch.float64: 600.0}
#: Values (tokens times channels) to work on at a time.
_TILE = 1 << 18


def scan_frames(
    made: Tensor, dt: Tensor, log_decay: Tensor, skip: Tensor, state: Tensor, turned: bool
) -> tuple[Tensor, Tensor]:
    """Run the recurrence of kinest_ros.model.ssd.ssd over frames, and add D x.

    Args:
        made: (F, batch, Q, heads * head_dim + 2 d_state): values x, B and C of the tokens.
        dt: (F, batch, Q, heads), step sizes.
        log_decay: (F, batch, Q, heads), dt A, not positive.
        skip: (heads,), D.
        state: (batch, heads, head_dim, d_state) before the first frame.
        turned: within a frame the later tokens come first.

    Returns:
        y (F, batch, Q, heads * head_dim), and the state after the last frame.
    """
    frames, batch, tokens, _ = dt.shape
    parts = next(n for n in range(-(-tokens // _LONGEST), tokens + 1) if tokens % n == 0)
    size = tokens // parts
    chunked = (frames, batch, parts, size, -1)
    total = log_decay.reshape(chunked).clamp(min=-2.0 * _REACH[dt.dtype] / size)
    total = total.flip(3).cumsum(3).flip(3) if turned else total.cumsum(3)
    y, state = _FrameScan.apply(  # type: ignore[no-untyped-call]
        made.reshape(chunked), dt.reshape(chunked), total, skip, state, turned
    )
    return y.view(frames, batch, tokens, -1), state


class _FrameScan(torch.autograd.Function):
    """The scan over chunks, with the sums of log decays t given.

    Inside a chunk, with x' = dt exp(m - t) x and R = exp(m) S for the state S before it:
    y_i = exp(t_i - m) (sum over j up to i of (c_i b_j) x'_j + c_i R) + D x_i, and the state after
    it is exp(end) S + exp(end - m) (sum over j of b_j x'_j) with end the last t and m = end / 2.
    The result does not depend on m, so no gradient goes through it. States are transposed here,
    (d_state, heads * head_dim).
    """

    @staticmethod
    def forward(
        ctx: Any, made: Tensor, dt: Tensor, total: Tensor, skip: Tensor, state: Tensor, turned: bool
    ) -> tuple[Tensor, Tensor]:
        """Run; made, dt, total (F, batch, parts, Q, channels), the rest as for scan_frames."""
        frames, batch, parts, size, heads = dt.shape
        width, d_state = state.shape[-2:]
        inner = heads * width
        middle = 0.5 * total[:, :, :, 0 if turned else -1]
        out_scale = (total - middle.unsqueeze(3)).exp()
        in_scale = (middle.unsqueeze(3) - total).exp()
        half = middle.exp().repeat_interleave(width, dim=-1).unsqueeze(3)
        whole = half.square()
        earlier = _earlier(size, turned).to(made.dtype)
        # [x'; R], so that [scores, c] meets both in one product.
        seen = made.new_empty(frames, batch, parts, size + d_state, inner)
        weights = made.new_empty(frames, batch, parts, size, size + d_state)
        raw = made.new_empty(frames, batch, parts, size, inner)
        y = torch.empty_like(raw)
        now = state.flatten(1, 2).mT
        for tile in tiles(raw, _TILE):
            values, b, c = made[tile].split((inner, d_state, d_state), dim=-1)
            values = values.unflatten(-1, (heads, width))
            inputs, held = seen[tile].split((size, d_state), dim=3)
            scaled = inputs.unflatten(-1, (heads, width))
            torch.mul(values, (in_scale[tile] * dt[tile]).unsqueeze(-1), out=scaled)
            torch.mul(_bmm(c, b.mT), earlier, out=weights[tile][..., :size])
            weights[tile][..., size:].copy_(c)
            added = _bmm(b.mT, inputs).mul_(half[tile])
            chunks = (half[tile], whole[tile], held, added)
            for scale, keep, before, after in zip(*_in_time(chunks, turned), strict=True):
                torch.mul(now, scale, out=before)
                now = after.addcmul_(now, keep)
            product = _bmm(weights[tile], seen[tile], out=raw[tile]).unflatten(-1, (heads, width))
            result = y[tile].unflatten(-1, (heads, width))
            torch.mul(product, out_scale[tile].unsqueeze(-1), out=result)
            result.addcmul_(values, skip.unsqueeze(-1))
        ctx.save_for_backward(
            made, dt, skip, out_scale, in_scale, half, whole, seen, weights, raw, now
        )
        ctx.turned, ctx.width = turned, width
        return y, now.mT.unflatten(1, (heads, width)).contiguous()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        made, dt, skip, out_scale, in_scale, half, whole, seen, weights, raw, last = (
            ctx.saved_tensors
        )
        of_y, of_after = gradients
        frames, batch, parts, size, heads = dt.shape
        split, inner = (heads, ctx.width), heads * ctx.width
        d_state = weights.shape[-1] - size
        ahead = ~_earlier(size, ctx.turned)
        of_made, of_dt, of_total = (torch.empty_like(x) for x in (made, dt, dt))
        # Of the end of each chunk: the state behind it is proportional to exp(end).
        of_end = made.new_empty(frames, batch, parts, heads)
        of_skip = torch.zeros_like(skip)
        now = of_after.flatten(1, 2).mT
        behind = _by_head((now * last).sum(1), heads)
        for tile in reversed(list(tiles(raw, _TILE))):
            values, b, c = made[tile].split((inner, d_state, d_state), dim=-1)
            values = values.unflatten(-1, split)
            of_values, of_b, of_c = of_made[tile].split((inner, d_state, d_state), dim=-1)
            of_values = of_values.unflatten(-1, split)
            inputs, held = seen[tile].split((size, d_state), dim=3)
            of_out = of_y[tile].unflatten(-1, split)
            # [gradient of raw; of what is added to the state].
            met = torch.empty_like(seen[tile])
            of_raw, of_added = met.split((size, d_state), dim=3)
            torch.mul(of_out, out_scale[tile].unsqueeze(-1), out=of_raw.unflatten(-1, split))
            of_held = _bmm(c.mT, of_raw).mul_(half[tile])
            chunks = (half[tile], whole[tile], of_added, of_held)
            backwards = reversed(list(zip(*_in_time(chunks, ctx.turned), strict=True)))
            for scale, keep, of_part, of_before in backwards:
                torch.mul(now, scale, out=of_part)
                now = of_before.addcmul_(now, keep)
            of_end[tile] = _by_head((of_held * held).sum(3) / half[tile].squeeze(3), heads)

            # Not multiplied: there the largest factors meet and the product may be infinite.
            of_scores = _bmm(of_raw, inputs.mT).masked_fill_(ahead, 0.0)
            torch.add(_bmm(inputs, of_added.mT), _bmm(of_scores.mT, c), out=of_b)
            torch.add(_bmm(of_raw, held.mT), _bmm(of_scores, b), out=of_c)
            met_by = torch.cat((weights[tile][..., :size].mT, b), dim=-1)
            of_input = _bmm(met_by, met).unflatten(-1, split)
            scale = in_scale[tile] * dt[tile]
            torch.mul(of_input, scale.unsqueeze(-1), out=of_values)
            of_values.addcmul_(of_out, skip.unsqueeze(-1))
            of_scale = of_input.mul_(values).sum(-1)
            torch.mul(of_scale, in_scale[tile], out=of_dt[tile])
            product = of_raw.mul_(raw[tile]).unflatten(-1, split).sum(-1)
            torch.sub(product, of_scale * scale, out=of_total[tile])
            of_skip += torch.mul(of_out, values, out=of_input).sum((0, 1, 2, 3, 5))
        # In the order of time, so that each chunk is followed by the next.
        of_end = of_end.transpose(1, 2)
        of_end = (of_end.flip(1) if ctx.turned else of_end).flatten(0, 1)
        of_end = torch.cat((of_end[1:], behind.unsqueeze(0))).unflatten(0, (frames, parts))
        of_end = (of_end.flip(1) if ctx.turned else of_end).transpose(1, 2)
        of_total[:, :, :, 0 if ctx.turned else -1] += of_end
        return of_made, of_dt, of_total, of_skip, now.mT.unflatten(1, split), None


def _bmm(first: Tensor, second: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the products of matrices (F, batch, parts, m, n); neither is copied."""
    out = None if out is None else out.flatten(0, 2)
    product = torch.bmm(first.flatten(0, 2), second.flatten(0, 2), out=out)
    return product.view(*first.shape[:3], *product.shape[1:])


def _by_head(x: Tensor, heads: int) -> Tensor:
    sums: Tensor = x.unflatten(-1, (heads, -1)).sum(-1)
    return sums


def _earlier(size: int, turned: bool) -> Tensor:
    """Return (size, size), true where the scan meets the second token before the first, or it."""
    every = torch.ones(size, size, dtype=torch.bool)
    return every.triu() if turned else every.tril()


def _in_time(values: tuple[Tensor, ...], turned: bool) -> list[list[Tensor]]:
    """Return the chunks of values (F, batch, parts, ...) as the scan comes to them."""
    step = -1 if turned else 1
    return [
        [part for frame in value.unbind() for part in frame.unbind(1)[::step]] for value in values
    ]
