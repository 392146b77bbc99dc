"""What follows from offers, answers, wishes, connections and releases: every cell of the table, and the events that come of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from msgspec.structs import replace

from dispatch.domain.driver.decisions import (
    ANSWERS,
    DECLINE,
    EXPIRE,
    REPEAT,
    RESERVE,
    DriverDecision,
    Offers,
    OfferStanding,
    answer,
    connected,
    may_sleep,
    refusal,
    released,
    set_availability,
)
from dispatch.domain.driver.record import BOUND, RESERVED, DriverRecord, stranger
from dispatch.ids import OfferId, RideId
from dispatch.messages.base import Command
from dispatch.messages.commands import AcceptOffer, DeclineOffer, SetAvailability
from dispatch.messages.events import (
    AvailabilitySet,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    OfferDeclined,
)
from dispatch.messages.notices import OfferMade
from dispatch.words import LinkEnd, OfferOutcome
from tests.actors.rig import AS_DAN, CARD, DAN, OFFER, OTHER_RIDE, RIDE, lease

D1 = DAN.driver_id
RESERVATION = DriverReserved(RIDE, D1, OFFER, 1, 1, None, 32.0)
COMMAND = Command("k1", 1, D1)
IN_TIME, OVERDUE = 31.9, 32.0
TABLE = Path(__file__).parents[2] / "data" / "driver_answers.csv"
with TABLE.open(encoding="utf-8", newline="") as rows:
    CELLS = [tuple(row.values()) for row in csv.DictReader(rows)]


def a_driver(**fields: object) -> DriverRecord:
    return DriverRecord(D1, DAN, **fields)  # type: ignore[arg-type]


def offers_of(*rides: RideId) -> Offers:
    offers = Offers()
    for ride_id in rides:
        offers.open[ride_id] = OfferMade(lease(ride_id), CARD)
    return offers


def judged(standing: str, message: AcceptOffer | DeclineOffer) -> DriverDecision:
    """The decision about this answer to an offer of RIDE that stands so."""
    driver, offers, now = a_driver(), Offers(), IN_TIME
    if standing in (OfferStanding.OPEN, OfferStanding.OVERDUE):
        offers = offers_of(RIDE)
        now = IN_TIME if standing == OfferStanding.OPEN else OVERDUE
    elif standing == OfferStanding.ACCEPTED:
        driver = a_driver(binding=RESERVED, reservation=RESERVATION)
    return answer(driver, offers, message, now)


MESSAGES = {"accept_ride": AcceptOffer(AS_DAN, RIDE), "decline_ride": DeclineOffer(AS_DAN, RIDE)}


def test_the_written_table_of_answers_has_every_cell_once() -> None:
    written = [(standing, message) for standing, message, *_ in CELLS]
    assert sorted(written) == sorted((standing, message) for standing in OfferStanding for message in MESSAGES)
    assert set(ANSWERS) == {type(message) for message in MESSAGES.values()}


@pytest.mark.parametrize(("standing", "message", "verdict", "event", "ended"), CELLS)
def test_an_answer_comes_to_what_the_written_table_says(
    standing: str, message: str, verdict: str, event: str, ended: str
) -> None:
    decision = judged(standing, MESSAGES[message])
    assert decision.verdict is not None and decision.verdict.name == verdict
    assert " ".join(type(event).__name__ for event in decision.events) == event
    assert " ".join(outcome for _, outcome in decision.ended) == ended


def test_an_accept_reserves_the_driver_for_the_offer_until_it_closes_and_ends_the_other_offers() -> None:
    offers = offers_of(RIDE, OTHER_RIDE)
    decision = answer(a_driver(), offers, AcceptOffer(AS_DAN, RIDE, OFFER, COMMAND), IN_TIME)
    reserved = DriverReserved(RIDE, D1, OFFER, 1, 1, COMMAND, 32.0)
    others = ((offers.open[OTHER_RIDE], OfferOutcome.DRIVER_BUSY),)
    assert decision == DriverDecision((reserved,), lease(), others, verdict=RESERVE)


def test_a_decline_says_why_and_leaves_other_offers_open() -> None:
    offers = offers_of(RIDE, OTHER_RIDE)
    decision = answer(a_driver(), offers, DeclineOffer(AS_DAN, RIDE, None, "too far", COMMAND), IN_TIME)
    assert decision.events == (OfferDeclined(RIDE, D1, OFFER, "too far", COMMAND),)
    assert (decision.verdict, decision.result, decision.accepted) == (DECLINE, "declined", None)
    assert [offer.lease.ride_id for offer, _ in decision.ended] == [RIDE]


@pytest.mark.parametrize(("at", "in_time"), [(0.0, True), (31.9, True), (32.0, False), (40.0, False)])
def test_an_accept_counts_until_the_late_grace_is_over(at: float, in_time: bool) -> None:
    assert (answer(a_driver(), offers_of(RIDE), AcceptOffer(AS_DAN, RIDE), at).verdict is RESERVE) == in_time
    assert (answer(a_driver(), offers_of(RIDE), AcceptOffer(AS_DAN, RIDE), at).verdict is EXPIRE) != in_time


@pytest.mark.parametrize("binding", [RESERVED, BOUND])
@pytest.mark.parametrize(("offer_id", "is_it"), [(None, True), (OFFER, True), (OfferId("r1.1.9"), False)])
def test_an_accept_that_comes_again_waits_for_the_same_answer_of_the_ride(
    binding: str, offer_id: OfferId | None, is_it: bool
) -> None:
    driver = a_driver(binding=binding, reservation=RESERVATION)
    assert (answer(driver, Offers(), AcceptOffer(AS_DAN, RIDE, offer_id), IN_TIME).verdict is REPEAT) == is_it


@pytest.mark.parametrize(
    ("fields", "is_connected", "now", "outcome"),
    [
        ({}, True, IN_TIME, None),
        ({"binding": RESERVED, "declined": (RIDE,)}, True, IN_TIME, "driver_busy"),
        ({"declined": (RIDE,), "wants_offers": False}, True, IN_TIME, "declined_before"),
        ({"wants_offers": False}, True, OVERDUE, "unavailable"),
        ({}, False, IN_TIME, "unavailable"),
        ({"card": None}, True, IN_TIME, "unavailable"),
        ({}, True, OVERDUE, "expired"),
    ],
)
def test_a_driver_is_not_offered_what_they_cannot_take(
    fields: dict[str, object], is_connected: bool, now: float, outcome: str | None
) -> None:
    driver = replace(a_driver(), **fields)
    assert refusal(driver, Offers(), lease(), is_connected, now, 1) == outcome


@pytest.mark.parametrize(
    ("rides", "most", "outcome"),
    [((), 1, None), ((RIDE,), 1, None), ((OTHER_RIDE,), 1, "driver_busy"), ((OTHER_RIDE,), 2, None)],
)
def test_a_driver_holds_as_many_offers_as_are_allowed_and_a_new_one_of_a_ride_replaces_the_old(
    rides: tuple[RideId, ...], most: int, outcome: str | None
) -> None:
    assert refusal(a_driver(), offers_of(*rides), lease(), True, IN_TIME, most) == outcome


def test_a_driver_who_can_be_woken_may_be_asked_and_not_be_bound_by_staff() -> None:
    driver = a_driver(wakes_until=IN_TIME + 60.0)
    assert refusal(driver, Offers(), lease(), False, IN_TIME, 1) is None
    assert refusal(driver, Offers(), lease(), False, IN_TIME, 1, binds=True) == "unavailable"
    assert refusal(driver, Offers(), lease(), True, IN_TIME, 1, binds=True) is None


def test_who_logged_out_or_lost_the_server_is_not_woken() -> None:
    assert {reason for reason in LinkEnd if may_sleep(reason)} == {"closed", "silent"}


@pytest.mark.parametrize(("available", "ended"), [(False, ["unavailable", "unavailable"]), (True, [])])
def test_who_wants_no_offers_gives_the_open_ones_back(available: bool, ended: list[str]) -> None:
    driver = a_driver(wants_offers=not available)
    decision = set_availability(driver, offers_of(RIDE, OTHER_RIDE), SetAvailability(AS_DAN, available, COMMAND))
    assert decision.events == (AvailabilitySet(D1, available, COMMAND),)
    assert [outcome for _, outcome in decision.ended] == ended


@pytest.mark.parametrize("available", [True, False])
def test_a_wish_that_is_known_already_changes_nothing(available: bool) -> None:
    driver = a_driver(wants_offers=available)
    decision = set_availability(driver, offers_of(RIDE), SetAvailability(AS_DAN, available))
    assert (decision.events, decision.ended) == ((), ())


def test_a_driver_whom_nobody_registered_is_registered_by_the_first_connection() -> None:
    assert connected(a_driver()) == (DriverOnline(D1),)
    assert connected(DriverRecord(D1)) == (DriverRegistered(stranger(D1)), DriverOnline(D1))


def test_a_driver_who_is_released_without_a_connection_is_offline() -> None:
    driver = a_driver(binding=BOUND, reservation=RESERVATION)
    free = DriverReleased(RIDE, D1, OFFER, "completed")
    assert released(driver, "completed", is_connected=True) == (free,)
    assert released(driver, "completed", is_connected=False) == (free, DriverOffline(D1, "closed"))
