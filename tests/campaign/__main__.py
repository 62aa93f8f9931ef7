# SPDX-License-Identifier: Apache-2.0
"""The long form: streams from one seed after the other, and what they break, minimised.

python -m tests.campaign --seconds 600 --first 0
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

import torch

from tests.campaign.driving import check, minimised, run
from tests.campaign.streams import random_spec, stream


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0, help="how long")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--count", type=int, default=10**9, help="so many streams at most")
    parser.add_argument("--length", type=float, default=6.0, help="of a stream, s")
    parser.add_argument("--minimise", type=float, default=60.0, help="s for each break; 0: not")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    until = time.monotonic() + chosen.seconds
    broken: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    streams = samples = 0
    for seed in range(chosen.first, chosen.first + chosen.count):
        if time.monotonic() > until:
            break
        spec = random_spec(seed, chosen.length)
        found = check(spec)
        streams += 1
        samples += 2 * sum(len(step.samples) for step in stream(spec))
        kinds.update(fault.kind for fault in spec.faults)
        for what in dict.fromkeys(violation.what for violation in found):
            broken[what] += 1
            first = next(violation for violation in found if violation.what == what)
            print(f"seed {seed}: {first}", flush=True)
            if chosen.minimise:
                small = minimised(spec, what, chosen.minimise)
                print(f"  {small!r}", flush=True)
                for violation in [v for v in run(small)[1] if v.what == what][:2]:
                    print(f"  {violation}", flush=True)
    print(
        f"{streams} streams, {samples} samples, {sum(kinds.values())} faults of {len(kinds)} "
        f"kinds; broken: {dict(broken) or 'nothing'}"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
