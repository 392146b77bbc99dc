"""Why a ride was offered to whom it was: every round as it was decided, and what became of its offers. Called by `dispatch explain`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from dispatch.messages.base import Message
from dispatch.messages.events import (
    OffersMade,
    RideAssigned,
    RideCancelled,
    RideRequested,
    RideUnassigned,
    RoundConsidered,
    SearchFailed,
)
from dispatch.storage.tables.opening import reading
from dispatch.storage.tools.history import HistoryEvent, history_of
from dispatch.storage.tools.show import told
from dispatch.words import AskVerdict

ASKED: Final = AskVerdict.ASKED
PUSHED: Final = AskVerdict.PUSHED
_RIDE: Final = (
    "SELECT ride_id, passenger_id, status, requested_at, driver_id, ended_by, reason FROM rides WHERE ride_id = ?"
)
_OFFERS: Final = "SELECT offer_id, outcome, made_at, closed_at FROM offers WHERE ride_id = ?"

Told = dict[str, Any]
"""What is told, as JSON has it: times in Unix seconds until they leave this module, distances in metres."""
AirTime = Callable[[float, float], float]
"""Seconds for so many metres of a straight line, for a departure at this Unix second."""


def explanation(path: str | Path, ride_id: str, *, full_phones: bool = False, air_s: AirTime | None = None) -> Told:
    """The ride, its `rounds` and refills in the order of time with their `considered`, and its `turns`: what ended a search.

    A round that was decided while nothing was explained has only those who were asked, and `explained` is false. Phone numbers are
    masked, also where they serve as ids, unless `full_phones`. With `air_s` each driver has `eta_s`: what the way to the pickup took by
    its straight line, at that hour. Raises NoSuchRideOnFile, DatabaseError.
    """
    history = history_of(path, ride_id)
    with reading(path) as db:
        ride = next(iter(db.query(_RIDE, [ride_id])))
        offers = {row["offer_id"]: row for row in db.query(_OFFERS, [ride_id])}
    rounds: list[Told] = []
    for recorded in history:
        _take(rounds, offers, recorded)
    if air_s is not None:
        for each in rounds:
            for row in each["considered"]:
                row["eta_s"] = round(air_s(row["distance_m"], each["at"])) if row["distance_m"] is not None else None
    requested = next((r.event for r in reversed(history) if isinstance(r.event, RideRequested)), None)
    wanted = requested.trip.vehicle_type if requested is not None else ""
    turns = [{"at": at, **_TURNS[type(event)](event)} for at, _, event in history if type(event) in _TURNS]
    whole = {**ride, "vehicle_type": wanted or None, "rounds": rounds, "turns": turns}
    readable: Told = told("", whole, full_phones)
    return readable


def _take(rounds: list[Told], offers: Told, recorded: HistoryEvent) -> None:
    event = recorded.event
    if isinstance(event, RoundConsidered):
        rounds.append(_round(event, recorded.at, event.radius_m, explained=True))
        rows = zip(event.drivers, event.metres, event.rules, strict=True)
        rounds[-1]["considered"] = [{"driver_id": d, "distance_m": m, "rule": rule} for d, m, rule in rows]
        rounds[-1]["others"] = dict(event.others)
    elif isinstance(event, OffersMade):
        if not rounds or not _led_to(rounds[-1], event):
            rounds.append(_round(event, recorded.at, event.radius_m or None, explained=False))
        for placed in event.offers:
            _add_offer(rounds[-1], placed.driver_id, placed.pickup_distance_m, offers[placed.offer_id])


def _round(event: RoundConsidered | OffersMade, at: float, radius_m: float | None, *, explained: bool) -> Told:
    return {
        "search": event.search_no,
        "round": event.round_no,
        "refill": event.refill,
        "at": at,
        "radius_m": radius_m,
        "explained": explained,
        "considered": [],
        "others": {},
    }


def was_asked(row: Told) -> bool:
    """Whether the driver of this row had an offer."""
    return row["rule"] in (ASKED, PUSHED)


def _led_to(last: Told, event: OffersMade) -> bool:
    """Whether these are the offers that the last look came to: both are one commit, the look first."""
    expected = [row["driver_id"] for row in last["considered"] if was_asked(row) and "offer_id" not in row]
    same = (last["search"], last["round"], last["refill"]) == (event.search_no, event.round_no, event.refill)
    return last["explained"] and same and sorted(expected) == sorted(placed.driver_id for placed in event.offers)


def _add_offer(into: Told, driver_id: str, distance_m: float, offer: Told) -> None:
    row = next((row for row in into["considered"] if row["driver_id"] == driver_id), None)
    if row is None:
        row = {"driver_id": driver_id, "distance_m": round(distance_m, 1), "rule": ASKED}
        into["considered"].append(row)
    waited = None if offer["closed_at"] is None else round(offer["closed_at"] - offer["made_at"], 3)
    row.update(offer_id=offer["offer_id"], outcome=offer["outcome"], after_s=waited)


_TURNS: Final[dict[type[Message], Callable[[Any], Told]]] = {
    RideRequested: lambda event: {"what": "requested", "search": event.search_no},
    RideAssigned: lambda event: {
        "what": "assigned",
        "driver_id": event.driver.driver_id,
        "offer_id": event.offer_id,
    },
    RideUnassigned: lambda event: {"what": "unassigned", "driver_id": event.driver_id, "search": event.search_no},
    SearchFailed: lambda event: {"what": "no_drivers", "reason": event.reason},
    RideCancelled: lambda event: {"what": "cancelled", "by": event.by, "reason": event.reason},
}
"""The events that decide a search or begin another one, as they are told."""
