# SPDX-License-Identifier: Apache-2.0
"""Which feet stand: the network's word on contact, weighed with how fast it lets them slide.

On people like those it has learnt from, the network knows; on others its contact says little, and
the speed of the foot in its own pose says more. Neither height nor the speed of the head added to
the two on held-out motion.
"""

from __future__ import annotations

import math

#: m/s, the speed up to which a foot is believed to stand if the network cannot tell.
SPEED = 0.75
#: m/s, added to all speeds: slower than this is still.
STILL = 0.05
#: The speed limit goes with the odds of contact to this power.
ODDS_POWER = 0.5
#: Width of the change from standing to moving: this many times the speed limit, and as much below.
CHANGE = 1.5
#: Probabilities of contact nearer to 0 or 1 are no surer.
SUREST = 0.001
_LOG_SPEED, _WIDTH = math.log(SPEED + STILL), 2.0 * math.log(CHANGE)


def standing(contact: float, speed: float) -> float:
    """Return how much a foot stands, from 0 to 1.

    Args:
        contact: probability of contact.
        speed: m/s, of the toes along the floor.
    """
    sure = min(max(contact, SUREST), 1.0 - SUREST)
    limit = ODDS_POWER * math.log(sure / (1.0 - sure)) + _LOG_SPEED
    share = 0.5 + (limit - math.log(speed + STILL)) / _WIDTH
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)
