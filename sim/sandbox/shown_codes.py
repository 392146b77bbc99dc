"""Texts that would go to phones: printed, as on any local server, and kept for the login page to show."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from dispatch.providers.notify import ConsoleNotifier, Text

KEPT: Final = 20


class Sent(NamedTuple):
    """A login code, for whom, and when by the clock of the server."""

    phone: str
    code: str
    at: float


class ShownCodes(ConsoleNotifier):
    """`codes`: the latest, the newest last."""

    def __init__(self, report: Callable[[str], None], now: Callable[[], float]) -> None:
        """`now`: Unix seconds."""
        super().__init__(report)
        self.codes: deque[Sent] = deque(maxlen=KEPT)
        self._now = now

    async def deliver(self, text: Text) -> None:
        if text.code:
            self.codes.append(Sent(text.phone, text.code, self._now()))
        await super().deliver(text)
