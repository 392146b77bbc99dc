"""The tables passengers, drivers, rides and offers as the events tell them. Only the writer asks.

Every event has its row in `VIEWS`: a function that says which statements make the tables true to it. They run in the order of the
events and in their transaction. All times are unix seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from dispatch.domain.driver.record import stranger
from dispatch.messages.base import Message
from dispatch.messages.events import (
    EVENT_TYPES,
    AvailabilitySet,
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    CommandDone,
    DriverFolded,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    PinRefused,
    QuoteMade,
    QuoteTaken,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRated,
    RideRequested,
    RideScheduled,
    RideStarted,
    RideUnassigned,
    RoundConsidered,
    SearchFailed,
    TrackRecorded,
)
from dispatch.values import Price

Change = tuple[str, tuple[object, ...]]
"""A statement and its parameters."""

# ------------------------------------------------------------------------------------------------------------ statements

KEEP_PASSENGER: Final = """
    INSERT INTO passengers (passenger_id, name, phone) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET name = excluded.name, phone = excluded.phone
    WHERE name <> excluded.name OR phone <> excluded.phone"""
MEET_PASSENGER: Final = "INSERT INTO passengers (passenger_id, name, phone) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
KEEP_DRIVER: Final = """
    INSERT INTO drivers (driver_id, name, phone, rating, registered_rating, vehicle_type, vehicle_registration, updated_at)
    VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)
    ON CONFLICT DO UPDATE SET name = excluded.name, phone = excluded.phone, registered_rating = excluded.registered_rating,
        rating = CASE ratings WHEN 0 THEN excluded.rating
            ELSE round((excluded.registered_rating + stars) / (ratings + 1), 2) END,
        vehicle_type = excluded.vehicle_type, vehicle_registration = excluded.vehicle_registration,
        updated_at = excluded.updated_at"""
MEET_DRIVER: Final = """
    INSERT INTO drivers (driver_id, name, phone, rating, registered_rating, vehicle_type, vehicle_registration, updated_at)
    VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING"""
DRIVER_ONLINE: Final = "UPDATE drivers SET online = ?, updated_at = ? WHERE driver_id = ?"
DRIVER_WISH: Final = "UPDATE drivers SET wants_offers = ?, updated_at = ? WHERE driver_id = ?"
DRIVER_RIDE: Final = "UPDATE drivers SET ride_id = ?, updated_at = ? WHERE driver_id = ?"

ASK_RIDE: Final = """
    INSERT INTO rides (ride_id, passenger_id, search_no, pickup_lat, pickup_lon, pickup_address,
        dropoff_lat, dropoff_lon, dropoff_address, distance_km, duration_min, fare, requested_at, pickup_at, status,
        quote_id, fare_minor, currency, claimed_fare)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (ride_id) DO UPDATE SET passenger_id = excluded.passenger_id, status = excluded.status,
        search_no = max(search_no, excluded.search_no),
        pickup_lat = excluded.pickup_lat, pickup_lon = excluded.pickup_lon, pickup_address = excluded.pickup_address,
        dropoff_lat = excluded.dropoff_lat, dropoff_lon = excluded.dropoff_lon, dropoff_address = excluded.dropoff_address,
        distance_km = excluded.distance_km, duration_min = excluded.duration_min, fare = excluded.fare,
        requested_at = excluded.requested_at, pickup_at = excluded.pickup_at, quote_id = excluded.quote_id,
        fare_minor = excluded.fare_minor, currency = excluded.currency, claimed_fare = excluded.claimed_fare"""
ASSIGN_RIDE: Final = "UPDATE rides SET status = 'accepted', driver_id = ?, assigned_at = ? WHERE ride_id = ?"
ARRIVE_RIDE: Final = "UPDATE rides SET status = 'arrived', arrived_at = ? WHERE ride_id = ?"
START_RIDE: Final = "UPDATE rides SET status = 'in_progress', started_at = ? WHERE ride_id = ?"
COMPLETE_RIDE: Final = "UPDATE rides SET status = 'completed', ended_at = ?, fare = ?, fare_minor = ? WHERE ride_id = ?"
END_RIDE: Final = "UPDATE rides SET status = ?, ended_at = ?, ended_by = ?, reason = ?, fee = ? WHERE ride_id = ?"
FREE_RIDE: Final = """
    UPDATE rides SET status = 'pending', driver_id = NULL, assigned_at = NULL, search_no = ?, restarts = restarts + 1
    WHERE ride_id = ?"""

KEEP_RATING: Final = """
    INSERT INTO ratings (ride_id, by, rating, comment, driver_id, passenger_id, at) VALUES (?, ?, ?, ?, ?, ?, ?)"""
# The mean of all ratings and of the first one: a driver's is what he was registered with, a passenger's 5.0.
RATE_DRIVER: Final = """
    UPDATE drivers SET stars = stars + ?1, ratings = ratings + 1,
        rating = round((registered_rating + stars + ?1) / (ratings + 2), 2) WHERE driver_id = ?2"""
RATE_PASSENGER: Final = """
    UPDATE passengers SET stars = stars + ?1, ratings = ratings + 1,
        rating = round((5.0 + stars + ?1) / (ratings + 2), 2) WHERE passenger_id = ?2"""
REQUEST_CHARGE: Final = """
    INSERT INTO charges (ride_id, passenger_id, amount_minor, currency, status, requested_at)
    VALUES (?, ?, ?, ?, 'pending', ?)"""
SETTLE_CHARGE: Final = "UPDATE charges SET status = ?, reference = ?, reason = ?, settled_at = ? WHERE ride_id = ?"
KEEP_TRACK: Final = """
    INSERT INTO tracks (ride_id, driver_id, leg, start_at, metres, points) VALUES (?, ?, ?, ?, ?, ?)"""
MAKE_QUOTE: Final = """
    INSERT INTO quotes (quote_id, passenger_id, pickup_lat, pickup_lon, dropoff_lat, dropoff_lon, vehicle_type,
        fare_minor, currency, distance_m, duration_s, made_at, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
TAKE_QUOTE: Final = "UPDATE quotes SET ride_id = ?, taken_at = ? WHERE quote_id = ?"

MAKE_OFFER: Final = """
    INSERT INTO offers (ride_id, offer_id, driver_id, search_no, round_no, pickup_distance_m, made_at, expires_at, outcome)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open')"""
# A round may reach the journal behind the news that its ride needs no driver any more: its offers are over at once.
CLOSE_LATE_ROUND: Final = """
    UPDATE offers SET closed_at = ?1, outcome = (
        SELECT CASE status WHEN 'pending' THEN 'superseded' WHEN 'cancelled' THEN 'cancelled'
            WHEN 'no_drivers' THEN 'expired' ELSE 'taken' END FROM rides WHERE ride_id = ?2)
    WHERE ride_id = ?2 AND search_no = ?3 AND outcome = 'open'
        AND EXISTS (SELECT 1 FROM rides WHERE ride_id = ?2 AND (status <> 'pending' OR search_no > ?3))"""
CLOSE_OFFER: Final = (
    "UPDATE offers SET outcome = ?, closed_at = ? WHERE ride_id = ? AND offer_id = ? AND outcome = 'open'"
)
ACCEPT_OFFER: Final = "UPDATE offers SET outcome = 'accepted', closed_at = ? WHERE ride_id = ? AND offer_id = ?"
CLOSE_ALL_OFFERS: Final = "UPDATE offers SET outcome = ?, closed_at = ? WHERE ride_id = ? AND outcome = 'open'"

# ----------------------------------------------------------------------------------------------------------------- rides


def _ride_requested(event: RideRequested, at: float) -> Iterable[Change]:
    yield from _booked(event, event.search_no, "pending")
    if event.search_no > 1:
        yield CLOSE_ALL_OFFERS, ("superseded", at, event.ride_id)


def _ride_scheduled(event: RideScheduled, at: float) -> Iterable[Change]:
    yield from _booked(event, 0, "scheduled")
    yield CLOSE_ALL_OFFERS, ("superseded", at, event.ride_id)


def _booked(event: RideRequested | RideScheduled, search_no: int, status: str) -> Iterable[Change]:
    passenger, trip = event.passenger, event.trip
    pickup, dropoff = trip.pickup, trip.dropoff
    who = (passenger.passenger_id, passenger.name, passenger.phone)
    yield KEEP_PASSENGER if event.is_named else MEET_PASSENGER, who
    yield (
        ASK_RIDE,
        (
            *(event.ride_id, passenger.passenger_id, search_no),
            *(pickup.lat, pickup.lon, pickup.address, dropoff.lat, dropoff.lon, dropoff.address),
            *(trip.distance_km, trip.duration_min, trip.fare, event.at, event.pickup_at, status, event.quote_id),
            *_in_minor_units(event.price),
            event.claim.fare if event.claim is not None else None,
        ),
    )


def _ride_assigned(event: RideAssigned, at: float) -> Iterable[Change]:
    return (
        (ASSIGN_RIDE, (event.driver.driver_id, event.at, event.ride_id)),
        (ACCEPT_OFFER, (at, event.ride_id, event.offer_id)),
        (CLOSE_ALL_OFFERS, ("taken", at, event.ride_id)),
    )


def _ride_unassigned(event: RideUnassigned, at: float) -> Iterable[Change]:
    return ((FREE_RIDE, (event.search_no, event.ride_id)),)


def _ride_arrived(event: RideArrived, at: float) -> Iterable[Change]:
    return ((ARRIVE_RIDE, (event.at, event.ride_id)),)


def _ride_started(event: RideStarted, at: float) -> Iterable[Change]:
    return ((START_RIDE, (event.at, event.ride_id)),)


def _ride_completed(event: RideCompleted, at: float) -> Iterable[Change]:
    return ((COMPLETE_RIDE, (at, event.fare, _in_minor_units(event.price)[0], event.ride_id)),)


def _in_minor_units(price: Price | None) -> tuple[int | None, str | None]:
    """The server's fare and its currency; nothing where the app's own holds."""
    return (price.fare.minor, price.fare.currency) if price is not None else (None, None)


def _ride_cancelled(event: RideCancelled, at: float) -> Iterable[Change]:
    return (
        (END_RIDE, ("cancelled", at, event.by, event.reason, event.fee, event.ride_id)),
        (CLOSE_ALL_OFFERS, ("cancelled", at, event.ride_id)),
    )


def _no_show(event: PassengerNoShow, at: float) -> Iterable[Change]:
    return ((END_RIDE, ("no_show", at, "driver", "no_show", event.fee, event.ride_id)),)


def _track_recorded(event: TrackRecorded, at: float) -> Iterable[Change]:
    points = msgspec.json.encode(event.points).decode()
    row = (event.ride_id, event.driver_id, event.leg, event.start_at, event.metres, points)
    return ((KEEP_TRACK, row),)


def _ride_rated(event: RideRated, at: float) -> Iterable[Change]:
    people = (event.driver_id, event.passenger_id)
    yield KEEP_RATING, (event.ride_id, event.by, event.rating, event.comment, *people, at)
    if event.by == "passenger":
        yield RATE_DRIVER, (event.rating, event.driver_id)
    else:
        yield RATE_PASSENGER, (event.rating, event.passenger_id)


def _charge_requested(event: ChargeRequested, at: float) -> Iterable[Change]:
    amount = event.amount
    return ((REQUEST_CHARGE, (event.ride_id, event.passenger_id, amount.minor, amount.currency, at)),)


def _charge_settled(event: ChargeSettled, at: float) -> Iterable[Change]:
    return ((SETTLE_CHARGE, ("paid", event.reference, None, at, event.ride_id)),)


def _charge_declined(event: ChargeDeclined, at: float) -> Iterable[Change]:
    return ((SETTLE_CHARGE, ("declined", None, event.reason, at, event.ride_id)),)


def _search_failed(event: SearchFailed, at: float) -> Iterable[Change]:
    return (
        (END_RIDE, ("no_drivers", at, "system", event.reason, 0, event.ride_id)),
        (CLOSE_ALL_OFFERS, ("expired", at, event.ride_id)),
    )


# ---------------------------------------------------------------------------------------------------------------- offers


def _nothing(event: RoundConsidered | PinRefused, at: float) -> Iterable[Change]:
    """Who wants to know reads the event itself."""
    return ()


def _offers_made(event: OffersMade, at: float) -> Iterable[Change]:
    for offer in event.offers:
        yield (
            MAKE_OFFER,
            (
                *(event.ride_id, offer.offer_id, offer.driver_id, event.search_no, event.round_no),
                *(offer.pickup_distance_m, at, event.expires_at),
            ),
        )
    yield CLOSE_LATE_ROUND, (at, event.ride_id, event.search_no)


def _offers_closed(event: OffersClosed, at: float) -> Iterable[Change]:
    return [(CLOSE_OFFER, (event.reason, at, event.ride_id, offer_id)) for offer_id in event.offers]


def _offer_declined(event: OfferDeclined, at: float) -> Iterable[Change]:
    return ((CLOSE_OFFER, ("declined", at, event.ride_id, event.offer_id)),)


# --------------------------------------------------------------------------------------------------------------- drivers


def _driver_registered(event: DriverRegistered, at: float) -> Iterable[Change]:
    card = event.driver
    row = (card.driver_id, card.name, card.phone, card.rating, card.vehicle_type, card.vehicle_registration, at)
    return ((KEEP_DRIVER if card != stranger(card.driver_id) else MEET_DRIVER, row),)


def _driver_online(event: DriverOnline, at: float) -> Iterable[Change]:
    return ((DRIVER_ONLINE, (True, at, event.driver_id)),)


def _driver_offline(event: DriverOffline, at: float) -> Iterable[Change]:
    return ((DRIVER_ONLINE, (False, at, event.driver_id)),)


def _availability_set(event: AvailabilitySet, at: float) -> Iterable[Change]:
    return ((DRIVER_WISH, (event.available, at, event.driver_id)),)


def _driver_reserved(event: DriverReserved, at: float) -> Iterable[Change]:
    return ((DRIVER_RIDE, (event.ride_id, at, event.driver_id)),)


def _driver_released(event: DriverReleased, at: float) -> Iterable[Change]:
    return ((DRIVER_RIDE, (None, at, event.driver_id)),)


def _driver_folded(event: DriverFolded, at: float) -> Iterable[Change]:
    return ()


def _command_done(event: CommandDone, at: float) -> Iterable[Change]:
    return ()


# ---------------------------------------------------------------------------------------------------------------- quotes


def _quote_made(event: QuoteMade, at: float) -> Iterable[Change]:
    pickup, dropoff, price = event.pickup, event.dropoff, event.price
    trip = (pickup.lat, pickup.lon, dropoff.lat, dropoff.lon, event.vehicle_type)
    cost = (price.fare.minor, price.fare.currency, price.distance_m, price.duration_s)
    return ((MAKE_QUOTE, (event.quote_id, event.passenger_id, *trip, *cost, event.at, event.expires_at)),)


def _quote_taken(event: QuoteTaken, at: float) -> Iterable[Change]:
    return ((TAKE_QUOTE, (event.taken_by, event.at, event.quote_id)),)


VIEWS: Final[dict[type[Message], Callable[[Any, float], Iterable[Change]]]] = {
    RideRequested: _ride_requested,
    RideScheduled: _ride_scheduled,
    RideAssigned: _ride_assigned,
    RideUnassigned: _ride_unassigned,
    RideArrived: _ride_arrived,
    PinRefused: _nothing,
    RideStarted: _ride_started,
    RideCompleted: _ride_completed,
    RideCancelled: _ride_cancelled,
    PassengerNoShow: _no_show,
    SearchFailed: _search_failed,
    TrackRecorded: _track_recorded,
    RideRated: _ride_rated,
    ChargeRequested: _charge_requested,
    ChargeSettled: _charge_settled,
    ChargeDeclined: _charge_declined,
    OffersMade: _offers_made,
    RoundConsidered: _nothing,
    OffersClosed: _offers_closed,
    DriverRegistered: _driver_registered,
    DriverOnline: _driver_online,
    DriverOffline: _driver_offline,
    OfferDeclined: _offer_declined,
    DriverReserved: _driver_reserved,
    DriverReleased: _driver_released,
    AvailabilitySet: _availability_set,
    CommandDone: _command_done,
    DriverFolded: _driver_folded,
    QuoteMade: _quote_made,
    QuoteTaken: _quote_taken,
}
assert tuple(VIEWS) == EVENT_TYPES, "every event has its row"
