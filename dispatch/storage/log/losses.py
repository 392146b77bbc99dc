"""Which actors have lost an event. Used by the journals: what an incarnation records after a loss builds on something that is not,
and so does what others record because of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from dispatch.addresses import DISPATCHER, kind_of
from dispatch.messages.base import Recorded
from dispatch.messages.journal import Append, NotAppended

REMEMBERED: Final = 10_000
"""So many lives that ended with a loss are remembered: what the last of them said may still lie in a mailbox."""

SHORTEST_WAIT_S: Final = 0.05
LONGEST_WAIT_S: Final = 1.0
TOLD_A_SECOND: Final = 400
"""Whoever is told of a loss and asks again at once waits, so long that no more than so many are told a second."""


class Losses:
    """Remembers each incarnation that was told `NotAppended`: as a speaker until another speaks from the same address, as the
    source of what others build on for longer.
    """

    def __init__(self) -> None:
        self._lost: dict[str, NotAppended] = {}
        self._reasons: dict[tuple[str, int], str] = {}

    def refusal(self, append: Append) -> NotAppended | None:
        """The answer to an append that builds on a lost one; None for one that does not."""
        if not self._reasons:
            return None
        lost = self._lost.get(append.reply_to)
        if lost is not None:
            if lost.incarnation == append.incarnation:
                return self.lose(append, lost.reason)
            del self._lost[append.reply_to]
        reason = self._reason(append.after) if append.after is not None else None
        return self.lose(append, reason) if reason is not None else None

    def lose(self, append: Append, reason: str) -> NotAppended:
        """Note the loss, and the answer that tells of it."""
        refusal = self._lost[append.reply_to] = NotAppended(append.incarnation, append.through, reason)
        self._reasons.setdefault((append.reply_to, append.incarnation), reason)
        if len(self._reasons) > REMEMBERED:
            del self._reasons[next(iter(self._reasons))]
        return refusal

    def _reason(self, after: Recorded) -> str | None:
        """Why an incarnation came to its end. Whether this very event of it was lost does not matter: nobody waits long for a no."""
        return self._reasons.get((after.address, after.incarnation))


class Repeaters:
    """Who was just told of a loss. Some start anew and ask again, all day if they were answered at once: they wait a moment.

    A dispatcher, which reads about all open rides when it starts anew, waits until `clear` or until everybody is let through.
    """

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    @property
    def wait_s(self) -> float:
        """How long whoever was told waits before it may be told again."""
        return min(max(len(self._told) / TOLD_A_SECOND, SHORTEST_WAIT_S), LONGEST_WAIT_S)

    def note(self, append: Append) -> None:
        """Its sender is told of a loss now."""
        self._told[append.reply_to] = time.monotonic()

    def has_others(self, appends: Iterable[Append]) -> bool:
        """Whether somebody among these need not wait."""
        now = time.monotonic()
        return any(not self._waits(append, now) for append in appends)

    def apart(self, appends: Iterable[Append]) -> tuple[list[Append], list[Append]]:
        """Those of who need not wait, and those of who must, each in their order."""
        now = time.monotonic()
        self._told = {sender: at for sender, at in self._told.items() if now - at < LONGEST_WAIT_S}
        others: list[Append] = []
        waiting: list[Append] = []
        for append in appends:
            (waiting if self._waits(append, now) else others).append(append)
        return others, waiting

    def clear(self) -> None:
        """Commits succeed again: nobody waits."""
        self._told.clear()

    def _waits(self, append: Append, now: float) -> bool:
        senders = (append.reply_to,) if append.after is None else (append.reply_to, append.after.address)
        return any(self._waits_still(sender, now) for sender in senders if sender in self._told)

    def _waits_still(self, sender: str, now: float) -> bool:
        wait_s = LONGEST_WAIT_S if kind_of(sender) == DISPATCHER else self.wait_s
        return now - self._told[sender] < wait_s
