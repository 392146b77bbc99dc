"""A world comes to rest: what happens at one instant has an end."""

from __future__ import annotations

from typing import Any, Final

MOST_IN_AN_INSTANT: Final = 50_000
"""Deliveries: the largest story needs a tenth of it."""


class Rest:
    """An observer that raises RuntimeError in a world that goes round in circles within one instant."""

    def __init__(self) -> None:
        self._instant = -1.0
        self._deliveries = 0

    def __call__(self, now: float, address: str, message: Any) -> None:
        if now != self._instant:
            self._instant, self._deliveries = now, 0
        self._deliveries += 1
        if self._deliveries > MOST_IN_AN_INSTANT:
            raise RuntimeError(f"no rest at second {now}: {address} still gets {message}")
