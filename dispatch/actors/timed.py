"""When a dispatcher looks after a search: an agenda of what is due, and the one timer that it needs. The base of `DispatcherActor`."""

from __future__ import annotations

from dispatch.actors.recorded import RecordedActor
from dispatch.domain.matching.agenda import Agenda
from dispatch.domain.matching.search import Search
from dispatch.ids import RideId
from dispatch.messages.base import Message
from dispatch.ports import EventStore
from dispatch.runtime import Runtime, receives

CLOCK_SLACK_S = 1e-6
"""Sums of Unix seconds round by so much: a timer may seem that early."""


class _Due(Message, frozen=True, gc=False):
    """Something in the agenda is due at this second."""

    at: float


class _NoState:
    """Searches are kept by `domain.search`, and made anew from the events of every open ride."""

    def apply(self, event: Message) -> None:
        """Nothing follows from it."""


class TimedSearches(RecordedActor):
    """Searches under way, and what is due of them."""

    def __init__(self, runtime: Runtime, address: str, store: EventStore) -> None:
        super().__init__(runtime, address, store, _NoState())
        self.searches: dict[RideId, Search] = {}
        self._agenda = Agenda()

    def keep_time(self, search: Search) -> None:
        """Something of this search is due."""
        raise NotImplementedError

    def remind(self, search: Search, at: float) -> None:
        """Look after this search at runtime second `at`, if it is still under way then."""
        self._agenda.add(at, search)
        self._wake_up()

    @receives(_Due)
    def _on_due(self, message: _Due) -> None:
        if not self._agenda.is_timer(message.at):
            return
        for search in self._agenda.due(self.runtime.now + CLOCK_SLACK_S):
            if self.searches.get(search.card.ride_id) is search:
                self.keep_time(search)
        self._wake_up()

    def _wake_up(self) -> None:
        """Set the timer: searches that ended cost none."""
        at = self._agenda.next_timer(self.searches)
        if at is not None:
            self.runtime.set_timer(max(0.0, at - self.runtime.now), self.address, _Due(at))
