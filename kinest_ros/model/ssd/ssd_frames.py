# SPDX-License-Identifier: Apache-2.0
"""State space duality with one frame of tokens as one chunk, scanned in both directions.

Two scans run side by side: in the first the tokens of a frame follow each other as they stand, in
the second the later ones come first; both run forward from frame to frame. The second is not
computed on reversed tokens: its sums, masks and taps look the other way instead.
"""

import torch
from torch import Tensor

from kinest_ros.model.ssd.causal_conv import causal_conv
from kinest_ros.model.ssd.ssd import carry_states


def ssd_frames(
    x: Tensor, log_decay: Tensor, b: Tensor, c: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """Run the recurrence of kinest_ros.model.ssd.ssd over frames.

    Args:
        x: (batch, F, 2, heads, Q, head_dim), inputs times dt; Q tokens a frame, in their order.
        log_decay: (batch, F, 2, heads, Q), dt A, not positive.
        b: (batch, F, 2, Q, d_state).
        c: (batch, F, 2, Q, d_state).
        state: (batch, 2 heads, head_dim, d_state) before the first frame.

    Returns:
        y as x, and the state after the last frame.
    """
    batch, frames, _, heads, tokens, width = x.shape
    d_state = b.shape[-1]
    frame = log_decay.sum(-1, keepdim=True)
    first = log_decay.cumsum(-1)
    # Sums from the frame's end: of this token and all behind it.
    total = torch.stack(
        (first[:, :, 0], frame[:, :, 1] - first[:, :, 1] + log_decay[:, :, 1]), dim=2
    )
    ahead = torch.ones(tokens, tokens, dtype=torch.bool, device=x.device).triu(1)
    ahead = torch.stack((ahead, ahead.t()))[:, None]
    # Masked before exp: it could overflow, and inf * 0 would poison the gradient.
    decay = (total.unsqueeze(-1) - total.unsqueeze(-2)).masked_fill(ahead, float("-inf")).exp()
    turned = b.transpose(-1, -2)
    y = (decay * (c @ turned).unsqueeze(3)) @ x

    to_end = (frame - total).exp().unsqueeze(-1)
    added = (x * to_end).transpose(-1, -2) @ b.unsqueeze(3)
    before, state = carry_states(
        added.view(batch, frames, 2 * heads, width, d_state),
        frame.view(batch, frames, 2 * heads),
        state,
    )
    before = before.reshape(batch, frames, 2, heads, width, d_state)
    carried = c.unsqueeze(3) @ before.transpose(-1, -2)
    return y + carried * total.exp().unsqueeze(-1), state


def conv_frames(
    first: Tensor, second: Tensor, past: Tensor, taps: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Run the causal convolution of both scans.

    Args:
        first: (batch, F, Q, channels) of the scan in the tokens' order; Q >= K - 1.
        second: likewise, of the scan in which the later tokens come first.
        past: (batch, K - 1, 2 channels), the last tokens that each scan has seen, oldest first.
        taps: (K, 2 channels); the last one meets the current token.
        bias: (2 channels,).

    Returns:
        Both convolved, as they came, and the past after the last frame.
    """
    batch, frames, tokens, channels = first.shape
    reach = len(taps) - 1
    past = past.to(first.dtype)
    flat = first.reshape(batch, frames * tokens, channels)
    padded = torch.cat((past[..., :channels], flat), dim=1)
    made = causal_conv(padded, taps[:, :channels], bias[:channels]).view_as(first)

    # Before its last token a frame of the second scan has seen the first ones of the frame before.
    heads = second[:, :, :reach]
    behind = torch.cat((past[..., channels:].flip(1).unsqueeze(1), heads[:, :-1]), dim=1)
    framed = torch.cat((second, behind), dim=2).view(batch * frames, tokens + reach, channels)
    turned = causal_conv(framed, taps[:, channels:].flip(0), bias[channels:]).view_as(second)

    after = torch.cat((padded[:, frames * tokens :], heads[:, -1].flip(1)), dim=-1)
    return made, turned, after
