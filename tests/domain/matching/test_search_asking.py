"""One search: whom it may ask, whom again, and what it calls its offers."""

import pytest

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import OpenOffer
from dispatch.ids import OfferId, RideId
from dispatch.values import Lease
from tests.domain.matching.searches import D1, D2, D3, OPENED, RIDE, ask, asking, searching


def test_a_driver_of_the_first_choice_was_neither_asked_nor_did_they_refuse() -> None:
    search, (first, _) = asking(D1, D2)
    search.ends(first, "declined")
    assert [driver_id for driver_id in (D1, D2, D3) if search.never_asked(driver_id)] == [D3]
    search.refusals[D3] = None  # in a search before this one
    assert not search.never_asked(D3)
    assert not search.may_ask(D3)


def test_never_again_after_a_decline() -> None:
    search, (first,) = asking(D1, asks_after_silence=100)
    search.ends(first, "declined")
    search.open_round()
    assert not search.may_ask(D1)
    assert search.refusals == {D1: None}


def test_nor_after_a_decline_in_the_grace() -> None:
    search, (first,) = asking(D1)
    search.wait_until(30.0)
    search.ends(first, "declined")
    assert not search.may_ask(D1)


@pytest.mark.parametrize("again", [0, 1, 2, 3])
def test_after_silence_as_often_again_as_the_policy_says(again: int) -> None:
    search = searching(asks_after_silence=again, rounds=10)
    for asked in range(again + 1):
        assert search.may_ask(D1)
        assert search.never_asked(D1) is (asked == 0)
        search.open_round()
        ask(search, D1, now=100.0 * asked)
        search.wait_until(100.0 * asked + 32.0)
        search.close_overdue()
    assert not search.may_ask(D1)


def test_once_more_after_silence_is_the_default() -> None:
    assert SearchRules().asks_after_silence == 1


def test_never_twice_at_once_not_even_in_the_grace() -> None:
    search, (first,) = asking(D1, asks_after_silence=100)
    assert not search.may_ask(D1)
    search.wait_until(30.0)
    assert not search.may_ask(D1)
    search.wait_until(32.0)
    search.close_overdue()
    assert search.may_ask(D1)
    assert first not in search.open


@pytest.mark.parametrize("outcome", OPENED)
def test_who_had_no_chance_to_answer_is_asked_again_as_if_for_the_first_time(outcome: str) -> None:
    search, (first,) = asking(D1, asks_after_silence=0)
    search.ends(first, outcome)
    assert search.never_asked(D1)
    assert search.may_ask(D1)


def test_a_silence_before_is_not_forgotten_by_a_vanishing() -> None:
    search, _ = asking(D1)
    search.wait_until(30.0)
    search.wait_until(32.0)
    search.close_overdue()
    (second,) = ask(search, D1, now=32.0)
    search.ends(second, "vanished")
    assert search.asks == {D1: 1}
    assert not search.never_asked(D1)
    assert search.may_ask(D1)


# -- names and order


def test_an_offer_is_named_after_its_ride_its_search_and_its_number() -> None:
    search, offers = asking(D1, D2)
    search.open_round()
    assert [*offers, *ask(search, D3)] == ["ride-1.1.1", "ride-1.1.2", "ride-1.1.3"]
    assert ask(searching(search_no=2), D1) == ["ride-1.2.1"]


def test_a_lease_says_all_that_a_driver_must_know() -> None:
    search = searching(search_no=3, offer_timeout_s=10.0, late_grace_s=0.5)
    search.open_round()
    lease = search.offer(D1, 812.5, now=7.0)
    assert lease == Lease(OfferId("ride-1.3.1"), RIDE, D1, 3, 1, 17.0, 17.5, 812.5)
    assert search.open == {lease.offer_id: OpenOffer(lease)}


def test_drivers_are_counted_once_whatever_became_of_their_offers() -> None:
    search, (first, second) = asking(D1, D2)
    search.ends(first, "vanished")
    search.ends(second, "declined")
    ask(search, D1)
    assert [*search.asks] == [D1, D2]


def test_who_waits_longest_comes_first_and_ties_go_by_ride() -> None:
    waiting = [searching(since, ride_id=RideId(name)) for since, name in ((5.0, "a"), (2.0, "c"), (2.0, "b"))]
    assert [search.card.ride_id for search in sorted(waiting, key=lambda search: search.rank)] == ["b", "c", "a"]


def test_two_searches_share_nothing() -> None:
    one, other = searching(), searching()
    ask(one, D1)
    assert other.search == searching().search
    assert not (other.open or other.asks or other.refusals)
