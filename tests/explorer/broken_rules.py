"""Stories in which a rule is broken that an observer of deliveries and commits knows, a delivery or a commit each."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.vehicles import Vehicles
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId, OfferId, PassengerId, QuoteId, RideId
from dispatch.messages.base import Command
from dispatch.messages.commands import Attach, CancelRide, Detach, Resume
from dispatch.messages.events import (
    AvailabilitySet,
    ChargeRequested,
    ChargeSettled,
    DriverReserved,
    OfferDeclined,
    OfferPlaced,
    OffersMade,
    QuoteTaken,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideStarted,
    RideUnassigned,
)
from dispatch.messages.journal import Append, Appended
from dispatch.messages.matching import DeskAnswered
from dispatch.messages.notices import (
    Ack,
    DriverAssigned,
    DriverCancelled,
    OfferMade,
    Refused,
    RideAccepted,
    RideEnded,
    RideProgress,
    Searching,
)
from dispatch.messages.providers import PushOffer
from dispatch.principals import OPERATIONS
from dispatch.runtime import VirtualRuntime
from dispatch.storage.log.memory import MemoryJournal
from dispatch.values import DriverCard, FareLine, Lease, Money, Passenger, Place, Price, RideCard, Trip
from dispatch.words import RideStatus
from sim.checks.desk import DeskCheck
from sim.checks.idempotency import IdempotencyCheck
from sim.checks.invariants import Watch
from sim.checks.ledger import Ledger, Violations
from sim.checks.streams import WHOLE_WITHIN_S, Streams
from sim.stories.stage import DROPOFF, PICKUP, Stage
from tests.actors.rig import AS_ANN, AS_DAN
from tests.explorer.breaking import breaks

# -- what staff are told

CLOSE = CancelRide(OPERATIONS, RideId("r1"), "a complaint", reply_to="request/1")


def desk_asked() -> DeskCheck:
    """Staff have asked for the end of r1."""
    violations = Violations()
    check = DeskCheck(violations, Ledger(violations))
    check(1.0, "ride/r1", CLOSE)
    return check


@breaks("DeskCheck._heard: desk-answered-once")
def staff_are_answered_twice() -> None:
    check = desk_asked()
    for _ in range(2):
        check(1.0, "request/1", DeskAnswered(RideStatus.CANCELLED, "unavailable"))


@breaks("DeskCheck._heard: desk-told-what-is-on-disk")
def staff_are_told_an_end_that_is_not_on_disk() -> None:
    check = desk_asked()
    check(1.0, "request/1", DeskAnswered(RideStatus.CANCELLED))


@breaks("DeskCheck.finish: desk-answered")
def staff_wait_for_ever() -> None:
    check = desk_asked()
    check.finish(60.0)


# -- the stories of a watch: it is told what is on disk, and what is delivered

R1, R2, D1, D2, P1 = RideId("r1"), RideId("r2"), DriverId("d1"), DriverId("d2"), PassengerId("p1")
TRIP = Trip(Place(*PICKUP), Place(*DROPOFF), 5.2, 15.0, 85.5)
ANN = Passenger(P1, "Ann", "")
O1, O2 = OfferId("o1"), OfferId("o2")


class Watched:
    """A watch at second `now`, and a driver d1 with a connection, a position and an offer o1 of r1, as it should be."""

    def __init__(self, *, connected: bool = True, placed: bool = True, on_disk: bool = True, trip: Trip = TRIP) -> None:
        self.store = MemoryJournal(VirtualRuntime(1))
        self.board = PositionBoard()
        rules = SearchRules(vehicles=Vehicles.of("sedan, suv"))
        self.watch = Watch(rules, self.board, self.store, sleep_max_s=600.0)
        self.now = 1.0
        self.trip = trip
        if connected:
            self.told("driver/d1", Attach(AS_DAN, "session/1", (0, 1)))
        if placed:
            self.board.report(D1, *PICKUP, self.now)
        self.disk(RideRequested(R1, 1, ANN, trip, self.now))
        if on_disk:
            self.disk(made(R1, O1, D1))

    def disk(self, *events: Any) -> None:
        """One commit."""
        self.watch.committed(Append("actor", 1, 1, self.now, events))

    def told(self, address: str, message: Any) -> None:
        """One delivery."""
        self.watch(self.now, address, message)

    def offer(self, ride_id: RideId = R1, offer_id: OfferId = O1) -> None:
        """d1's app is asked."""
        lease = Lease(offer_id, ride_id, D1, 1, 1, self.now + 30.0, self.now + 32.0, 100.0)
        self.told("session/1", OfferMade(lease, RideCard(ride_id, 1, ANN, self.trip), seq=1))

    def push(self, ride_id: RideId = R1, offer_id: OfferId = O1) -> None:
        """d1, whose app is not connected, is asked by push."""
        self.told("pushes", PushOffer(D1, ride_id, offer_id, self.now + 30.0))

    def falls_asleep(self) -> None:
        """d1's connection is lost, and a push can wake the app."""
        self.store.devices[D1] = None
        self.told("driver/d1", Detach(AS_DAN, (0, 1)))

    def later(self, seconds: float) -> None:
        """Time passes, and something else is delivered."""
        self.now += seconds
        self.told("ride/other", Attach(AS_ANN, "session/99", (0, 99)))


