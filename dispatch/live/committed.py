"""What was committed since this process started, counted for `/metrics`. The journal's thread writes it, a scrape reads it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dispatch.ids import RideId
from dispatch.messages.events import (
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideUnassigned,
    SearchFailed,
)
from dispatch.messages.journal import Append
from dispatch.metric_families import ASSIGN_S, COMMIT_S, Figures, Spread
from dispatch.words import OfferOutcome, RideStatus

ENDS: Final[Mapping[type, RideStatus]] = {
    RideCompleted: RideStatus.COMPLETED,
    RideCancelled: RideStatus.CANCELLED,
    PassengerNoShow: RideStatus.NO_SHOW,
    SearchFailed: RideStatus.NO_DRIVERS,
}


class Committed:
    """Told of each commit. An event that nothing is counted of costs one look into a table."""

    def __init__(self) -> None:
        self._events = 0
        self._commit_s = Spread(COMMIT_S)
        self._time_to_assign_s = Spread(ASSIGN_S)
        self._waiting: dict[RideId, float] = {}
        """Since when each ride waits that was requested in this process and has had no driver yet."""
        self._requested = self._offers_made = self._lost_driver = 0
        self._ended: Counter[str] = Counter()
        self._offers: Counter[str] = Counter()
        self._counts: Mapping[type, Callable[[Any], None]] = {
            RideRequested: self._on_requested,
            RideAssigned: self._on_assigned,
            RideUnassigned: self._on_unassigned,
            OffersMade: self._on_offers_made,
            OffersClosed: self._on_offers_closed,
            DriverReserved: self._on_reserved,
            OfferDeclined: self._on_declined,
            **dict.fromkeys(ENDS, self._on_ended),
        }

    def note(self, batch: Sequence[Append], took_s: float) -> None:
        """This is on disk, after a commit of so many seconds."""
        self._commit_s.note(took_s)
        counts = self._counts
        for append in batch:
            for event in append.events:
                self._events += 1
                count = counts.get(type(event))
                if count is not None:
                    count(event)

    def figures(self) -> Figures:
        """Rides, offers and commits so far."""
        return {
            "dispatch_rides_requested": self._requested,
            "dispatch_rides_ended": dict(self._ended),
            "dispatch_rides_lost_driver": self._lost_driver,
            "dispatch_time_to_assign_seconds": self._time_to_assign_s,
            "dispatch_offers_made": self._offers_made,
            "dispatch_offers": dict(self._offers),
            "dispatch_events_committed": self._events,
            "dispatch_commit_seconds": self._commit_s,
        }

    def _on_requested(self, event: RideRequested) -> None:
        if event.search_no == 1:  # asked again with other terms it is the same ride, and waits since then
            self._requested += 1
            self._waiting[event.ride_id] = event.at

    def _on_assigned(self, event: RideAssigned) -> None:
        since = self._waiting.pop(event.ride_id, None)
        if since is not None:
            self._time_to_assign_s.note(event.at - since)

    def _on_unassigned(self, event: RideUnassigned) -> None:
        self._lost_driver += 1

    def _on_ended(self, event: Any) -> None:
        self._waiting.pop(event.ride_id, None)
        self._ended[ENDS[type(event)]] += 1

    def _on_offers_made(self, event: OffersMade) -> None:
        self._offers_made += len(event.offers)

    def _on_offers_closed(self, event: OffersClosed) -> None:
        self._offers[event.reason] += len(event.offers)

    def _on_reserved(self, event: DriverReserved) -> None:
        self._offers[OfferOutcome.ACCEPTED] += 1

    def _on_declined(self, event: OfferDeclined) -> None:
        self._offers[OfferOutcome.DECLINED] += 1
