"""Whatever is announced, to whomever, is held against what is on disk. One story for each rule is in `broken_rules.py`."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.messages.commands import Attach
from dispatch.messages.events import (
    OfferDeclined,
    RideArrived,
    RideCancelled,
    RideCompleted,
    RideStarted,
    RideUnassigned,
    SearchFailed,
)
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.messages.notices import (
    DriverAssigned,
    DriverCancelled,
    Faulted,
    NoDrivers,
    PassengerSnapshot,
    Replaced,
    RideAccepted,
    RideEnded,
    RideProgress,
    Searching,
)
from dispatch.values import DriverCard, RideCard
from tests.actors.rig import AS_ANN, AS_DAN
from tests.explorer.broken_rules import ANN, D1, O1, R1, TRIP, Watched, assigned

BEN = DriverCard(D1, "Ben", "")
ACCEPTED = assigned(R1, D1, O1)
GIVEN_UP = RideUnassigned(R1, D1, 2, "driver", "", 3.0)
DONE = RideCompleted(R1, D1, 85.5)
CASES: list[tuple[Any, tuple[Any, ...]]] = [
    (Searching(R1, round=1, drivers_notified=5, fare=85.5, expires_at=31.0, seq=1), ()),
    (DriverAssigned(R1, BEN, seq=2), (ACCEPTED,)),
    (RideAccepted(RideCard(R1, 1, ANN, TRIP), seq=2), (ACCEPTED,)),
    (RideProgress(R1, "arrived", 85.5, 5.2, 15.0, seq=3), (ACCEPTED, RideArrived(R1, D1))),
    (RideProgress(R1, "in_progress", 85.5, 5.2, 15.0, seq=4), (ACCEPTED, RideStarted(R1, D1, 4.0))),
    (RideProgress(R1, "completed", 85.5, 5.2, 15.0, seq=5), (ACCEPTED, DONE)),
    (DriverCancelled(R1, by="driver", reason="", seq=3), (ACCEPTED, GIVEN_UP)),
    (RideEnded(R1, by="passenger", reason="", seq=2, fee=0), (RideCancelled(R1, "passenger"),)),
    (NoDrivers(R1, reason="search cap", rounds=4, drivers_asked=5, seq=2), (SearchFailed(R1, "search cap", 4, 5),)),
]
"""What is told, and what must be on disk before."""


def _named(part: Any) -> str:
    return " and ".join(type(event).__name__ for event in part) if isinstance(part, tuple) else type(part).__name__


@pytest.mark.parametrize(("notice", "events"), CASES[1:], ids=_named)
def test_what_is_told_one_commit_too_early_is_seen(notice: Any, events: tuple[Any, ...]) -> None:
    watched = Watched()
    watched.disk(*events[:-1])
    watched.told("session/2", notice)
    assert [broken.split()[2] for broken in watched.watch.violations] == ["on-disk-first:"]


@pytest.mark.parametrize(("notice", "events"), CASES, ids=_named)
def test_told_after_its_commit_it_is_as_it_should_be(notice: Any, events: tuple[Any, ...]) -> None:
    watched = Watched()
    watched.disk(*events)
    watched.told("session/2", notice)
    assert watched.watch.violations == []


@pytest.mark.parametrize(
    "notice",
    [
        *(notice for notice, _ in CASES if not isinstance(notice, RideAccepted | RideEnded)),
        PassengerSnapshot(R1, "accepted", 85.5, BEN, seq=2),
    ],
    ids=lambda notice: type(notice).__name__,
)
def test_a_passenger_who_was_told_something_else_last_does_not_know_the_end(notice: Any) -> None:
    """Each of these is remembered as what the passenger knows; the ride then ends, and nobody tells them."""
    watched = Watched()
    watched.told("ride/r1", Attach(AS_ANN, "session/2", (0, 2)))
    watched.told("session/2", notice)
    watched.disk(RideCancelled(R1, "ops"))
    watched.watch.finish(watched.now)
    assert any("passenger-knows" in broken for broken in watched.watch.violations)


def test_whoever_gave_a_ride_up_is_not_asked_for_it_again() -> None:
    watched = Watched()
    watched.disk(ACCEPTED, GIVEN_UP)
    watched.offer()
    assert any("no-offer-after-decline" in broken for broken in watched.watch.violations)


@pytest.mark.parametrize(
    "event", [DONE, RideArrived(R1, D1), RideStarted(R1, D1, 4.0), ACCEPTED, GIVEN_UP], ids=lambda e: type(e).__name__
)
def test_nothing_happens_to_a_ride_that_is_over(event: Any) -> None:
    watched = Watched()
    watched.disk(ACCEPTED, RideCancelled(R1, "ops"))
    watched.disk(event)
    assert any("terminal-stays" in broken for broken in watched.watch.violations)


def test_an_event_counts_once_it_is_on_disk_and_a_lost_one_never_does() -> None:
    declined = Append("driver/d1", 1, 1, 1.0, (OfferDeclined(R1, D1, O1),))
    watched = Watched()
    watched.told("journal", declined)
    watched.offer()
    assert watched.watch.violations == [], "nobody knows of the decline yet"
    watched.told("driver/d1", NotAppended(1, 1, "full"))
    watched.told("driver/d1", Appended(1, 1))
    assert watched.watch.ledger.refused == {}
    watched.told("journal", Append("driver/d1", 2, 1, 1.0, declined.events))
    watched.told("driver/d1", Appended(2, 1))
    assert list(watched.watch.ledger.refused[R1]) == [D1]


@pytest.mark.parametrize("ended", [("session/2",), ("session/1", "session/2"), ("session/2", "session/1")], ids=str)
def test_a_newer_connection_that_fails_leaves_the_older_one_unless_that_was_replaced(ended: tuple[str, ...]) -> None:
    watched = Watched()
    watched.told("driver/d1", Attach(AS_DAN, "session/2", (0, 2)))
    for session in ended:
        watched.told(session, Replaced() if session == "session/1" else Faulted("e1"))
    watched.offer()
    is_seen = any("no-offer-to-offline" in broken for broken in watched.watch.violations)
    assert is_seen is ("session/1" in ended)
