"""The rules that only time brings about. All others are held against a look at everybody in tests/properties."""

from typing import Any

import pytest

from dispatch.domain.matching.choice import Choice
from dispatch.domain.matching.policy import SearchPolicy
from dispatch.domain.matching.roster import Roster
from dispatch.domain.matching.supply import Supply
from dispatch.domain.matching.verdicts import RULES, Verdicts
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import OfferId, RideId
from dispatch.storage.tools import explain_text
from sim.city.offsets import destination
from tests.domain.matching.searches import D1, D2, TRIP, searching


class Zone:
    """d1, available, one kilometre from the pickup, and a search that reaches 10 km."""

    def __init__(self, **policy: Any) -> None:
        self.policy = SearchPolicy(explain_candidates=5, **policy)
        self.board = PositionBoard()
        self.supply = Supply(self.board, 1, roster=Roster(self.board))
        self.search = searching(**policy)
        self.search.open_round()
        self.board.report(D1, *destination(*TRIP.pickup.point, 1_000.0, 0.0), 0.0)
        self.announces("available")

    def announces(self, status: str) -> None:
        self.supply.announced(D1, status, "sedan")
        self.supply.update(D1)

    def rule(self, now: float = 1.0) -> str:
        verdicts = Verdicts(self.supply, self.policy, Choice(self.supply, self.policy))
        told = verdicts.on(self.search, (), now, refill=False)
        assert told.drivers == (D1,)
        return told.rules[0]


def test_nothing_is_against_a_driver_who_was_only_not_reached() -> None:
    assert Zone().rule() == "behind"


@pytest.mark.parametrize("status", ["busy", "offline", "unavailable"])
def test_what_a_driver_says_of_himself_comes_first(status: str) -> None:
    zone = Zone()
    zone.announces(status)
    zone.search.refusals[D1] = None
    assert zone.rule() == status


def test_a_position_that_is_too_old_is_stale() -> None:
    assert Zone().rule(now=61.0) == "stale"


def test_a_driver_with_an_offer_of_another_ride_holds_it() -> None:
    zone = Zone()
    zone.supply.get(D1).pending[OfferId("r9.1.1")] = RideId("r9")
    zone.supply.update(D1)
    assert zone.rule() == "holds_offer"


def test_a_silent_driver_is_so_once_he_was_asked_as_often_as_he_is() -> None:
    zone = Zone(asks_after_silence=1)
    for expected in ("behind", "silent"):
        lease = zone.search.offer(D1, 1.0, 0.0)
        assert zone.rule() == "thinking"
        zone.search.end_offer(lease.offer_id, "expired")
        assert zone.rule() == expected


def test_after_the_last_round_only_a_newcomer_is_one() -> None:
    zone = Zone(rounds=1)
    zone.search.arrivals = zone.supply.arrivals
    zone.search.end_offer(zone.search.offer(D2, 1.0, 0.0).offer_id, "declined")
    assert zone.search.takes_newcomers()
    assert zone.rule() == "not_new"


def test_every_rule_has_words_for_people() -> None:
    assert {*explain_text.RULES, "asked"} == set(RULES)
