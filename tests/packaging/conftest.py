# SPDX-License-Identifier: Apache-2.0
"""The package's own imports, read once."""

import pytest

from tools.docs.imports import module_imports


@pytest.fixture(scope="session")
def imports() -> dict[str, set[str]]:
    """Modules that each module imports."""
    return module_imports()
