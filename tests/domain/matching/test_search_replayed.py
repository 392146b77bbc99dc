"""A search as the events of a ride tell it, in any life of a dispatcher."""

from collections.abc import Iterable

import msgspec
import pytest

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import PLACES, ROUND, Search, Searches
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    DriverOnline,
    DriverRegistered,
    DriverReserved,
    OfferDeclined,
    OfferPlaced,
    OffersClosed,
    OffersMade,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RoundEnded,
    SearchFailed,
)
from dispatch.values import DriverCard, Lease, RideCard
from tests.domain.matching.searches import ANN, D1, D2, D3, FIVE, OPENED, RIDE, SIXTH, TRIP, Played

RULES = SearchRules()
DAN = DriverCard(D1, "Dan", "27830000001")
DEARER = msgspec.structs.replace(TRIP, fare=120.0)
BOOKED = RideRequested(RIDE, 1, ANN, TRIP, 3.0)
AGAIN = RideRequested(RIDE, 2, ANN, DEARER, 20.0)


def made(*drivers: DriverId, at: float = 3.0, first: int = 1, round_no: int = 1, **more: object) -> OffersMade:
    """A round, or with `refill=True` a place of it, that went out at this second; its offers count from `first`."""
    search_no = more.pop("search_no", 1)
    placed = tuple(
        OfferPlaced(offer(number, search_no), driver_id, 100.0) for number, driver_id in enumerate(drivers, first)
    )
    return OffersMade(RIDE, search_no, round_no, placed, at + 30.0, **more)  # type: ignore[arg-type]


def offer(number: int, search_no: object = 1) -> OfferId:
    return OfferId(f"ride-1.{search_no}.{number}")


def closed(number: int, driver_id: DriverId, reason: str) -> OffersClosed:
    return OffersClosed(RIDE, (offer(number),), (driver_id,), reason)


def search_of(events: Iterable[Message], rules: SearchRules = RULES) -> Search | None:
    search = Searches(rules, lambda passenger_id: ()).of_ride(RIDE, events)
    return None if search is None or search.is_over else search


def recalled(*events: Message, rules: SearchRules = RULES) -> Played:
    search = search_of(events, rules)
    assert search is not None
    return Played(search)


def same(one: Played, other: Played) -> bool:
    return one.search == other.search and list(one.open) == list(other.open)


# -- whether there is a search


def test_a_booked_ride_is_searching_since_it_was_booked() -> None:
    assert recalled(BOOKED).search == Search(RideCard(RIDE, 1, ANN, TRIP), 3.0, RULES)


def test_a_ride_that_nobody_booked_is_not() -> None:
    assert search_of(()) is None
    assert search_of((made(D1),)) is None


@pytest.mark.parametrize(
    "ending",
    [
        (RideCancelled(RIDE, "passenger"),),
        (SearchFailed(RIDE, "nobody accepted", 4, 20),),
        (RideAssigned(RIDE, DAN, offer(1), 1, 9.0),),
        (RideAssigned(RIDE, DAN, offer(1), 1, 9.0), RideArrived(RIDE, D1), RideCompleted(RIDE, D1, 95.0)),
    ],
    ids=lambda ending: type(ending[-1]).__name__,
)
def test_nor_is_one_that_found_its_driver_or_ended(ending: tuple[Message, ...]) -> None:
    assert search_of((BOOKED, made(*FIVE), *ending)) is None


def test_what_the_dispatcher_recorded_behind_the_end_changes_nothing() -> None:
    late = (closed(1, D1, "expired"), made(D2, round_no=2, first=2, at=33.0), OfferDeclined(RIDE, D2, offer(2)))
    assert search_of((BOOKED, made(D1), RideCancelled(RIDE, "passenger"), *late)) is None


def test_events_of_other_rides_and_of_drivers_are_passed_over() -> None:
    other = RideId("ride-2")
    noise = (
        RideRequested(other, 1, ANN, DEARER, 1.0),
        OffersMade(other, 1, 1, (OfferPlaced(OfferId("ride-2.1.1"), D1, 5.0),), 31.0),
        OfferDeclined(other, D2, OfferId("ride-2.1.1")),
        RideCancelled(other, "passenger"),
        DriverRegistered(DAN),
        DriverOnline(D1),
    )
    assert same(recalled(*noise, BOOKED, *noise, made(D1, D2), *noise), recalled(BOOKED, made(D1, D2)))


# -- offers


def test_offers_stand_open_as_they_were_leased() -> None:
    search = recalled(BOOKED, made(D1, D2))
    assert [open_offer.lease for open_offer in search.open.values()] == [
        Lease(offer(1), RIDE, D1, 1, 1, 33.0, 35.0, 100.0),
        Lease(offer(2), RIDE, D2, 1, 1, 33.0, 35.0, 100.0),
    ]
    assert (search.round_no, search.used, search.wants(PLACES)) == (1, 0, 3)
    assert not search.may_ask(D1)


def test_the_next_offer_has_the_next_name() -> None:
    search = recalled(BOOKED, made(D1, D2), closed(2, D2, "vanished"))
    assert search.offer(D3, 100.0, 9.0).offer_id == offer(3)
    assert len(search.asks) == 3


def test_a_decline_is_never_forgotten() -> None:
    search = recalled(BOOKED, made(D1, D2), OfferDeclined(RIDE, D1, offer(1)))
    assert (search.used, list(search.refusals)) == (1, [D1])
    assert not search.may_ask(D1)


def test_not_even_when_it_came_after_the_offer_was_closed() -> None:
    search = recalled(BOOKED, made(D1), closed(1, D1, "expired"), OfferDeclined(RIDE, D1, offer(1)))
    assert search.used == 1
    assert not search.may_ask(D1)


