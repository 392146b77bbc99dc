"""A search made anew from events. That it equals the one that was played is shown by the rules in tests/properties."""

import msgspec
import pytest

from dispatch.domain.matching.policy import SearchPolicy
from dispatch.domain.matching.search import Search
from dispatch.domain.matching.search_history import search_of
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
    SearchFailed,
)
from dispatch.values import DriverCard, Lease, RideCard
from tests.domain.matching.searches import ANN, D1, D2, D3, FIVE, OPENED, RIDE, SIXTH, TRIP

POLICY = SearchPolicy()
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


def recalled(*events: Message, policy: SearchPolicy = POLICY) -> Search:
    search = search_of(RIDE, events, policy)
    assert search is not None
    return search


# -- whether there is a search


def test_a_booked_ride_is_searching_since_it_was_booked() -> None:
    assert recalled(BOOKED) == Search(RideCard(RIDE, 1, ANN, TRIP), 3.0, POLICY)


def test_a_ride_that_nobody_booked_is_not() -> None:
    assert search_of(RIDE, (), POLICY) is None
    assert search_of(RIDE, (made(D1),), POLICY) is None


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
    assert search_of(RIDE, (BOOKED, made(*FIVE), *ending), POLICY) is None


def test_what_the_dispatcher_recorded_behind_the_end_changes_nothing() -> None:
    late = (closed(1, D1, "expired"), made(D2, round_no=2, first=2, at=33.0), OfferDeclined(RIDE, D2, offer(2)))
    assert search_of(RIDE, (BOOKED, made(D1), RideCancelled(RIDE, "passenger"), *late), POLICY) is None


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
    assert recalled(*noise, BOOKED, *noise, made(D1, D2), *noise) == recalled(BOOKED, made(D1, D2))


# -- offers


def test_offers_stand_open_as_they_were_leased() -> None:
    search = recalled(BOOKED, made(D1, D2))
    assert [open_offer.lease for open_offer in search.open.values()] == [
        Lease(offer(1), RIDE, D1, 1, 1, 33.0, 35.0, 100.0),
        Lease(offer(2), RIDE, D2, 1, 1, 33.0, 35.0, 100.0),
    ]
    assert (search.round_no, search.used, search.free_places()) == (1, 0, 3)
    assert not search.may_ask(D1)


def test_the_next_offer_has_the_next_name() -> None:
    search = recalled(BOOKED, made(D1, D2), closed(2, D2, "vanished"))
    assert search.offer(D3, 100.0, 9.0).offer_id == offer(3)
    assert len(search.met) == 3


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
    assert search.free_places() == 1
    assert search.never_asked(D2)


def test_a_silence_is_a_place_used_up_and_may_be_asked_once_more() -> None:
    search = recalled(BOOKED, made(*FIVE), closed(2, D2, "expired"))
    assert search.free_places() == 0
    assert search.may_ask(D2)
    assert not search.never_asked(D2)


def test_a_yes_that_the_ride_has_not_answered_holds_the_round() -> None:
    events = (BOOKED, made(D1, D2), DriverReserved(RIDE, D1, offer(1), 1, 1), OfferDeclined(RIDE, D2, offer(2)))
    search = recalled(*events)
    assert search.open[offer(1)].claimed
    search.lapse(1_000.0)
    assert not search.round_is_over()


# -- rounds


def test_a_new_round_has_all_its_places_and_what_is_open_of_the_last_has_lapsed() -> None:
    search = recalled(BOOKED, made(*FIVE), made(SIXTH, round_no=2, first=6, at=33.0))
    assert (search.round_no, search.used, search.free_places()) == (2, 0, 4)
    assert [offer_id for offer_id, x in search.open.items() if x.lapsed] == [offer(n) for n in range(1, 6)]
    assert search.running() == 1


def test_a_refill_belongs_to_the_round_that_runs() -> None:
    search = recalled(BOOKED, made(*FIVE), closed(1, D1, "vanished"), made(SIXTH, at=12.0, first=6, refill=True))
    assert (search.round_no, search.free_places()) == (1, 0)
    assert search.open[offer(6)].lease.expires_at == 42.0


def test_the_first_offer_of_a_round_that_began_with_nobody_is_of_that_round() -> None:
    search = recalled(BOOKED, made(D1, at=12.0, refill=True))
    assert (search.round_no, search.free_places()) == (1, 4)
    search.lapse(42.0)
    assert search.used == 1
    assert search.may_open_round()


def test_a_refill_tells_that_what_was_made_an_offer_time_before_has_lapsed() -> None:
    events = (BOOKED, made(D1, D2), closed(2, D2, "vanished"), made(D3, at=20.0, first=3, refill=True))
    search = recalled(*events, made(SIXTH, at=33.0, first=4, refill=True))
    assert [x.lapsed for x in search.open.values()] == [True, False, False]
    assert (search.used, search.free_places()) == (1, 2)


def test_times_that_came_back_from_disk_a_little_off_tell_the_same() -> None:
    events = (BOOKED, made(D1, D2), closed(2, D2, "vanished"), made(D3, at=20.0, first=3, refill=True))
    search = recalled(*events, made(SIXTH, at=33.0 - 1e-6, first=4, refill=True))
    assert search.open[offer(1)].lapsed


def test_a_newcomer_asked_after_the_last_round_leaves_room_for_others() -> None:
    one_round = SearchPolicy(rounds=1, batch=2)
    events = (BOOKED, made(D1, D2), OfferDeclined(RIDE, D1, offer(1)), OfferDeclined(RIDE, D2, offer(2)))
    search = recalled(*events, made(D3, at=50.0, first=3, refill=True), policy=one_round)
    assert search.late
    assert search.free_places() == 0
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
    assert recalled(BOOKED, made(D1), AGAIN, *late, reserved) == recalled(BOOKED, AGAIN)


def test_a_driver_who_refused_the_old_terms_while_they_changed_has_refused_the_ride() -> None:
    search = recalled(BOOKED, made(D1), AGAIN, OfferDeclined(RIDE, D1, offer(1)))
    assert not search.may_ask(D1)


def test_offers_of_the_new_terms_are_those_that_are_open() -> None:
    search = recalled(BOOKED, made(D1), AGAIN, made(D1, D2, at=20.0, search_no=2))
    assert list(search.open) == [offer(1, 2), offer(2, 2)]


def test_the_record_alone_decides_so_reading_it_twice_gives_the_same() -> None:
    events = (BOOKED, made(*FIVE), closed(1, D1, "vanished"), OfferDeclined(RIDE, D2, offer(2)))
    assert recalled(*events) == recalled(*events)
    assert recalled(*events) is not recalled(*events)