def made(ride_id: RideId, offer_id: OfferId, driver_id: DriverId) -> OffersMade:
    return OffersMade(ride_id, 1, 1, (OfferPlaced(offer_id, driver_id, 100.0),), 31.0)


def assigned(ride_id: RideId, driver_id: DriverId, offer_id: OfferId) -> RideAssigned:
    return RideAssigned(ride_id, DriverCard(driver_id, "Ben", ""), offer_id, 1, 2.0)


@breaks("Watch._reserved: deadline")
def a_driver_accepts_after_the_end_of_the_offer() -> None:
    watched = Watched()
    watched.offer()
    watched.now = 33.0
    watched.disk(DriverReserved(R1, D1, O1, 1, 1))


@breaks("Watch._unanswered: search-ends")
def a_search_goes_on_for_an_hour() -> None:
    Watched().later(3600.0)


@breaks("Watch._holds: no-offer-to-busy")
def a_reserved_driver_is_asked() -> None:
    watched = Watched()
    watched.disk(DriverReserved(R2, D1, O2, 1, 1))
    watched.offer()


@breaks("Watch._offered: no-offer-to-offline")
def a_driver_without_a_connection_is_asked() -> None:
    Watched(connected=False).offer()


@breaks("Watch._pushed: no-offer-to-offline")
def a_driver_is_pushed_who_is_neither_awake_nor_asleep() -> None:
    Watched(connected=False).push()


@breaks("Watch._pushed: on-disk-first")
def a_sleeper_is_pushed_before_it_is_on_disk() -> None:
    watched = Watched(on_disk=False)
    watched.falls_asleep()
    watched.push()


@breaks("Watch._reserved: said-yes")
def a_sleeper_has_a_ride_by_waking_up() -> None:
    watched = Watched()
    watched.falls_asleep()
    watched.push()
    watched.told("driver/d1", Attach(AS_DAN, "session/2", (0, 2)))
    watched.disk(DriverReserved(R1, D1, O1, 1, 1))


@breaks("Watch._holds: no-offer-after-decline")
def a_driver_who_said_no_is_asked_again() -> None:
    watched = Watched()
    watched.disk(OfferDeclined(R1, D1, OfferId("o0")))
    watched.offer()


@breaks("Watch._holds: on-disk-first")
def a_driver_is_asked_before_it_is_on_disk() -> None:
    Watched(on_disk=False).offer()


@breaks("Watch._suitable: no-offer-to-blocked")
def a_driver_who_is_blocked_is_asked() -> None:
    watched = Watched()
    watched.store.block(P1, D1)
    watched.offer()


@breaks("Watch._suitable: no-offer-of-wrong-vehicle")
def a_driver_with_another_vehicle_is_asked() -> None:
    Watched(trip=replace(TRIP, vehicle_type="suv")).offer()


@breaks("Watch._near_and_fresh: no-offer-to-stale")
def a_driver_whose_place_nobody_knows_is_asked() -> None:
    Watched(placed=False).offer()


@breaks("Watch._near_and_fresh: no-offer-beyond-radius")
def a_driver_far_away_is_asked() -> None:
    watched = Watched(placed=False)
    watched.board.report(D1, PICKUP[0] + 1.0, PICKUP[1], watched.now)
    watched.offer()


@breaks("Ledger._cancelled: no-app-needed")
def a_ride_by_phone_ends_because_no_app_is_there() -> None:
    watched = Watched()
    watched.disk(
        RideRequested(R2, 1, ANN, TRIP, 1.0, booked_by="ops"), RideCancelled(R2, "system", "the passenger left")
    )


@breaks("Watch._outlived: deadline")
def an_offer_is_open_after_its_end() -> None:
    watched = Watched()
    watched.offer()
    watched.later(40.0)


@breaks("Watch._ghost: dead-link")
def an_offer_is_open_though_the_driver_is_gone() -> None:
    watched = Watched()
    watched.offer()
    watched.told("driver/d1", Detach(AS_DAN, (0, 1)))
    watched.later(5.0)


