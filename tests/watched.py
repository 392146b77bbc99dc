"""`dispatch` as a process of its own, with the canaries inside: a phone that somebody reads whom it does not concern is told at once on
standard error, and the process ends with status 99.

`COMMAND` stands in the place of the program in tests that start servers.
"""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
COMMAND: Final = (sys.executable, str(Path(__file__).resolve()))
SUNG: Final = "canary:"
STATUS: Final = 99


def leaks_in(told: str) -> list[str]:
    """What the canaries of a process saw, in what it wrote to standard error."""
    return [line for line in told.splitlines() if line.startswith(SUNG)]


class _Told(list[str]):
    """Leaks that are told when they are found: a process may be killed."""

    def append(self, leak: str) -> None:
        super().append(leak)
        print(SUNG, leak, file=sys.stderr, flush=True)

    def __iadd__(self, leaks: object) -> _Told:  # type: ignore[override]
        for leak in leaks:  # type: ignore[attr-defined]
            self.append(leak)
        return self


def _main() -> None:
    sys.path[0] = str(ROOT)
    from cli import main
    from tests.canaries import CANARIES, watch

    CANARIES.leaks = _Told()
    watch()
    atexit.register(_end)
    main(prog_name="dispatch")


def _end() -> None:
    from tests.canaries import CANARIES

    if CANARIES.leaks:
        sys.stderr.flush()
        os._exit(STATUS)


if __name__ == "__main__":
    _main()
