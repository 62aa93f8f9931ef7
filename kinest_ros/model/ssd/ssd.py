# SPDX-License-Identifier: Apache-2.0
"""State space duality (SSD, Mamba-2) in pure PyTorch: the chunked form and the single step.

The recurrence, for each head with state S (head_dim x d_state):

    S_t = exp(a_t) S_(t-1) + x_t B_t^T,        y_t = S_t C_t

with x already multiplied by the step size dt and a_t = dt_t A. Dao and Gu, "Transformers are
SSMs", ICML 2024, section 6: inside a chunk the recurrence is a masked quadratic form, between
chunks only the state is carried.
"""

import torch
from torch import Tensor

from kinest_ros.model.ssd.triton import kernel_for, ssd_by_kernel

#: Chunks whose states are combined in one product; bounds the decay matrix for long sequences.
_SEGMENT = 16


def decay_matrix(log_decay: Tensor) -> Tensor:
    """Return exp of the sums of log_decay over (j, i], lower triangular.

    Args:
        log_decay: (..., Q).

    Returns:
        (..., Q, Q) with [i, j] = exp(log_decay[j+1] + ... + log_decay[i]) for j <= i, else 0.
    """
    total = log_decay.cumsum(-1)
    difference = total.unsqueeze(-1) - total.unsqueeze(-2)
    size = log_decay.shape[-1]
    above = torch.ones(size, size, dtype=torch.bool, device=log_decay.device).triu(1)
    # Masked before exp: above the diagonal the exponent is positive and could overflow, and
    # inf * 0 would poison the gradient.
    return difference.masked_fill(above, float("-inf")).exp()


def carry_states(
    chunk_states: Tensor, chunk_log_decay: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the state before each chunk (b, K, h, p, n) and the one after the last."""
    batch, chunks, heads, width, d_state = chunk_states.shape
    if chunks == 1:
        after = state * chunk_log_decay[:, 0].exp()[..., None, None] + chunk_states[:, 0]
        return state.unsqueeze(1), after
    before = []
    for start in range(0, chunks, _SEGMENT):
        stop = min(start + _SEGMENT, chunks)
        size = stop - start
        decay = chunk_log_decay[:, start:stop].transpose(1, 2)
        decay = decay_matrix(torch.nn.functional.pad(decay, (1, 0)))
        stacked = torch.cat((state.unsqueeze(1), chunk_states[:, start:stop]), dim=1)
        flat = stacked.transpose(1, 2).reshape(batch, heads, size + 1, width * d_state)
        after = (decay @ flat).view(batch, heads, size + 1, width, d_state)
        before.append(after[:, :, :size].transpose(1, 2))
        state = after[:, :, size]
    return (before[0] if len(before) == 1 else torch.cat(before, dim=1)), state


def ssd_chunked(
    x: Tensor, log_decay: Tensor, b: Tensor, c: Tensor, chunk: int, state: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Run the recurrence over a sequence, chunk by chunk.

    Args:
        x: (batch, T, heads, head_dim), inputs times dt.
        log_decay: (batch, T, heads), dt A, not positive.
        b: (batch, T, groups, d_state); heads [g heads/groups, ...) use group g.
        c: (batch, T, groups, d_state).
        chunk: length of a chunk; the last one may be shorter.
        state: (batch, heads, head_dim, d_state) before the first input; None for zero.

    Returns:
        y (batch, T, heads, head_dim) and the state after the last input.
    """
    batch, length, heads, width = x.shape
    groups, d_state = b.shape[2], b.shape[3]
    if state is None:
        state = x.new_zeros(batch, heads, width, d_state)
    kernel = kernel_for(x)
    if kernel is not None:
        return ssd_by_kernel(kernel, x, log_decay, b, c, chunk, state)
    chunk = min(chunk, length)
    padding = -length % chunk
    if padding:
        # Zero input and zero log decay leave the state as it is.
        x = torch.nn.functional.pad(x, (0, 0, 0, 0, 0, padding))
        log_decay = torch.nn.functional.pad(log_decay, (0, 0, 0, padding))
        b = torch.nn.functional.pad(b, (0, 0, 0, 0, 0, padding))
        c = torch.nn.functional.pad(c, (0, 0, 0, 0, 0, padding))
    chunks = (length + padding) // chunk
    per_group = heads // groups

    x = x.view(batch, chunks, chunk, heads, width).transpose(2, 3)
    log_decay = log_decay.view(batch, chunks, chunk, heads).transpose(2, 3)
    b = b.view(batch, chunks, chunk, groups, d_state).transpose(2, 3)
    c = c.view(batch, chunks, chunk, groups, d_state).transpose(2, 3)

    total = log_decay.cumsum(-1)
    scores = (c @ b.transpose(-1, -2)).unsqueeze(3)
    weights = decay_matrix(log_decay).view(batch, chunks, groups, per_group, chunk, chunk)
    y = (scores * weights).view(batch, chunks, heads, chunk, chunk) @ x

    to_end = (total[..., -1:] - total).exp().unsqueeze(-1)
    x_grouped = (x * to_end).view(batch, chunks, groups, per_group, chunk, width)
    chunk_states = x_grouped.transpose(-1, -2) @ b.unsqueeze(3)
    chunk_states = chunk_states.view(batch, chunks, heads, width, d_state)
    before, state = carry_states(chunk_states, total[..., -1], state)

    before = before.reshape(batch, chunks, groups, per_group, width, d_state)
    carried = (c.unsqueeze(3) @ before.transpose(-1, -2)).view(batch, chunks, heads, chunk, width)
    y = y + carried * total.exp().unsqueeze(-1)
    y = y.transpose(2, 3).reshape(batch, chunks * chunk, heads, width)
    return y[:, :length], state


def ssd_step(
    x: Tensor, log_decay: Tensor, b: Tensor, c: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """Run the recurrence for one input.

    Args:
        x: (batch, heads, head_dim), input times dt.
        log_decay: (batch, heads).
        b: (batch, groups, d_state).
        c: (batch, groups, d_state).
        state: (batch, heads, head_dim, d_state).

    Returns:
        y (batch, heads, head_dim) and the new state.
    """
    per_group = x.shape[1] // b.shape[1]
    b = b.repeat_interleave(per_group, dim=1)
    c = c.repeat_interleave(per_group, dim=1)
    state = state * log_decay.exp()[..., None, None] + x.unsqueeze(-1) * b.unsqueeze(-2)
    return (state @ c.unsqueeze(-1)).squeeze(-1), state