@breaks("Watch._crowded: live-offers")
def a_driver_holds_two_offers() -> None:
    watched = Watched()
    watched.offer()
    watched.disk(RideRequested(R2, 1, ANN, TRIP, 1.0), made(R2, O2, D1))
    watched.offer(R2, O2)
    watched.later(5.0)


@breaks("Watch._withdrawn: withdrawn")
def an_offer_is_open_though_another_driver_has_the_ride() -> None:
    watched = Watched()
    watched.offer()
    watched.disk(made(R1, O2, D2), assigned(R1, D2, O2))
    watched.later(5.0)


@breaks("Watch._told_assigned: on-disk-first")
def a_passenger_hears_of_a_driver_before_it_is_on_disk() -> None:
    Watched().told("session/2", DriverAssigned(R1, DriverCard(D1, "Ben", ""), seq=1))


@breaks("Watch._told_accepted: on-disk-first")
def a_driver_hears_that_the_ride_is_theirs_before_it_is_on_disk() -> None:
    Watched().told("session/1", RideAccepted(RideCard(R1, 1, ANN, TRIP), seq=1))


@breaks("Watch._told_withdrawn: on-disk-first")
def a_passenger_hears_that_the_driver_gave_up_before_it_is_on_disk() -> None:
    watched = Watched()
    watched.disk(assigned(R1, D1, O1))
    watched.told("session/2", DriverCancelled(R1, by="driver", reason="", seq=2))


@breaks("Watch._told_progress: on-disk-first")
def a_passenger_hears_of_an_arrival_before_it_is_on_disk() -> None:
    watched = Watched()
    watched.disk(assigned(R1, D1, O1))
    watched.told("session/2", RideProgress(R1, "arrived", 85.5, 5.2, 15.0, seq=2))


@breaks("Watch._must_be: on-disk-first")
def a_passenger_hears_of_a_search_that_is_not_on_disk() -> None:
    Watched().told("session/2", Searching(R2, round=1, drivers_notified=5, fare=85.5, expires_at=31.0, seq=1))


@breaks("Watch.finish: ends", "Watch.finish: no-busy-without-ride", "Watch.finish: closed")
def a_world_ends_with_everything_open() -> None:
    watched = Watched()
    watched.offer()
    watched.disk(DriverReserved(R1, D1, O1, 1, 1))
    watched.watch.finish(watched.now)


@breaks("Watch.finish: passenger-knows")
def a_passenger_never_hears_of_the_end() -> None:
    watched = Watched()
    watched.told("ride/r1", Attach(AS_ANN, "session/2", (0, 2)))
    watched.told("session/2", Searching(R1, round=1, drivers_notified=5, fare=85.5, expires_at=31.0, seq=1))
    watched.disk(RideCancelled(R1, "ops"))
    watched.watch.finish(watched.now)


# -- the ledger


@breaks("Ledger._ride_moved: terminal-stays")
def a_cancelled_ride_starts() -> None:
    Watched().disk(RideCancelled(R1, "passenger"), RideStarted(R1, D1, 2.0))


@breaks("Ledger._rides_now: one-ride-each")
def a_known_passenger_has_two_rides() -> None:
    watched = Watched()
    for ride_id in (RideId("r3"), RideId("r4")):
        watched.disk(RideRequested(ride_id, 1, ANN, TRIP, 1.0, known=True))


@breaks("Ledger._completed: agreed-fare")
def a_ride_costs_more_than_was_agreed() -> None:
    Watched().disk(assigned(R1, D1, O1), RideCompleted(R1, D1, 90.0))


@breaks("Ledger._completed: lines-add-up")
def the_lines_of_a_fare_come_to_something_else() -> None:
    price = Price(Money(8550, "ZAR"), (FareLine("base", 8000),), 5200, 900)
    Watched().disk(assigned(R1, D1, O1), RideCompleted(R1, D1, 85.5, price=price))


@breaks("Ledger._quote_taken: one-ride-a-quote")
def two_rides_take_one_quote() -> None:
    Watched().disk(QuoteTaken(QuoteId("q1"), R1, 1.0), QuoteTaken(QuoteId("q1"), R2, 1.0))


@breaks("Ledger._assigned: one-driver")
def a_ride_has_two_drivers() -> None:
    Watched().disk(made(R1, O2, D2), assigned(R1, D1, O1), assigned(R1, D2, O2))


@breaks("Ledger._assigned: one-ride")
def a_driver_has_two_rides() -> None:
    Watched().disk(RideRequested(R2, 1, ANN, TRIP, 1.0), made(R2, O2, D1), assigned(R1, D1, O1), assigned(R2, D1, O2))


@breaks("Ledger._assigned: offered-first")
def a_ride_goes_to_a_driver_who_was_never_asked() -> None:
    Watched().disk(assigned(R1, D2, O2))


