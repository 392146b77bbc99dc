"""A policy of others is held to the rules, and the default decides where it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from dispatch.actors.parts.guarded_policy import GuardedPolicy
from dispatch.domain.matching.policy import Ask, GiveUp, Happened, LookAgain, Move, SearchOpened, ZoneView
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.events import DriverReserved, OfferPlaced
from tests.domain.matching.towns import Town, asked

R1 = RideId("r1")


class Plugged:
    """A plug-in that does as the test says."""

    def __init__(self, act: Callable[[ZoneView], Iterable[Move]]) -> None:
        self.act = act

    def decide(self, happened: Happened, zone: ZoneView) -> Iterable[Move]:
        return self.act(zone)


class Clock:
    """Every look takes so long."""

    def __init__(self, step_s: float) -> None:
        self.now, self.step_s = 0.0, step_s

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


def town_with(*kms: float, **rules: Any) -> Town:
    town = Town(**rules)
    for number, km in enumerate(kms, 1):
        town.driver(f"d{number}", km)
    town.ride("r1")
    return town


def decided(town: Town, act: Callable[[ZoneView], Iterable[Move]], clock: Clock | None = None) -> list[Move]:
    return town.decide(GuardedPolicy(Plugged(act), clock), SearchOpened(R1), 1.0)


def ask(*names: str) -> Callable[[ZoneView], Iterable[Move]]:
    return lambda zone: [Ask(R1, [(0.0, DriverId(name)) for name in names])]


def test_what_keeps_the_rules_is_done_as_it_is_with_the_true_distance() -> None:
    (move,) = decided(town_with(1.0, 2.0), ask("d2"))
    assert isinstance(move, Ask)
    ((metres, driver_id),) = move.hits
    assert (driver_id, round(metres)) == ("d2", 2000)


def hurt(town: Town, how: str) -> None:
    driver_id, search = DriverId("d1"), town.searches[R1]
    if how == "declined":
        search.refusals[driver_id] = None
    elif how == "blocked":
        search.blocked[driver_id] = None
    elif how == "busy":
        town.supply.announced(driver_id, "busy", "sedan")
        town.supply.update(driver_id)
    elif how == "holds_offer":
        town.supply.hold(RideId("r9"), [OfferPlaced(OfferId("r9.1.1"), driver_id, 1.0)])


@pytest.mark.parametrize("how", ["declined", "blocked", "busy", "holds_offer"])
def test_an_ask_of_a_driver_who_may_not_be_asked_is_dropped_and_logged(
    how: str, caplog: pytest.LogCaptureFixture
) -> None:
    town = town_with(1.0, 2.0)
    hurt(town, how)
    assert asked(decided(town, ask("d1", "d2"))) == {"r1": ["d2"]}
    assert f"asks d1 for r1: not done ({how})" in caplog.text


@pytest.mark.parametrize(
    ("kms", "names", "reason"),
    [((11.0,), ("d1",), "outside_radius"), ((1.0, 2.0), ("d1", "d1"), "twice"), ((1.0,), ("d9",), "offline")],
)
def test_so_is_one_too_far_away_one_named_twice_and_one_whom_nobody_knows(
    kms: tuple[float, ...], names: tuple[str, ...], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    moves = decided(town_with(*kms), ask(*names))
    assert len(asked(moves)["r1"]) == (1 if reason == "twice" else 0)
    assert f"not done ({reason})" in caplog.text


def test_a_driver_is_not_asked_for_two_rides_in_one_answer() -> None:
    town = town_with(1.0)
    town.ride("r2")
    both = decided(town, lambda zone: [Ask(RideId(name), [(0.0, DriverId("d1"))]) for name in ("r1", "r2")])
    assert asked(both) == {"r1": ["d1"], "r2": []}


def test_no_more_are_asked_than_there_are_places(caplog: pytest.LogCaptureFixture) -> None:
    assert asked(decided(town_with(1.0, 2.0, 3.0, batch=2), ask("d1", "d2", "d3"))) == {"r1": ["d1", "d2"]}
    assert "not done (no_place)" in caplog.text


def test_a_ride_that_nobody_knows_is_passed_over() -> None:
    assert decided(town_with(1.0), lambda zone: [Ask(RideId("r9"), [(0.0, DriverId("d1"))])]) == []


def test_a_search_is_not_given_up_while_an_accept_waits_for_its_answer(caplog: pytest.LogCaptureFixture) -> None:
    town = town_with(1.0)
    decided(town, ask("d1"))
    assert decided(town, lambda zone: [GiveUp(R1)]) == [GiveUp(R1)]
    town.searches.apply(DriverReserved(R1, DriverId("d1"), OfferId("r1.1.1"), 1, 1))
    assert decided(town, lambda zone: [GiveUp(R1)]) == []
    assert "somebody has accepted" in caplog.text


def fails(zone: ZoneView) -> Iterable[Move]:
    raise ZeroDivisionError("a mistake of somebody else")


def test_the_default_decides_where_the_policy_raises_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    assert asked(decided(town_with(1.0, 2.0), fails)) == {"r1": ["d1", "d2"]}
    (record,) = caplog.records
    assert record.levelno == logging.ERROR and "policy Plugged failed" in record.getMessage()
    assert record.exc_info is not None and record.exc_info[0] is ZeroDivisionError


def test_the_default_decides_where_the_policy_takes_too_long_but_it_still_looks_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def slow(zone: ZoneView) -> Iterable[Move]:
        return [*ask("d2")(zone), LookAgain(9.0)]

    moves = decided(town_with(1.0, 2.0), slow, Clock(0.051))
    assert asked(moves) == {"r1": ["d1", "d2"]} and LookAgain(9.0) in moves
    assert "took 51 ms" in caplog.text


@pytest.mark.parametrize("clock", [None, Clock(0.049)], ids=["virtual time", "in time"])
def test_in_time_or_in_virtual_time_its_answer_counts(clock: Clock | None) -> None:
    assert asked(decided(town_with(1.0, 2.0), ask("d2"), clock)) == {"r1": ["d2"]}
