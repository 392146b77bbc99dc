"""How much tests look at where more is always possible: seeds of worlds, and examples of properties.

`make thorough` looks at ten times as many as `make test`, and at other examples each time.
"""

from __future__ import annotations

import os
from typing import Final

TIMES: Final = int(os.environ.get("DISPATCH_TESTS_TIMES", "1"))


def times(count: int) -> int:
    """What `make test` looks at, by what was asked for."""
    return count * TIMES
