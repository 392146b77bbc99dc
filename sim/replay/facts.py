"""Events of a ride as facts that two runs can be compared by: who was asked, who has it, how it went on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from dispatch.messages.base import Message
from dispatch.messages.events import (
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideScheduled,
    RideStarted,
    RideUnassigned,
    SearchFailed,
)
from dispatch.types import DriverId

SAME_MOMENT_S: Final = 2.0
"""A fact that comes so much earlier or later is the same fact."""
GONE: Final = ("vanished", "unavailable", "driver_busy")
"""Ends of an offer that the script can only play as a driver who leaves."""


class Fact(NamedTuple):
    """What happened, so many seconds after the booking."""

    at: float
    text: str


class Difference(NamedTuple):
    """Something that is on file and does not happen any more (`stored`), or happens and is not on file (`now`)."""

    which: str
    fact: Fact


def facts_of(history: Sequence[tuple[float, Any]], begins_at: float, names: Mapping[DriverId, str]) -> list[Fact]:
    """Every fact of these events, in their order."""
    facts = []
    for at, event in history:
        say = _SAY.get(type(event))
        if say is not None:
            facts.append(Fact(round(at - begins_at, 3), say(event, lambda who: names.get(who, str(who)))))
    return facts


def differences(stored: Sequence[Fact], now: Sequence[Fact]) -> list[Difference]:
    """What the one has and the other has not, in the order of time."""
    unmatched = list(now)
    found = []
    for fact in stored:
        twin = next((f for f in unmatched if f.text == fact.text and abs(f.at - fact.at) <= SAME_MOMENT_S), None)
        if twin is None:
            found.append(Difference("stored", fact))
        else:
            unmatched.remove(twin)
    found += [Difference("now", fact) for fact in unmatched]
    return sorted(found, key=lambda difference: difference.fact.at)


Names = Callable[[DriverId], str]


def _made(event: OffersMade, name: Names) -> str:
    who = " ".join(sorted(name(placed.driver_id) for placed in event.offers))
    return f"round {event.round_no} also asks {who}" if event.refill else f"round {event.round_no} asks {who}"


def _closed(event: OffersClosed, name: Names) -> str:
    reason = "gone" if event.reason in GONE else event.reason
    return f"offer over for {' '.join(sorted(name(who) for who in event.drivers))}: {reason}"


def _cancelled(event: RideCancelled, name: Names) -> str:
    return f"cancelled by {event.by}" + (f": {event.reason}" if event.reason else "")


_SAY: dict[type[Message], Callable[[Any, Names], str]] = {
    RideRequested: lambda event, name: f"search {event.search_no} begins at a fare of {event.trip.fare:g}",
    RideScheduled: lambda event, name: f"booked ahead at a fare of {event.trip.fare:g}",
    OffersMade: _made,
    OffersClosed: _closed,
    OfferDeclined: lambda event, name: f"{name(event.driver_id)} declines",
    DriverReserved: lambda event, name: f"{name(event.driver_id)} accepts",
    RideAssigned: lambda event, name: f"assigned to {name(event.driver.driver_id)}",
    RideUnassigned: lambda event, name: f"taken from {name(event.driver_id)} by {event.by}",
    RideArrived: lambda event, name: f"{name(event.driver_id)} arrives",
    RideStarted: lambda event, name: f"{name(event.driver_id)} starts",
    RideCompleted: lambda event, name: f"{name(event.driver_id)} completes",
    PassengerNoShow: lambda event, name: f"{name(event.driver_id)} reports a no-show",
    RideCancelled: _cancelled,
    SearchFailed: lambda event, name: f"no drivers: {event.reason}",
}
