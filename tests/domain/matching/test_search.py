"""One search: its places, its rounds, and the end of both."""

import pytest
from msgspec.structs import replace

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import NEWCOMERS, NOTHING, PLACES, ROUND, SPENT, USES_UP, Searches
from dispatch.ids import DriverId, OfferId
from dispatch.masking.rides import RideMask
from dispatch.messages.events import RideRequested, RideUnassigned
from dispatch.values import RideCard
from tests.domain.matching.searches import (
    ANN,
    D1,
    D2,
    D3,
    D4,
    D5,
    FIVE,
    OPENED,
    RIDE,
    SIXTH,
    TRIP,
    Played,
    ask,
    asking,
    searching,
)


def after_the_last_round() -> Played:
    """One round of five places, of which one was filled and declined."""
    search, (first,) = asking(D1, rounds=1)
    search.ends(first, "declined")
    return search


# -- the card


@pytest.mark.parametrize(("masks", "shown"), [(True, "2782•••0001"), (False, "27820000001")])
def test_offers_show_the_passengers_phone_or_its_mask_also_after_the_ride_has_lost_its_driver(
    masks: bool, shown: str
) -> None:
    searches = Searches(SearchRules(mask=RideMask(masks_phones=masks)), lambda passenger_id: ())
    searches.apply(RideRequested(RIDE, 1, ANN, TRIP, 0.0))
    assert searches[RIDE].card == RideCard(RIDE, 1, replace(ANN, phone=shown), TRIP)
    searches.apply(RideUnassigned(RIDE, D1, 2, "driver", "", 9.0))
    assert searches[RIDE].card == RideCard(RIDE, 2, replace(ANN, phone=shown), TRIP)


def test_offers_that_mask_the_phone_have_no_note_because_people_write_phones_into_it() -> None:
    said = replace(TRIP, note="blue gate, call 082 000 0001")
    for masks, shown in ((True, ""), (False, said.note)):
        searches = Searches(SearchRules(mask=RideMask(masks_phones=masks)), lambda passenger_id: ())
        searches.apply(RideRequested(RIDE, 1, ANN, said, 0.0))
        assert searches[RIDE].card.trip.note == shown


# -- places


def test_a_round_has_five_places_and_five_offers_fill_them() -> None:
    search = searching()
    search.open_round()
    for asked, driver_id in enumerate(FIVE):
        assert search.wants(PLACES) == 5 - asked
        assert search.wants_drivers()
        ask(search, driver_id)
    assert search.wants(PLACES) == 0
    assert not search.wants_drivers()


@pytest.mark.parametrize("outcome", sorted(USES_UP))
def test_a_decline_and_a_silence_use_their_place_up(outcome: str) -> None:
    search, (first, *_) = asking(*FIVE)
    search.ends(first, outcome)
    assert search.wants(PLACES) == 0
    assert not search.wants_drivers()


@pytest.mark.parametrize("outcome", OPENED)
def test_a_place_whose_driver_is_gone_or_turned_out_busy_is_open(outcome: str) -> None:
    search, (first, *_) = asking(*FIVE)
    search.ends(first, outcome)
    assert search.wants(PLACES) == 1
    assert search.wants_drivers()


def test_places_that_were_never_filled_stay_open_while_the_round_runs() -> None:
    search, (first, _) = asking(D1, D2)
    assert search.wants(PLACES) == 3
    search.ends(first, "declined")
    assert search.wants(PLACES) == 3


def test_a_place_that_was_filled_again_has_the_whole_time_of_its_own() -> None:
    search, (first, *_) = asking(*FIVE)
    search.ends(first, "vanished")
    lease = search.offer(SIXTH, 812.5, now=12.0)
    assert (lease.expires_at, lease.closes_at) == (42.0, 44.0)
    assert (lease.round_no, lease.pickup_distance_m) == (1, 812.5)
    assert search.round_no == 1, "rounds count batches, not refills"


def test_an_offer_that_was_closed_before_changes_nothing_when_it_ends_again() -> None:
    search, (first, *_) = asking(*FIVE)
    search.ends(first, "vanished")
    ask(search, SIXTH)
    for outcome in (*USES_UP, *OPENED):
        search.ends(first, outcome)
    search.ends(OfferId("never made"), "expired")
    assert search.wants(PLACES) == 0
    assert search.refusals == {}


# -- rounds


def test_a_round_ends_only_when_no_offer_of_it_is_open() -> None:
    search, offers = asking(*FIVE)
    for offer_id in offers[:4]:
        search.ends(offer_id, "declined")
        assert not search.round_is_over()
    search.ends(offers[4], "declined")
    assert search.round_is_over()
    assert search.kind == ROUND


