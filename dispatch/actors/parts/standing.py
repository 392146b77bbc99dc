"""What a driver's file means for the driver's actor now: whether it keeps offers away, which warnings are due, when to look again."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING, Final

from dispatch.domain.driver.decisions import UNAVAILABLE
from dispatch.domain.driver.documents import DOCUMENT_ENDED, changes_at, ended, ending, held_back
from dispatch.messages.base import Message
from dispatch.messages.notices import DocumentExpiring, NoOffers
from dispatch.values import Document, DriverFile
from dispatch.words import DriverStatus

if TYPE_CHECKING:
    from dispatch.actors.driver import DriverActor

LOOK_AGAIN_S: Final = 86_400.0
"""A timer waits no longer than this: who connects often would leave one behind each time, for as long as a document holds."""


class LookAtFile(Message, frozen=True, gc=False):
    """At this Unix second the driver's file means something else, by itself."""

    at: float


class Standing:
    """A part of a driver's actor. What it finds is put into the driver's record (`held_back`), and told to the app."""

    __slots__ = ("_file", "_warn_s", "_warned", "due_at")

    def __init__(self, warn_s: float) -> None:
        """`warn_s`: the driver is warned so many seconds before a document ends."""
        self._file: DriverFile | None = None
        self._warn_s = warn_s
        self._warned: tuple[Document, ...] = ()
        self.due_at = inf
        """When the timer fires that is set (Unix seconds); inf: none is."""

    # -- what the actor does with it

    def read(self, actor: DriverActor) -> DriverStatus | None:
        """Read the file on record. Returns why it keeps offers away; None: it does not."""
        return self.take(actor.store.driver_file(actor.driver_id), actor.runtime.now)

    def change(self, actor: DriverActor, held_back: DriverStatus | None) -> None:
        """From now on the file keeps offers away for this reason, or does not. A ride that the driver is on goes on."""
        before, actor.driver.held_back = actor.driver.held_back, held_back
        if actor.app.link is None and not actor.driver.wakes_until:
            return
        is_news = held_back != before
        if is_news and held_back is None:
            actor.pending_snapshot = True
            actor.say_pending_snapshot()
        elif is_news:
            actor.end_all_offers(UNAVAILABLE)
        if is_news:
            actor.announce()
        self.say(actor, again=is_news)

    def say(self, actor: DriverActor, *, is_new_link: bool = False, again: bool = True) -> None:
        """Tell the app why there are no offers, and which documents end soon, and look again when that changes.

        `is_new_link`: warn of all documents that end soon, and not only of new ones. `again`: say also why there are no offers.
        """
        now = actor.runtime.now
        if actor.app.link is not None:  # who is asleep hears it when they wake
            reason = self.reason(now) if again else None
            if reason is not None:
                actor.app.say(actor, reason)
            for warning in self.warnings(now, anew=is_new_link):
                actor.app.say(actor, warning)
        delay_s = self.next_timer(now)
        if delay_s is not None:
            actor.runtime.set_timer(delay_s, actor.address, LookAtFile(self.due_at))

    # -- what the file says

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