@pytest.mark.parametrize("reason", OPENED)
def test_a_place_that_was_opened_is_open_and_its_driver_as_if_never_asked(reason: str) -> None:
    search = recalled(BOOKED, made(*FIVE), closed(2, D2, reason))
    assert search.wants(PLACES) == 1
    assert search.never_asked(D2)


def test_a_silence_is_a_place_used_up_and_may_be_asked_once_more() -> None:
    search = recalled(BOOKED, made(*FIVE), closed(2, D2, "expired"))
    assert search.wants(PLACES) == 0
    assert search.may_ask(D2)
    assert not search.never_asked(D2)


def test_a_yes_that_the_ride_has_not_answered_holds_the_round() -> None:
    events = (BOOKED, made(D1, D2), DriverReserved(RIDE, D1, offer(1), 1, 1), OfferDeclined(RIDE, D2, offer(2)))
    search = recalled(*events)
    assert search.open[offer(1)].claimed
    search.wait_until(1_000.0)
    assert not search.round_is_over()


# -- rounds


def test_a_new_round_has_all_its_places_whatever_is_open_of_the_last() -> None:
    search = recalled(BOOKED, made(*FIVE), made(SIXTH, round_no=2, first=6, at=33.0))
    search.wait_until(33.0)
    assert (search.round_no, search.used, search.wants(PLACES), len(search.open)) == (2, 0, 4, 6)


def test_a_round_with_nobody_to_ask_is_open_as_any_other() -> None:
    search = recalled(BOOKED, made())
    assert (search.round_no, search.wants(PLACES), search.asks) == (1, 5, {})
    assert search.offer(D1).offer_id == offer(1)


def test_a_round_that_ended_for_want_of_drivers_is_over() -> None:
    one_by_one = SearchRules(stagger_s=5.0)
    events = (BOOKED, made(D1), OfferDeclined(RIDE, D1, offer(1)))
    assert recalled(*events, rules=one_by_one).kind == PLACES
    assert recalled(*events, RoundEnded(RIDE, 1, 1), rules=one_by_one).kind == ROUND
    assert recalled(*events, RoundEnded(RIDE, 1, 2), rules=one_by_one).kind == PLACES, "another round"


def test_a_refill_belongs_to_the_round_that_runs() -> None:
    search = recalled(BOOKED, made(*FIVE), closed(1, D1, "vanished"), made(SIXTH, at=12.0, first=6, refill=True))
    assert (search.round_no, search.wants(PLACES)) == (1, 0)
    assert search.open[offer(6)].lease.expires_at == 42.0


def test_the_first_offer_of_a_round_that_began_with_nobody_is_of_that_round() -> None:
    search = recalled(BOOKED, made(D1, at=12.0, refill=True))
    assert (search.round_no, search.wants(PLACES)) == (1, 4)
    search.wait_until(42.0)
    assert search.used == 1
    assert search.kind == ROUND


def test_whether_an_offer_has_lapsed_is_the_clocks_to_tell() -> None:
    events = (BOOKED, made(D1, D2), closed(2, D2, "vanished"), made(D3, at=20.0, first=3, refill=True))
    search = recalled(*events, made(SIXTH, at=33.0, first=4, refill=True))
    for now, used in ((32.9, 0), (33.0, 1), (33.0 - 1e-6, 1), (50.0, 2), (63.0, 3)):
        search.wait_until(now)
        assert search.wants(PLACES) == {0: 2, 1: 2, 2: 2, 3: 0}[used], now


def test_a_newcomer_asked_after_the_last_round_leaves_room_for_others() -> None:
    one_round = SearchRules(rounds=1, batch=2)
    events = (BOOKED, made(D1, D2), OfferDeclined(RIDE, D1, offer(1)), OfferDeclined(RIDE, D2, offer(2)))
    search = recalled(*events, made(D3, at=50.0, first=3, refill=True, late=True), rules=one_round)
    assert search.late
    assert search.wants(PLACES) == 0
    assert search.wants_drivers()


# -- new terms


def test_new_terms_begin_a_search_of_their_own_with_the_old_refusals() -> None:
    search = recalled(BOOKED, made(D1, D2), OfferDeclined(RIDE, D1, offer(1)), AGAIN)
    assert search.card == RideCard(RIDE, 2, ANN, DEARER)
    assert (search.since, search.round_no, search.open, search.asks) == (20.0, 0, {}, {})
    assert not search.may_ask(D1)
    assert search.never_asked(D2)


def test_what_is_recorded_late_of_the_old_search_does_not_disturb_the_new_one() -> None:
    late = (made(D2, at=20.0, first=2, refill=True), closed(1, D1, "vanished"))
    reserved = DriverReserved(RIDE, D1, offer(1), 1, 1)
    assert same(recalled(BOOKED, made(D1), AGAIN, *late, reserved), recalled(BOOKED, AGAIN))


def test_a_driver_who_refused_the_old_terms_while_they_changed_has_refused_the_ride() -> None:
    search = recalled(BOOKED, made(D1), AGAIN, OfferDeclined(RIDE, D1, offer(1)))
    assert not search.may_ask(D1)


def test_offers_of_the_new_terms_are_those_that_are_open() -> None:
    search = recalled(BOOKED, made(D1), AGAIN, made(D1, D2, at=20.0, search_no=2))
    assert list(search.open) == [offer(1, 2), offer(2, 2)]


def test_the_record_alone_decides_so_reading_it_twice_gives_the_same() -> None:
    events = (BOOKED, made(*FIVE), closed(1, D1, "vanished"), OfferDeclined(RIDE, D2, offer(2)))
    assert same(recalled(*events), recalled(*events))
    assert recalled(*events) is not recalled(*events)
