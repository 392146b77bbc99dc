"""Which actors have lost an event. Used by the journals: what an incarnation records after a loss builds on something that is not,
and so does what others record because of it.
"""

from __future__ import annotations

from typing import Final

from dispatch.messages.base import Recorded
from dispatch.messages.journal import Append, NotAppended

REMEMBERED: Final = 10_000
"""So many lives that ended with a loss are remembered: what the last of them said may still lie in a mailbox."""


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