def test_a_refill_keeps_the_round_open_beyond_the_time_of_the_first_five() -> None:
    search, (first, *_) = asking(*FIVE)
    search.ends(first, "vanished")
    ask(search, SIXTH, now=12.0)
    search.wait_until(30.0)
    assert not search.round_is_over()
    assert search.kind != ROUND
    search.wait_until(42.0)
    assert search.round_is_over()


def test_a_round_that_asked_nobody_is_not_over() -> None:
    search, _ = asking()
    assert not search.round_is_over()
    assert search.wants(PLACES) == 5


def test_a_round_of_which_everyone_vanished_is_not_over_but_open() -> None:
    search, offers = asking(D1, D2)
    for offer_id in offers:
        search.ends(offer_id, "vanished")
    assert not search.round_is_over()
    assert search.wants(PLACES) == 5


def test_between_two_rounds_no_place_is_open_but_a_newcomer_is_wanted() -> None:
    search, (first,) = asking(D1)
    search.ends(first, "declined")
    assert search.wants(PLACES) == 0
    assert search.kind == ROUND
    assert search.wants_drivers()


def test_the_next_round_has_all_its_places_whatever_became_of_the_last() -> None:
    search, offers = asking(*FIVE)
    for offer_id, outcome in zip(offers, ("declined", "expired", "vanished", "declined", "declined"), strict=True):
        search.ends(offer_id, outcome)
    assert search.round_is_over()
    search.open_round()
    assert search.round_no == 2
    assert search.wants(PLACES) == 5
    assert not search.round_is_over()


def test_there_are_as_many_rounds_as_the_policy_has() -> None:
    search = searching(rounds=2)
    for driver_id in (D1, D2):
        search.open_round()
        (offer_id,) = ask(search, driver_id)
        search.ends(offer_id, "declined")
    assert search.kind == NEWCOMERS


# -- offers that lapse


def test_an_offer_lapses_at_the_second_it_was_told_and_is_closed_only_after_the_grace() -> None:
    search, (offer_id,) = asking(D1)
    search.wait_until(29.999)
    assert search.is_running(search.now)
    search.wait_until(30.0)
    assert not search.is_running(search.now)
    search.wait_until(31.999)
    assert search.close_overdue() == []
    assert offer_id in search.open
    search.wait_until(32.0)
    assert [lease.offer_id for lease in search.close_overdue()] == [offer_id]
    assert search.open == {}


def test_an_offer_lapses_once() -> None:
    search, _ = asking(D1, D2)
    search.wait_until(30.0)
    search.wait_until(31.0)
    assert search.used == 2


def test_a_silence_uses_its_place_up_when_it_lapses_and_not_again_when_it_is_closed() -> None:
    search, (first, *_) = asking(D1, D2)
    search.wait_until(30.0)
    assert search.used == 2
    search.wait_until(32.0)
    search.close_overdue()
    search.ends(first, "expired")
    assert search.used == 2


def test_a_round_of_silences_is_over_at_the_told_time_and_the_next_one_opens_in_the_grace() -> None:
    search, _ = asking(*FIVE)
    search.wait_until(30.0)
    assert search.kind == ROUND
    search.open_round()
    ask(search, SIXTH, now=30.0)
    assert len(search.open) == 6, "the first five may still answer"
    assert search.wants(PLACES) == 4


@pytest.mark.parametrize("outcome", [*sorted(USES_UP), *OPENED])
def test_what_becomes_of_an_older_round_touches_no_place_of_this_one(outcome: str) -> None:
    search, (first, *_) = asking(*FIVE)
    search.wait_until(30.0)
    search.open_round()
    ask(search, SIXTH, now=30.0)
    search.ends(first, outcome)
    assert search.wants(PLACES) == 4
    search.wait_until(32.0)
    search.close_overdue()
    assert search.wants(PLACES) == 4


@pytest.mark.parametrize("outcome", sorted(USES_UP))
def test_an_answer_in_the_grace_uses_no_second_place_up(outcome: str) -> None:
    search, (first, *_) = asking(D1, D2)
    search.wait_until(30.0)
    search.ends(first, outcome)
    assert search.used == 2


def test_who_vanishes_in_the_grace_gives_the_place_back_to_the_round_that_still_runs() -> None:
    search, (first, second, *_) = asking(*FIVE)
    search.ends(second, "vanished")
    ask(search, SIXTH, now=10.0)
    search.wait_until(30.0)
    assert search.wants(PLACES) == 0
    search.ends(first, "vanished")
    assert search.wants(PLACES) == 1


# -- claims


def test_a_claimed_offer_holds_the_round_until_the_ride_has_answered() -> None:
    search, (first, second) = asking(D1, D2)
    search.claims(first)
    search.ends(second, "declined")
    assert not search.round_is_over()
    assert search.kind != ROUND
    search.wait_until(1_000.0)
    search.wait_until(1_000.0)
    assert search.close_overdue() == []
    assert not search.round_is_over()


