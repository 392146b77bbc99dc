"""What a driver's file means for the driver's actor now: whether it keeps offers away, which warnings are due, when to look again."""

from collections.abc import Iterator
from math import inf
from typing import Final

from dispatch.domain.driver.file import DOCUMENT_ENDED, changes_at, ended, ending, held_back
from dispatch.messages.notices import DocumentExpiring, NoOffers
from dispatch.values import Document, DriverFile
from dispatch.words import DriverStatus

LOOK_AGAIN_S: Final = 86_400.0
"""A timer waits no longer than this: who connects often would leave one behind each time, for as long as a document holds."""


class Standing:
    """A part of a driver's actor. It reads nothing: the actor hands the file in, and asks again at `due_at`."""

    __slots__ = ("_file", "_warn_s", "_warned", "due_at")

    def __init__(self, warn_s: float) -> None:
        """`warn_s`: the driver is warned so many seconds before a document ends."""
        self._file: DriverFile | None = None
        self._warn_s = warn_s
        self._warned: tuple[Document, ...] = ()
        self.due_at = inf
        """When the timer fires that is set (Unix seconds); inf: none is."""

    def take(self, file: DriverFile | None, now: float) -> DriverStatus | None:
        """The file says this from now on. Returns why it keeps offers away; None: it does not."""
        self._file = file
        return self.held_back(now)

    def held_back(self, now: float) -> DriverStatus | None:
        """Why the file keeps offers away at `now`; None: it does not."""
        return held_back(self._file, now) if self._file is not None else None

    def reason(self, now: float) -> NoOffers | None:
        """What the app is told of that; None: nothing keeps offers away."""
        file, why = self._file, self.held_back(now)
        if file is None or why is None:
            return None
        return NoOffers(reason=why, document=ended(file.documents, now)[0].kind if why == DOCUMENT_ENDED else None)

    def warnings(self, now: float, *, anew: bool = False) -> Iterator[DocumentExpiring]:
        """A warning for each document that ends soon and was not warned of; `anew`: of all, because the connection is new."""
        if self._file is None:
            return
        soon = ending(self._file.documents, now, self._warn_s)
        before = () if anew else self._warned
        self._warned = tuple(soon)
        for document in soon:
            if document not in before:
                yield DocumentExpiring(document=document.kind, expires_at=document.expires_at)

    def next_timer(self, now: float) -> float | None:
        """In how many seconds a timer must fire that looks again; None: none has to be set."""
        at = min(changes_at(self._file, now, self._warn_s), now + LOOK_AGAIN_S)
        if self._file is None or not self._file.documents or self.due_at <= at:
            return None
        self.due_at = at
        return at - now

    def fired(self, at: float) -> bool:
        """The timer for `at` fired. False: an older one did, and a newer one is set."""
        if at != self.due_at:
            return False
        self.due_at = inf
        return True
