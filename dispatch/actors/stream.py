"""What one app is told, numbered without a gap; and the last of it, for an app that missed some. A ride's or driver's memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dispatch.messages.base import Message


class Stream:
    """`seq` is the number given last, `life` which life of the stream it belongs to: 0 for the first in this process.

    What is said while an event is not on disk is unsure: should the event be lost, it was never said, and its numbers go to others.
    """

    __slots__ = ("_kept", "_limit", "_unsure", "life", "seq")

    def __init__(self, limit: int) -> None:
        """`limit`: how many notices are kept."""
        self.life = 0
        self.seq = 0
        self._limit = limit
        self._kept: list[Any] = []
        self._unsure: list[tuple[int, int]] = []

    def add(self, notice: Any, recorded: int, committed: int) -> None:
        """`notice` has the next number. It was said when so many events were recorded, and so many of them on disk."""
        self.seq += 1
        kept = self._kept
        kept.append(notice)
        if len(kept) > self._limit:
            del kept[0]
        if recorded != committed:
            self._unsure.append((recorded, self.seq))
        elif self._unsure:
            self._unsure.clear()

    def after(self, life: int, last_seq: int) -> Sequence[Message] | None:
        """All that came after this number of that life, or None where not all of it is known any more."""
        missed = self.seq - last_seq
        if life != self.life or not 0 <= missed <= len(self._kept):
            return None
        return self._kept[len(self._kept) - missed :]

    def first_unsure(self, committed: int) -> int:
        """The first number that stands or falls with an event which is not among the first `committed`."""
        return next((seq for recorded, seq in self._unsure if recorded > committed), self.seq + 1)

    def cut(self, recorded: int) -> None:
        """Only the first `recorded` events are or will be on disk: what was said after later ones was never said."""
        first = self.first_unsure(recorded)
        lost = self.seq + 1 - first
        if lost:
            self.seq = first - 1
            del self._kept[max(0, len(self._kept) - lost) :]
            self._unsure = [unsure for unsure in self._unsure if unsure[1] < first]
