"""Facts of a ride by which two runs are compared: who was asked, who got the ride, how it went on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from dispatch.ids import DriverId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    PinRefused,
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

SAME_MOMENT_S: Final = 2.0
"""Facts that are at most so far apart are the same fact."""
CHARGE_ASKED: Final = "the provider is asked to collect what is due"
CHARGE_PAID: Final = "the provider has collected it"
CHARGE_DECLINED: Final = "the provider refuses it"
IN_ITS_OWN_TIME: Final = frozenset((CHARGE_PAID, CHARGE_DECLINED))
"""Facts whose time does not count: the provider of the stage takes another time to answer."""
GONE: Final = ("vanished", "unavailable", "driver_busy")
"""Ends of an offer that the script can only play as a driver who leaves."""


class Fact(NamedTuple):
    """What happened, so many seconds after the booking."""

    at: float
    text: str


class FactDifference(NamedTuple):
    """Something that is on file and does not happen any more (`stored`), or happens and is not on file (`now`)."""

    which: str
    fact: Fact


def facts_of(
    history: Sequence[tuple[float, Any]], begins_at: float, names: Mapping[DriverId, str], *, amounts: bool = True
) -> list[Fact]:
    """Every fact of these events, in their order. `amounts`: of charges too."""
    facts = []
    for at, event in history:
        if type(event) is OffersMade and not event.offers:
            continue  # a round that found nobody: files of older versions do not have it
        say = _SAY.get(type(event))
        if type(event) is ChargeRequested and not amounts:
            facts.append(Fact(round(at - begins_at, 3), CHARGE_ASKED))
        elif say is not None:
            facts.append(Fact(round(at - begins_at, 3), say(event, lambda who: names.get(who, str(who)))))
    return facts


def differences(stored: Sequence[Fact], now: Sequence[Fact]) -> list[FactDifference]:
    """Facts that only one of the runs has, in the order of time. A charge that is open on file may be settled on the stage."""
    unmatched = list(now)
    if not any(fact.text in IN_ITS_OWN_TIME for fact in stored):
        unmatched = [fact for fact in now if fact.text not in IN_ITS_OWN_TIME]
    found = []
    for fact in stored:
        twin = next((other for other in unmatched if _is_same(fact, other)), None)
        if twin is None:
            found.append(FactDifference("stored", fact))
        else:
            unmatched.remove(twin)
    found += [FactDifference("now", fact) for fact in unmatched]
    return sorted(found, key=lambda difference: difference.fact.at)


def _is_same(fact: Fact, other: Fact) -> bool:
    return fact.text == other.text and (fact.text in IN_ITS_OWN_TIME or abs(other.at - fact.at) <= SAME_MOMENT_S)


Names = Callable[[DriverId], str]


def _made(event: OffersMade, name: Names) -> str:
    who = " ".join(sorted(name(placed.driver_id) for placed in event.offers))
    return f"round {event.round_no} also asks {who}" if event.refill else f"round {event.round_no} asks {who}"


def _closed(event: OffersClosed, name: Names) -> str:
    reason = "gone" if event.reason in GONE else event.reason
    return f"offer over for {' '.join(sorted(name(who) for who in event.drivers))}: {reason}"


def _cancelled(event: RideCancelled, name: Names) -> str:
    return f"cancelled by {event.by}" + (f": {event.reason}" if event.reason else "")


def _charged(event: ChargeRequested, name: Names) -> str:
    amount = event.amount
    return f"the provider is asked to collect {amount.minor / 10**amount.digits:.{amount.digits}f} {amount.currency}"


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
    PinRefused: lambda event, name: f"{name(event.driver_id)} types a wrong pin",
    RideStarted: lambda event, name: f"{name(event.driver_id)} starts",
    RideCompleted: lambda event, name: f"{name(event.driver_id)} completes",
    PassengerNoShow: lambda event, name: f"{name(event.driver_id)} reports a no-show",
    RideCancelled: _cancelled,
    ChargeRequested: _charged,
    ChargeSettled: lambda event, name: CHARGE_PAID,
    ChargeDeclined: lambda event, name: CHARGE_DECLINED,
    SearchFailed: lambda event, name: f"no drivers: {event.reason}",
}
