"""The tables tell exactly what the events tell, folded by the rules of rides and drivers."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from dispatch.domain.driver.record import DriverRecord
from dispatch.domain.ride.record import RideRecord
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.events import (
    AvailabilitySet,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    Event,
    OfferDeclined,
    OfferPlaced,
    OffersClosed,
    OffersMade,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRated,
    RideRequested,
    RideScheduled,
    RideStarted,
    RideUnassigned,
    SearchFailed,
    TrackRecorded,
)
from dispatch.messages.journal import Append
from dispatch.storage.log.on_file import Writer
from dispatch.values import Passenger
from tests.storage.stories import (
    DISPATCHER,
    DRIVER_ID,
    MICHAEL,
    OFFER,
    RIDE,
    SARAH,
    TRIP,
    Town,
    append,
)

SEEDS = range(25)
Table = dict[str, dict[str, Any]]
OVER = {"cancelled": "cancelled", "no_drivers": "expired", "pending": "superseded"}


class Folded:
    """What the tables should hold: the records of the domain, and offers closed by hand."""

    def __init__(self, story: Sequence[Append]) -> None:
        self.rides: dict[str, RideRecord] = {}
        self.drivers: dict[str, DriverRecord] = {}
        self.online: dict[str, bool] = {}
        self.passengers: dict[str, Passenger] = {}
        self.offers: dict[str, str] = {}
        self.offers_of: dict[str, list[str]] = {}
        self.stamps: dict[str, dict[str, float]] = {}
        for told in story:
            for event in told.events:
                self.take(told.at, told.reply_to, event)

    def take(self, at: float, stream: str, event: Event) -> None:
        kind, _, name = stream.partition("/")
        if kind == "ride":
            ride = self.rides.setdefault(name, RideRecord(event.ride_id))
            ride.apply(event)
            self.stamp(name, at, event)
        elif kind == "driver":
            self.drivers.setdefault(name, DriverRecord(DriverId(name))).apply(event)
        match event:
            case DriverOnline() | DriverOffline():
                self.online[event.driver_id] = isinstance(event, DriverOnline)
            case RideRequested() | RideScheduled():
                self.passengers[event.passenger.passenger_id] = event.passenger
                self.close_all(event.ride_id, "superseded")
            case OffersMade():
                ride = self.rides[event.ride_id]
                late = ride.status != "pending" or ride.search_no > event.search_no
                for offer in event.offers:
                    self.offers[offer.offer_id] = OVER.get(ride.status, "taken") if late else "open"
                    self.offers_of.setdefault(event.ride_id, []).append(offer.offer_id)
            case OfferDeclined():
                self.close(event.offer_id, "declined")
            case OffersClosed():
                for offer_id in event.offers:
                    self.close(offer_id, event.reason)
            case RideAssigned():
                self.offers[event.offer_id] = "accepted"
                self.close_all(event.ride_id, "taken")
            case RideCancelled():
                self.close_all(event.ride_id, "cancelled")
            case SearchFailed():
                self.close_all(event.ride_id, "expired")

    def close(self, offer_id: str, outcome: str) -> None:
        if self.offers[offer_id] == "open":
            self.offers[offer_id] = outcome

    def close_all(self, ride_id: str, outcome: str) -> None:
        for offer_id in self.offers_of.get(ride_id, []):
            self.close(offer_id, outcome)

    def stamp(self, ride_id: str, at: float, event: Event) -> None:
        column = {
            RideRequested: "requested_at",
            RideScheduled: "requested_at",
            RideAssigned: "assigned_at",
            RideArrived: "arrived_at",
            RideStarted: "started_at",
        }
        stamps = self.stamps.setdefault(ride_id, {})
        if isinstance(event, RideUnassigned):
            del stamps["assigned_at"]
            return
        if not isinstance(event, TrackRecorded | RideRated):
            stamps[column.get(type(event), "ended_at")] = getattr(event, "at", at)


def table(writer: Writer, name: str, key: str) -> Table:
    return {row[key]: row for row in writer.db.query(f"SELECT * FROM {name}")}


def written(writer: Writer, story: Sequence[Append], size: int) -> None:
    for start in range(0, len(story), size):
        writer.write(story[start : start + size])


@pytest.mark.parametrize("seed", SEEDS)
def test_every_table_equals_the_fold_of_the_events(writer: Writer, seed: int) -> None:
    story = list(Town(seed, rides=30).story())
    told = Folded(story)
    written(writer, story, 50)

    rides = table(writer, "rides", "ride_id")
    assert set(rides) == set(told.rides)
    stamps = ("requested_at", "assigned_at", "arrived_at", "started_at", "ended_at")
    for name, ride in told.rides.items():
        row = rides[name]
        assert (row["status"], row["search_no"]) == (ride.status, ride.search_no)
        assert row["driver_id"] == (ride.driver.driver_id if ride.driver else None)
        ended = (ride.ended_by, ride.reason) if ride.status in ("cancelled", "no_drivers", "no_show") else (None, None)
        assert (row["ended_by"], row["reason"]) == ended
        assert (row["fee"], row["restarts"], row["pickup_at"]) == (ride.fee, ride.restarts, ride.pickup_at)
        assert (ride.passenger, ride.trip) != (None, None)
        assert row["passenger_id"] == ride.passenger.passenger_id
        assert {stamp: row[stamp] for stamp in stamps if row[stamp] is not None} == told.stamps[name]

    drivers = table(writer, "drivers", "driver_id")
    assert set(drivers) == set(told.drivers)
    for name, driver in told.drivers.items():
        status = "available" if told.online[name] and driver.wants_offers else "offline"
        assert drivers[name]["status"] == ("busy" if driver.reservation else status)
        assert drivers[name]["ride_id"] == (driver.reservation.ride_id if driver.reservation else None)

    offers = table(writer, "offers", "offer_id")
    assert {name: row["outcome"] for name, row in offers.items()} == told.offers
    assert all((row["closed_at"] is None) == (row["outcome"] == "open") for row in offers.values())

    passengers = table(writer, "passengers", "passenger_id")
    assert {name: row["name"] for name, row in passengers.items()} == {
        name: passenger.name for name, passenger in told.passengers.items()
    }


def test_the_stories_reach_every_kind_of_event_and_outcome() -> None:
    stories = [list(Town(seed, rides=30).story()) for seed in SEEDS]
    kinds = {type(event).__name__ for story in stories for told in story for event in told.events}
    assert kinds == {
        *("RideRequested", "RideAssigned", "RideArrived", "RideStarted", "RideCompleted", "RideCancelled"),
        *("RideUnassigned", "PassengerNoShow", "TrackRecorded", "RideScheduled", "RideRated"),
        *("SearchFailed", "OffersMade", "OffersClosed", "OfferDeclined", "DriverRegistered", "DriverOnline"),
        *("DriverOffline", "DriverReserved", "DriverReleased", "AvailabilitySet", "CommandDone"),
    }
    outcomes = {outcome for story in stories for outcome in Folded(story).offers.values()}
    assert outcomes == {
        *("open", "accepted", "declined", "expired", "taken", "cancelled", "superseded"),
        *("vanished", "unavailable", "driver_busy"),
    }


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_the_size_of_the_batches_does_not_show_in_the_tables(writer: Writer, tmp_path: object, seed: int) -> None:
    story = list(Town(seed, rides=20).story())
    other = Writer(f"{tmp_path}/other.db", "off")
    written(writer, story, 1)
    written(other, story, 37)
    for name, key in (("rides", "ride_id"), ("drivers", "driver_id"), ("offers", "offer_id"), ("events", "n")):
        assert table(writer, name, key) == table(other, name, key)
    other.close()


def ride_row(writer: Writer) -> dict[str, Any]:
    return table(writer, "rides", "ride_id")[RIDE]


def test_a_booking_with_other_terms_replaces_the_terms(writer: Writer) -> None:
    elsewhere = TRIP.__class__(TRIP.dropoff, TRIP.pickup, 6.0, 20.0, 120.0)
    writer.write([append("ride/ride-1", RideRequested(RIDE, 1, SARAH, TRIP, 1.0))])
    writer.write([append("ride/ride-1", RideRequested(RIDE, 2, SARAH, elsewhere, 7.0))])
    row = ride_row(writer)
    assert (row["search_no"], row["pickup_address"], row["dropoff_address"]) == (2, "456 Oak Ave", "123 Main St")
    assert (row["distance_km"], row["duration_min"], row["fare"], row["requested_at"]) == (6.0, 20.0, 120.0, 7.0)


def test_the_fare_of_a_completed_ride_is_the_one_at_its_end(writer: Writer) -> None:
    writer.write([append("ride/ride-1", RideRequested(RIDE, 1, SARAH, TRIP, 1.0))])
    writer.write([append("ride/ride-1", RideCompleted(RIDE, DRIVER_ID, 99.0), at=60.0)])
    row = ride_row(writer)
    assert (row["status"], row["fare"], row["ended_at"], row["ended_by"]) == ("completed", 99.0, 60.0, None)


def test_a_late_accept_turns_an_expired_offer_into_the_accepted_one(writer: Writer) -> None:
    placed = (OfferPlaced(OFFER, DRIVER_ID, 10.0), OfferPlaced(OfferId("offer-2"), DriverId("d2"), 20.0))
    writer.write([append("ride/ride-1", RideRequested(RIDE, 1, SARAH, TRIP, 0.0))])
    writer.write([append(DISPATCHER, OffersMade(RIDE, 1, 1, placed, 30.0))])
    writer.write([append(DISPATCHER, OffersClosed(RIDE, (OFFER,), (DRIVER_ID,), "expired"), at=32.0)])
    writer.write([append("ride/ride-1", RideAssigned(RIDE, MICHAEL, OFFER, 1, 32.0), at=32.0)])
    assert {name: row["outcome"] for name, row in table(writer, "offers", "offer_id").items()} == {
        "offer-1": "accepted",
        "offer-2": "taken",
    }


@pytest.mark.parametrize("offers", [0, 1, 2, 50])
def test_a_round_of_any_size_is_on_file_offer_by_offer(writer: Writer, offers: int) -> None:
    placed = tuple(OfferPlaced(OfferId(f"o{n}"), DriverId(f"d{n}"), 10.0 * n) for n in range(offers))
    writer.write([append("ride/ride-1", RideRequested(RIDE, 1, SARAH, TRIP, 0.0))])
    writer.write([append(DISPATCHER, OffersMade(RIDE, 1, 3, placed, 30.0), at=7.0)])
    columns = "offer_id, driver_id, search_no, round_no, pickup_distance_m, made_at, expires_at, closed_at, outcome"
    told = writer.db.execute(f"SELECT {columns} FROM offers WHERE ride_id = ? ORDER BY rowid", (RIDE,)).fetchall()
    assert told == [(f"o{n}", f"d{n}", 1, 3, 10.0 * n, 7.0, 30.0, None, "open") for n in range(offers)]


def driver_status(writer: Writer, *events: Event) -> str:
    writer.write([append("driver/" + DRIVER_ID, event) for event in events])
    return str(table(writer, "drivers", "driver_id")[DRIVER_ID]["status"])


def test_a_driver_is_available_when_heard_willing_and_free(writer: Writer) -> None:
    assert driver_status(writer, DriverRegistered(MICHAEL)) == "offline"
    assert driver_status(writer, DriverOnline(DRIVER_ID)) == "available"
    assert driver_status(writer, AvailabilitySet(DRIVER_ID, False)) == "offline"
    assert driver_status(writer, AvailabilitySet(DRIVER_ID, True)) == "available"
    assert driver_status(writer, DriverReserved(RIDE, DRIVER_ID, OFFER, 1, 1)) == "busy"
    assert driver_status(writer, DriverOffline(DRIVER_ID, "silent")) == "busy"
    assert driver_status(writer, DriverReleased(RIDE, DRIVER_ID, OFFER, "over")) == "offline"
    assert driver_status(writer, DriverOnline(DRIVER_ID)) == "available"


def test_a_driver_registered_again_keeps_their_state_and_gets_the_new_card(writer: Writer) -> None:
    driver_status(
        writer, DriverRegistered(MICHAEL), DriverOnline(DRIVER_ID), DriverReserved(RIDE, DRIVER_ID, OFFER, 1, 1)
    )
    renamed = MICHAEL.__class__(DRIVER_ID, "M. Brown", MICHAEL.phone, 4.7, "suv", "CA 1 GP")
    assert driver_status(writer, DriverRegistered(renamed)) == "busy"
    row = table(writer, "drivers", "driver_id")[DRIVER_ID]
    assert (row["name"], row["rating"], row["vehicle_type"], row["vehicle_registration"]) == (
        "M. Brown",
        4.7,
        "suv",
        "CA 1 GP",
    )


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (RideAssigned(RIDE, MICHAEL, OFFER, 1, 5.0), "taken"),
        (RideCancelled(RIDE, "passenger"), "cancelled"),
        (SearchFailed(RIDE, "cap", 1, 1), "expired"),
        (RideRequested(RIDE, 2, SARAH, TRIP, 5.0), "superseded"),
        (RideStarted(RIDE, DRIVER_ID, 5.0), "taken"),
        (RideArrived(RIDE, DRIVER_ID), "taken"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_round_that_reaches_the_journal_late_is_never_open(writer: Writer, end: Event, outcome: str) -> None:
    late = OffersMade(RIDE, 1, 2, (OfferPlaced(OfferId("late"), DRIVER_ID, 10.0),), 60.0)
    writer.write([append("ride/ride-1", RideRequested(RIDE, 1, SARAH, TRIP, 0.0)), append("ride/ride-1", end, at=5.0)])
    writer.write([append(DISPATCHER, late, at=5.5)])
    row = table(writer, "offers", "offer_id")["late"]
    assert (row["outcome"], row["closed_at"]) == (outcome, 5.5)


def test_the_rating_that_a_driver_was_registered_with_counts_as_their_first(writer: Writer) -> None:
    writer.write([append(f"driver/{DRIVER_ID}", DriverRegistered(MICHAEL))])
    for number, (stars, mean) in enumerate(((4, 4.45), (1, 3.3))):
        rated = RideRated(RideId(f"r{number}"), "passenger", stars, "", DRIVER_ID, SARAH.passenger_id)
        writer.write([append(f"ride/r{number}", rated)])
        assert table(writer, "drivers", "driver_id")[DRIVER_ID]["rating"] == mean
    corrected = msgspec.structs.replace(MICHAEL, rating=4.0)
    writer.write([append(f"driver/{DRIVER_ID}", DriverRegistered(corrected))])
    assert table(writer, "drivers", "driver_id")[DRIVER_ID]["rating"] == 3.0, (
        "a driver who is registered again keeps the ratings"
    )
