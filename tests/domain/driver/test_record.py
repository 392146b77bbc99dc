"""The record of a driver: every binding meets every event, and only the ride's answer sets the driver free."""

import csv
from pathlib import Path

import msgspec
import pytest

from dispatch.domain.driver.record import (
    BINDINGS,
    BOUND,
    DECLINES_REMEMBERED,
    FREE,
    GAVE_UP,
    RESERVED,
    UNBINDING,
    DriverRecord,
    next_binding,
    status_of,
)
from dispatch.errors import IllegalTransition
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.base import Command, Message
from dispatch.messages.events import (
    EVENT_TYPES,
    AvailabilitySet,
    CommandDone,
    DriverFolded,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    OfferDeclined,
    OffersMade,
)
from dispatch.messages.matching import ClaimGranted
from dispatch.values import DriverCard, Passenger, Place, RideCard, Trip
from dispatch.words import DriverStatus

ILLEGAL = "illegal"
TABLE = Path(__file__).parents[2] / "data" / "driver_bindings.csv"
with TABLE.open(encoding="utf-8", newline="") as rows:
    CELLS = [(row["binding"], row["event"], row["next"]) for row in csv.DictReader(rows)]

RIDE, OFFER = RideId("ride-1"), OfferId("ride-1.1.1")
DAN = DriverCard(DriverId("d1"), "Dan", "27830000001", 4.8, "bakkie", "CA 1")
DRIVER = DAN.driver_id
CARD = RideCard(RIDE, 1, Passenger(PassengerId("p1"), "Ann", "2782"), Trip(Place(0.1, 0.1), Place(0.2, 0.2), 1, 2, 3))
RESERVATION = DriverReserved(RIDE, DRIVER, OFFER, 1, 1)

EXAMPLES: dict[str, Message] = {
    "DriverReserved": RESERVATION,
    "ClaimGranted": ClaimGranted(CARD, OFFER, "accepted"),
    "DriverReleased": DriverReleased(RIDE, DRIVER, OFFER, "taken"),
    "DriverRegistered": DriverRegistered(DAN),
    "DriverOnline": DriverOnline(DRIVER),
    "DriverOffline": DriverOffline(DRIVER, "silent"),
    "AvailabilitySet": AvailabilitySet(DRIVER, False),
    "OfferDeclined": OfferDeclined(RIDE, DRIVER, OFFER),
    "CommandDone": CommandDone(Command("k1", 1), "ok"),
    "DriverFolded": DriverFolded(DRIVER, DAN, None, True, ()),
}
WAYS = {FREE: (), RESERVED: ("DriverReserved",), BOUND: ("DriverReserved", "ClaimGranted")}


def driver_who_is(binding: str) -> DriverRecord:
    driver = DriverRecord(DRIVER)
    for name in WAYS[binding]:
        driver.apply(EXAMPLES[name])
    assert driver.binding == binding
    return driver


def test_the_written_table_has_every_cell_once() -> None:
    written = [(binding, event) for binding, event, _ in CELLS]
    assert sorted(written) == sorted((binding, event) for binding in BINDINGS for event in EXAMPLES)
    assert {following for *_, following in CELLS} <= {*BINDINGS, ILLEGAL}


def test_every_event_of_a_driver_is_in_the_table() -> None:
    own = {kind.__name__ for kind in EVENT_TYPES if kind.__name__.startswith("Driver")}
    assert own | {"AvailabilitySet", "OfferDeclined", "CommandDone"} == set(EXAMPLES) - {"ClaimGranted"}


@pytest.mark.parametrize(("binding", "event", "following"), CELLS)
def test_a_binding_goes_where_the_written_table_says(binding: str, event: str, following: str) -> None:
    driver, example = driver_who_is(binding), EXAMPLES[event]
    before = msgspec.structs.replace(driver)
    if following == ILLEGAL:
        with pytest.raises(IllegalTransition):
            next_binding(binding, type(example))
        with pytest.raises(IllegalTransition):
            driver.apply(example)
        assert driver == before, "what is illegal changes nothing"
    else:
        assert next_binding(binding, type(example)) == following
        driver.apply(example)
        assert driver.binding == following


def test_a_refusal_says_how_the_driver_is_bound_and_what_came() -> None:
    with pytest.raises(IllegalTransition, match=r"^a driver who is bound cannot take DriverReserved$"):
        next_binding(BOUND, DriverReserved)


@pytest.mark.parametrize("binding", BINDINGS)
def test_an_event_of_somebody_else_is_illegal_in_every_binding(binding: str) -> None:
    with pytest.raises(IllegalTransition):
        next_binding(binding, OffersMade)


@pytest.mark.parametrize("binding", [RESERVED, BOUND])
def test_a_lost_connection_leaves_the_binding_and_the_ride_as_they_are(binding: str) -> None:
    driver = driver_who_is(binding)
    for event in (DriverOffline(DRIVER, "closed"), DriverOnline(DRIVER), AvailabilitySet(DRIVER, False)):
        driver.apply(event)
        assert (driver.binding, driver.reservation) == (binding, RESERVATION)


def test_only_a_reservation_a_grant_and_a_release_change_a_binding() -> None:
    changing = {event for binding, event, following in CELLS if following not in (binding, ILLEGAL)}
    assert changing == {"DriverReserved", "ClaimGranted", "DriverReleased"}
    assert {kind.__name__ for kind in UNBINDING} == set(EXAMPLES) - changing


