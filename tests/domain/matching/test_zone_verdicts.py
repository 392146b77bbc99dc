"""The rules that only time brings about. All others are held against a look at everybody in tests/properties."""

from typing import Any

import pytest

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import NEWCOMERS, Searches
from dispatch.domain.matching.supply import Supply
from dispatch.domain.matching.zone import RULES, Zone, considered
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.storage.tools import explain_text
from dispatch.words import AskVerdict
from sim.city.offsets import destination
from tests.domain.matching.searches import D1, D2, TRIP, searching


class Town:
    """d1, available, one kilometre from the pickup, and a search that reaches 10 km."""

    def __init__(self, **rules: Any) -> None:
        self.rules = SearchRules(explain_candidates=5, **rules)
        self.board = PositionBoard()
        self.supply = Supply(self.board, 1, explains=True, sleep_max_s=600.0)
        self.zone = Zone(self.rules, self.supply, Searches(self.rules, lambda passenger_id: ()))
        self.search = searching(**rules)
        self.search.open_round()
        self.board.report(D1, *destination(*TRIP.pickup.point, 1_000.0, 0.0), 0.0)
        self.announces("available")

    def announces(self, status: str, driver_id: DriverId = D1) -> None:
        self.supply.announced(driver_id, status, "sedan")
        self.supply.update(driver_id)

    def rule(self, now: float = 1.0) -> str:
        self.zone.now = now
        asking = self.search.asking((), self.rules.radius_m, now)
        told = considered(self.zone, self.supply.everybody, self.search.search, asking)
        assert told.drivers == (D1,)
        return told.rules[0]


def test_nothing_is_against_a_driver_who_was_only_not_reached() -> None:
    assert Town().rule() == "behind"


@pytest.mark.parametrize("status", ["busy", "offline", "unavailable"])
def test_what_a_driver_announced_comes_first(status: str) -> None:
    town = Town()
    town.announces(status)
    town.search.refusals[D1] = None
    assert town.rule() == status


def test_a_position_that_is_too_old_is_stale() -> None:
    assert Town().rule(now=61.0) == "stale"


@pytest.mark.parametrize(("now", "rule"), [(1.0, "behind"), (600.0, "behind"), (601.0, "stale")])
def test_a_sleeper_is_believed_at_the_last_place_for_the_longest_sleep(now: float, rule: str) -> None:
    town = Town()
    town.announces("asleep")
    assert town.rule(now) == rule


def test_a_sleeper_with_an_offer_of_another_ride_holds_it() -> None:
    town = Town()
    town.announces("asleep")
    town.supply.get(D1).pending[OfferId("r9.1.1")] = RideId("r9")
    town.supply.update(D1)
    assert town.rule() == "holds_offer"


def test_a_sleeper_is_left_alone_while_as_many_are_awake_as_a_round_asks() -> None:
    town = Town(batch=1)
    town.announces("asleep")
    town.zone.now = 1.0
    reach_m = town.rules.radius_m
    assert town.zone.why_not(town.search.search, D1, 1_000.0, reach_m) is None
    assert town.zone.nearest(town.search.search, 1, reach_m) == [(pytest.approx(1_000.0), D1)]
    town.board.report(D2, *destination(*TRIP.pickup.point, 9_000.0, 0.0), 0.0)
    town.announces("available", D2)
    assert town.zone.why_not(town.search.search, D1, 1_000.0, reach_m) == "asleep"
    assert [driver_id for _, driver_id in town.zone.nearest(town.search.search, 1, reach_m)] == [D2]


@pytest.mark.parametrize(("binds", "verdict"), [(False, None), (True, "asleep")])
def test_staff_may_have_a_sleeper_asked_and_not_bound(binds: bool, verdict: str | None) -> None:
    town = Town()
    town.announces("asleep")
    assert town.zone.why_not_by_desk(town.search.search, D1, binds=binds) == verdict


def test_a_driver_with_an_offer_of_another_ride_holds_it() -> None:
    town = Town()
    town.supply.get(D1).pending[OfferId("r9.1.1")] = RideId("r9")
    town.supply.update(D1)
    assert town.rule() == "holds_offer"


def test_a_silent_driver_is_so_once_they_were_asked_as_often_as_drivers_are() -> None:
    town = Town(asks_after_silence=1)
    for expected in ("behind", "silent"):
        lease = town.search.offer(D1, 1.0, 0.0)
        assert town.rule() == "thinking"
        town.search.ends(lease.offer_id, "expired")
        assert town.rule() == expected


def test_after_the_last_round_only_a_newcomer_is_one() -> None:
    town = Town(rounds=1)
    town.zone.note_round(town.search.search)
    town.search.ends(town.search.offer(D2, 1.0, 0.0).offer_id, "declined")
    assert town.search.kind == NEWCOMERS
    assert town.rule() == "not_new"


def test_every_rule_has_words_for_people() -> None:
    assert {*explain_text.RULES, AskVerdict.ASKED} == {
        AskVerdict.ASKED,
        AskVerdict.BEHIND,
        *(rule.word for rule in RULES),
    }