@breaks("Ledger._withdrawn: one-driver")
def a_driver_gives_up_the_ride_of_another() -> None:
    Watched().disk(assigned(R1, D1, O1), RideUnassigned(R1, D2, 2, "driver", "", 3.0))


@breaks("Ledger._reserved: one-reservation")
def a_driver_is_reserved_for_two_rides() -> None:
    Watched().disk(DriverReserved(R1, D1, O1, 1, 1), DriverReserved(R2, D1, O2, 1, 1))


# -- money

DONE = RideCompleted(R1, D1, 85.5)
CHARGE = ChargeRequested(R1, P1, Money(8550, "ZAR"))


def by_card() -> Watched:
    watched = Watched(trip=replace(TRIP, payment_method="card"))
    watched.disk(assigned(R1, D1, O1))
    return watched


@breaks("Charges.committed: charged-with-its-end")
def a_ride_by_card_ends_without_a_charge() -> None:
    by_card().disk(DONE)


@breaks("Charges._charge: charged-with-its-end")
def a_ride_is_charged_before_it_ends() -> None:
    by_card().disk(CHARGE)


@breaks("Charges._charge: one-charge-a-ride")
def a_ride_is_charged_twice() -> None:
    by_card().disk(DONE, CHARGE, CHARGE)


@breaks("Charges._charge: charged-what-is-due")
def a_ride_is_charged_a_cent_too_much() -> None:
    by_card().disk(DONE, replace(CHARGE, amount=Money(8551, "ZAR")))


@breaks("Charges._settle: settled-once")
def a_charge_is_settled_twice() -> None:
    by_card().disk(DONE, CHARGE, ChargeSettled(R1, "a"), ChargeSettled(R1, "b"))


@breaks("Charges.finish: settled-in-the-end")
def a_charge_is_never_settled() -> None:
    watched = by_card()
    watched.disk(DONE, CHARGE)
    watched.watch.ledger.charges.finish(9.0, {}, {})


@breaks("Charges.finish: collected-on-request")
def a_provider_collects_what_nobody_asked_for() -> None:
    Watched().watch.ledger.charges.finish(9.0, {R1: Money(100, "ZAR")}, {})


# -- commands and streams


@breaks("IdempotencyCheck._happened: done-once")
def a_command_is_done_twice() -> None:
    once = IdempotencyCheck(Violations(), lambda address: 1)
    for through in (1, 2):
        wish = AvailabilitySet(D1, False, Command("k1", 7, D1))
        once(1.0, "journal", Append("driver/d1", 1, through, 1.0, (wish,)))
        once(1.0, "driver/d1", Appended(1, through))


@breaks("IdempotencyCheck._answered: one-answer")
def a_command_has_two_answers() -> None:
    once = IdempotencyCheck(Violations(), lambda address: 1)
    once(1.0, "driver/d1", Attach(AS_DAN, "session/1", (0, 1)))
    for result in ("ok", "taken"):
        once(1.0, "session/1", Ack(result, "k1"))


@breaks("IdempotencyCheck._answered: own-ids")
def an_app_hears_that_an_id_was_used_by_another() -> None:
    IdempotencyCheck(Violations(), lambda address: 1)(
        1.0, "session/1", Refused("id_reused", "id '1' was used for another message", id="1")
    )


@breaks("Streams._told: one-number", "Streams._skipped: no-gap")
def a_stream_says_two_things_with_one_number_and_leaves_one_out() -> None:
    streams = Streams(Violations(), lambda address: 0)
    streams(1.0, "ride/r1", Attach(AS_ANN, "session/1", (0, 1), Resume(AS_ANN, (0, 1), "", 0)))
    for seq, reason in ((1, "a"), (1, "b"), (3, "c")):
        streams(1.0, "session/1", RideEnded(R1, by="ops", reason=reason, seq=seq, fee=0))


@breaks("Streams._told: snapshot-first")
def an_app_comes_back_and_never_hears_how_things_stand() -> None:
    streams = Streams(Violations(), lambda address: 7)
    streams(1.0, "ride/r1", Attach(AS_ANN, "session/1", (0, 1)))
    streams(1.0 + 2.0 * WHOLE_WITHIN_S, "session/1", RideEnded(R1, by="ops", reason="", seq=8, fee=0))


@breaks("StagePerson._is_known: one-number-one-frame", "StagePerson._is_known: no-gap")
def an_app_hears_two_things_with_one_number_and_misses_one() -> None:
    driver = Stage(7).driver("d1")
    for seq, reason in ((1, "a"), (1, "b"), (3, "c")):
        driver._on_frame({"type": "offer_closed", "epoch": "e", "seq": seq, "reason": reason})