def test_a_claimed_place_is_neither_used_up_nor_open() -> None:
    search, (first, *_) = asking(*FIVE)
    search.claims(first)
    assert search.used == 0
    assert search.wants(PLACES) == 0


def test_a_yes_in_the_grace_takes_its_silence_back() -> None:
    search, (first, *_) = asking(*FIVE)
    search.wait_until(30.0)
    search.claims(first)
    search.claims(first)
    assert search.used == 4
    assert search.wants(PLACES) == 0
    search.wait_until(31.0)


def test_a_claim_after_the_last_round_holds_its_place_among_the_newcomers() -> None:
    search, (first,) = asking(D1, rounds=1, batch=1)
    search.ends(first, "declined")
    (second,) = ask(search, D2)
    search.wait_until(30.0)
    assert search.wants_drivers()
    search.claims(second)
    assert not search.wants_drivers()


def test_a_claim_in_the_grace_holds_the_round_that_it_comes_into() -> None:
    search, (first, *_) = asking(*FIVE)
    search.wait_until(30.0)
    search.claims(first)
    assert search.kind != ROUND, "the round of its own"
    later, (first, *_) = asking(*FIVE)
    later.wait_until(30.0)
    later.open_round()
    (sixth,) = ask(later, SIXTH, now=30.0)
    later.claims(first)
    later.ends(sixth, "declined")
    assert later.kind != ROUND, "or the one after it"
    later.wait_until(32.0)
    assert [lease.driver_id for lease in later.close_overdue()] == [D2, D3, D4, D5]


def test_claiming_an_offer_that_is_closed_is_nothing() -> None:
    search, (first,) = asking(D1)
    search.ends(first, "declined")
    search.claims(first)
    assert search.open == {}
    assert search.round_is_over()


# -- the cap

CAP_S = 20.0
"""Sooner than an offer runs out."""


def test_a_search_whose_time_is_over_asks_nobody_any_more() -> None:
    search, (first, *_) = asking(*FIVE, search_cap_s=CAP_S)
    search.ends(first, "vanished")
    assert search.wants_drivers()
    search.wait_until(CAP_S)
    assert not search.wants_drivers()
    for offer_id in list(search.open):
        search.ends(offer_id, "declined")
    assert not search.wants_drivers()


def test_it_is_spent_when_nobody_has_time_left_to_answer() -> None:
    search, (first, second) = asking(D1, D2, search_cap_s=CAP_S)
    search.wait_until(CAP_S)
    assert search.kind == NOTHING, "two are thinking"
    search.ends(first, "declined")
    assert search.kind == NOTHING, "one is"
    search.wait_until(30.0)
    assert search.kind == SPENT
    search.claims(second)
    assert search.kind == NOTHING, "a late yes has to be answered first"


def test_a_search_without_an_offer_is_spent_at_once_when_its_time_is_over() -> None:
    search, _ = asking(search_cap_s=CAP_S)
    search.wait_until(CAP_S - 0.001)
    assert search.kind == PLACES
    search.wait_until(CAP_S)
    assert search.kind == SPENT


def test_a_search_whose_time_is_not_over_is_never_spent() -> None:
    assert after_the_last_round().kind == NEWCOMERS


# -- after the last round


def test_after_the_last_round_only_newcomers_are_asked() -> None:
    search = after_the_last_round()
    assert search.kind != ROUND
    assert search.wants(PLACES) == 0, "nobody who was there all the time"
    assert search.kind == NEWCOMERS
    assert search.wants_drivers()


def test_after_the_last_round_as_many_newcomers_are_asked_at_once_as_a_round_has_places() -> None:
    search = after_the_last_round()
    offers = []
    for number in range(10, 15):
        assert search.wants_drivers()
        offers += ask(search, DriverId(f"d{number}"))
        assert search.wants(PLACES) == 0
    assert not search.wants_drivers()
    search.ends(offers[0], "declined")
    assert search.wants_drivers(), "an answer makes room for the next"
    for offer_id in offers[1:]:
        search.ends(offer_id, "vanished")
    assert search.wants_drivers()
    assert search.round_no == 1


def test_before_the_last_round_is_over_a_newcomer_finds_only_its_open_places() -> None:
    search, offers = asking(*FIVE, rounds=1)
    for offer_id in offers[:4]:
        search.ends(offer_id, "declined")
        assert search.kind != NEWCOMERS
        assert not search.wants_drivers()
    search.ends(offers[4], "declined")
    assert search.wants_drivers()


def test_a_search_whose_time_is_over_takes_no_newcomers() -> None:
    search = after_the_last_round()
    search.wait_until(180.0)
    assert search.kind != NEWCOMERS
