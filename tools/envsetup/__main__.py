# SPDX-License-Identifier: Apache-2.0
"""Entry point of `make setup`: ``python3 -m tools.envsetup``.

Nothing newer than Python 3.6 is used before the version check, so that an old interpreter gets
the message below and not a syntax error.
"""

import sys

if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    sys.stderr.write(
        "error: {} is Python {}.{}; the ROS 2 wheels exist for 3.10 to 3.13. "
        "Choose another: make setup PYTHON=python3.12\n".format(sys.executable, *sys.version_info)
    )
    sys.exit(2)

from tools.envsetup.steps import main

sys.exit(main())
