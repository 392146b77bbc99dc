"""Which actors have lost an event. Used by the journals: what an incarnation records after a loss builds on something that is not."""

from __future__ import annotations

from dispatch.messages.journal import Append, NotAppended


class Losses:
    """Remembers each incarnation that was told `NotAppended`, until another speaks from the same address."""

    def __init__(self) -> None:
        self._lost: dict[str, NotAppended] = {}

    def refusal(self, append: Append) -> NotAppended | None:
        """The answer to an append that builds on a lost one; None for one that does not."""
        if not self._lost:
            return None
        lost = self._lost.get(append.reply_to)
        if lost is None:
            return None
        if lost.incarnation != append.incarnation:
            del self._lost[append.reply_to]
            return None
        return self.lose(append, lost.reason)

    def lose(self, append: Append, reason: str) -> NotAppended:
        """Note the loss, and the answer that tells of it."""
        refusal = self._lost[append.reply_to] = NotAppended(append.incarnation, append.through, reason)
        return refusal