def test_the_reservation_is_the_offer_that_was_accepted_and_a_release_forgets_it() -> None:
    driver = driver_who_is(RESERVED)
    assert driver.reservation == RESERVATION
    driver.apply(EXAMPLES["DriverReleased"])
    assert driver.binding == FREE
    assert driver.reservation is None


def test_a_grant_that_comes_twice_binds_once() -> None:
    driver = driver_who_is(BOUND)
    driver.apply(EXAMPLES["ClaimGranted"])
    assert (driver.binding, driver.reservation) == (BOUND, RESERVATION)


def test_a_driver_claims_by_the_offer_that_reserved_until_the_ride_has_answered() -> None:
    driver = DriverRecord(DRIVER)
    assert not driver.claims(OFFER)
    driver.apply(RESERVATION)
    assert driver.claims(OFFER) and not driver.claims(OfferId("ride-1.1.2"))
    driver.binding = next_binding(driver.binding, ClaimGranted)
    assert not driver.claims(OFFER)


def test_a_driver_wants_offers_until_the_app_says_otherwise() -> None:
    driver = driver_who_is(FREE)
    assert driver.wants_offers
    for wish in (False, True):
        driver.apply(AvailabilitySet(DRIVER, wish))
        assert driver.wants_offers is wish


def test_the_rides_that_were_declined_last_are_remembered() -> None:
    driver, rides = driver_who_is(FREE), [RideId(f"ride-{number}") for number in range(DECLINES_REMEMBERED + 3)]
    for told, ride_id in enumerate(rides):
        assert driver.declined == tuple(rides[max(0, told - DECLINES_REMEMBERED) : told])
        driver.apply(OfferDeclined(ride_id, DRIVER, OFFER))


def test_a_card_is_kept_and_a_newer_one_replaces_it() -> None:
    driver = driver_who_is(FREE)
    assert driver.card is None
    for card in (DAN, msgspec.structs.replace(DAN, rating=4.9)):
        driver.apply(DriverRegistered(card))
        assert driver.card == card


def test_whose_ride_goes_on_without_the_driver_has_declined_it() -> None:
    driver = driver_who_is(BOUND)
    driver.apply(DriverReleased(RIDE, DRIVER, OFFER, GAVE_UP))
    assert driver.declined == (RIDE,)


@pytest.mark.parametrize("binding", [FREE, RESERVED])
def test_a_fold_is_all_that_a_later_life_needs(binding: str) -> None:
    driver = driver_who_is(binding)
    for name in ("DriverRegistered", "DriverOnline", "AvailabilitySet", "OfferDeclined"):
        driver.apply(EXAMPLES[name])
    later = DriverRecord(DRIVER)
    later.apply(driver.folded())
    driver.apply(driver.folded())
    assert later == driver


def test_a_fold_in_the_middle_of_a_life_changes_nothing_but_the_count_of_events() -> None:
    driver = driver_who_is(BOUND)
    before = msgspec.structs.replace(driver, is_known=True, unfolded=0)
    assert driver.unfolded == 2
    driver.apply(driver.folded())
    assert driver == before


@pytest.mark.parametrize(
    ("binding", "is_connected", "wants_offers", "is_registered", "status"),
    [
        (FREE, True, True, True, "available"),
        (FREE, True, False, True, "unavailable"),
        (FREE, True, True, False, "unavailable"),
        (FREE, False, True, True, "offline"),
        (RESERVED, True, True, True, "busy"),
        (BOUND, False, False, True, "busy"),
    ],
)
def test_the_dispatcher_is_told_what_follows_from_binding_connection_and_wish(
    binding: str, is_connected: bool, wants_offers: bool, is_registered: bool, status: str
) -> None:
    driver = driver_who_is(binding)
    driver.wants_offers, driver.card = wants_offers, DAN if is_registered else None
    assert driver.status(is_connected) == status


@pytest.mark.parametrize(
    ("busy", "connected", "held_back", "wants", "word"),
    [
        (True, False, "suspended", False, "busy"),
        (False, False, "suspended", True, "offline"),
        (False, True, "suspended", True, "suspended"),
        (False, True, "document_ended", False, "document_ended"),
        (False, True, None, False, "unavailable"),
        (False, True, None, True, "available"),
    ],
)
def test_a_status_is_told_by_one_rule_to_everybody(
    busy: bool, connected: bool, held_back: DriverStatus | None, wants: bool, word: str
) -> None:
    assert status_of(is_busy=busy, is_connected=connected, held_back=held_back, wants_offers=wants) == word


@pytest.mark.parametrize(
    ("busy", "connected", "held_back", "wants", "word"),
    [
        (False, False, None, True, "asleep"),
        (True, False, None, True, "busy"),
        (False, True, None, True, "available"),
        (False, False, "suspended", True, "offline"),
        (False, False, None, False, "offline"),
    ],
)
def test_only_who_could_be_asked_if_they_were_connected_is_asleep(
    busy: bool, connected: bool, held_back: DriverStatus | None, wants: bool, word: str
) -> None:
    facts = {"is_busy": busy, "is_connected": connected, "held_back": held_back, "wants_offers": wants}
    assert status_of(**facts, can_be_woken=True) == word  # type: ignore[arg-type]
