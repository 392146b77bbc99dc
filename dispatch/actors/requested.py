"""Searches that a dispatcher was asked for before their rides were on disk: rebuilt meanwhile, it finds no event of them there."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch import addresses
from dispatch.actors.timed import TimedSearches
from dispatch.ids import RideId
from dispatch.messages.base import Message
from dispatch.messages.events import RideRequested
from dispatch.messages.matching import AnnounceState, SearchDriver
from dispatch.ports import EventStore
from dispatch.runtime import Runtime


class RequestedSearches(TimedSearches):
    """The part of a dispatcher that remembers what it was asked for until that is on disk. The base of `DispatcherActor`."""

    def __init__(self, runtime: Runtime, address: str, store: EventStore) -> None:
        super().__init__(runtime, address, store)
        self.requests: dict[RideId, tuple[int, RideRequested]] = {}
        """Each with how much had been recorded here when it came."""

    def note_request(self, message: SearchDriver) -> None:
        """This search begins. Of one that was not sent ahead the events are on disk."""
        if message.after is None:
            return
        card = message.ride
        terms = (card.search_no, card.passenger, card.trip, message.since, card.pickup_at)
        self.requests = {ride_id: request for ride_id, request in self.requests.items() if request[0] > self.committed}
        self.requests[card.ride_id] = (self.recorded, RideRequested(card.ride_id, *terms))

    def on_its_way(self) -> Iterator[Message]:
        """What rides asked for and what was recorded here that may not be on disk yet, in the order in which it will be."""
        done = self.committed
        for recorded, events in self._in_flight:
            for at, requested in self.requests.values():
                if done < at <= recorded:
                    yield requested
            yield from events
            done = recorded

    def carry_over(self, before: RequestedSearches) -> None:  # type: ignore[override]
        """A request of a turn that is lost may be on disk by and by: its ride knows, and asks again once it is."""
        super().carry_over(before)
        for ride_id, request in before.requests.items():
            if request[0] > self.recorded:
                self._ask(ride_id)
            elif request[0] > self.committed:
                self.requests[ride_id] = request

    def on_set_aside(self, message: Message, error_id: str) -> None:
        if isinstance(message, SearchDriver) and message.after is not None:
            self._ask(message.ride.ride_id)

    def _ask(self, ride_id: RideId) -> None:
        self.runtime.tell(addresses.ride(ride_id), AnnounceState())
