"""What each event does to the tables: one row for each type of event. The writer, the checks and the journal in memory read it.

A statement names fields of its event: `:driver.name` is a field inside a field, `:now` the time of the commit. Statements run in the
order of the events and in their transaction. All times are Unix seconds.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter, setitem
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from dispatch.addresses import DISPATCHER, DRIVER, PERSON, QUOTE, RIDE
from dispatch.domain.driver.record import stranger
from dispatch.domain.ride.journey import mean_rating
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    EVENT_TYPES,
    AvailabilitySet,
    CallerTexted,
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    CommandDone,
    DocumentKept,
    DriverFolded,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    FareChanged,
    NoteChanged,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    PersonAdded,
    PersonRemoved,
    PersonRenamed,
    PhoneMoved,
    PinRefused,
    Purged,
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
    RoleChanged,
    RoundConsidered,
    RoundEnded,
    SearchFailed,
    StaffActed,
    TrackRecorded,
)
from dispatch.values import Document, DriverCard, DriverFile, Passenger
from dispatch.words import Party, PersonRole, PersonStatus


class Notes:
    """What actors ask of a journal beside the events: the facts of the tables as dictionaries, for the journal in memory."""

    def __init__(self) -> None:
        self.open_rides: dict[RideId, float] = {}
        """Rides that are not over, each with the time since which it waits."""
        self.unpaid: dict[RideId, None] = {}
        self.reserved: dict[DriverId, RideId] = {}
        """Drivers who are reserved for a ride or on one."""
        self.online: dict[DriverId, None] = {}
        self.cards: dict[DriverId, DriverCard] = {}
        self.passengers: dict[PassengerId, Passenger] = {}
        self._ratings: dict[DriverId, tuple[float, int, int]] = {}
        self._drivers_on_file: dict[str, PersonStatus] = {}
        self._documents: dict[str, dict[str, Document]] = {}

    def book(self, event: RideRequested | RideScheduled) -> None:
        """A ride is open. Its passenger is known by the name on file unless the app said another."""
        self.open_rides[event.ride_id] = event.at
        passenger = event.passenger
        if event.is_named or passenger.passenger_id not in self.passengers:
            self.passengers[passenger.passenger_id] = passenger

    def register(self, event: DriverRegistered) -> None:
        """A driver has this card. The card of a stranger replaces none."""
        card = event.driver
        if card != stranger(card.driver_id) or card.driver_id not in self.cards:
            self.cards[card.driver_id] = card

    def reserve(self, event: DriverReserved) -> None:
        """The driver is reserved for a ride, or on it."""
        self.reserved[event.driver_id] = event.ride_id

    def keep_role(self, event: PersonAdded | RoleChanged) -> None:
        """Whether a person may act in a role. Nobody asks for another than a driver's."""
        if event.role == PersonRole.DRIVER:
            self._drivers_on_file[event.person_id] = event.status

    def keep_document(self, event: DocumentKept) -> None:
        """A document is on file, and replaces the one of its kind."""
        documents = self._documents.setdefault(event.person_id, {})
        documents[event.kind] = Document(event.kind, event.number, event.expires_at)

    def driver_file(self, driver_id: DriverId) -> DriverFile | None:
        """What is on file about this driver; None: nothing."""
        status = self._drivers_on_file.get(driver_id)
        if status is None:
            return None
        documents = self._documents.get(driver_id, {})
        return DriverFile(status, tuple([documents[kind] for kind in sorted(documents)]))

    def rate(self, event: RideRated) -> None:
        """A driver's card shows the mean of all ratings. Nobody asks for a passenger's."""
        card = self.cards.get(event.driver_id)
        if event.by == Party.PASSENGER and card is not None:
            first, stars, ratings = self._ratings.get(event.driver_id, (card.rating, 0, 0))
            self._ratings[event.driver_id] = rated = first, stars + event.rating, ratings + 1
            self.cards[event.driver_id] = replace(card, rating=mean_rating(*rated))


Change = tuple[str, tuple[object, ...]]
"""A statement and its parameters."""
View = Callable[[Any, float], Iterable[Change]]
"""An event and the time of its commit become changes."""


class EventRow(NamedTuple):
    """All that storage knows of one type of event."""

    owner: str
    """The kind of actor in whose stream it stands; empty: any."""
    view: View
    """What it does to the tables."""
    note: Callable[[Notes, Any], object] | None = None
    """What it does to the journal in memory."""


_FIELD: Final = re.compile(r":([a-z_]+(?:\.[a-z_]+)*)")


def runs(*statements: str) -> View:
    """A view that runs these statements, with the fields of the event that they name."""
    prepared = [_prepared(statement) for statement in statements]
    if len(prepared) == 1:  # most of them, and a list made in a loop takes longer
        [(only, values)] = prepared
        return lambda event, now: ((only, (now, *values(event))),)
    return lambda event, now: [(sql, (now, *fields(event))) for sql, fields in prepared]


def _prepared(statement: str) -> tuple[str, Callable[[Any], tuple[object, ...]]]:
    """The statement with numbered parameters, of which the first is the time of the commit, and a getter of all others."""
    names = [name for name in dict.fromkeys(_FIELD.findall(statement)) if name != "now"]
    numbers = {"now": 1, **{name: number for number, name in enumerate(names, 2)}}
    sql = _FIELD.sub(lambda match: f"?{numbers[match[1]]}", statement)
    get = attrgetter(*names)
    return sql, get if len(names) > 1 else lambda event: (get(event),)


def teach(connection: sqlite3.Connection) -> None:
    """Make known to this connection what the statements call: `mean_rating`."""
    connection.create_function("mean_rating", 3, mean_rating, deterministic=True)


# ------------------------------------------------------------------------------------------------------------ statements

_BOOK_RIDE: Final = """
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
_KEEP_PASSENGER: Final = """
    INSERT INTO passengers (passenger_id, name, phone) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET name = excluded.name, phone = excluded.phone
    WHERE ?4 AND (name <> excluded.name OR phone <> excluded.phone)"""
_KEEP_DRIVER: Final = """
    INSERT INTO drivers (driver_id, name, phone, rating, registered_rating, vehicle_type, vehicle_registration, updated_at)
    VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)
    ON CONFLICT DO UPDATE SET name = excluded.name, phone = excluded.phone, registered_rating = excluded.registered_rating,
        rating = mean_rating(excluded.registered_rating, stars, ratings),
        vehicle_type = excluded.vehicle_type, vehicle_registration = excluded.vehicle_registration,
        updated_at = excluded.updated_at
    WHERE ?8"""
_MAKE_OFFERS: Final = """
    INSERT INTO offers (ride_id, search_no, round_no, made_at, expires_at, outcome, offer_id, driver_id, pickup_distance_m)
    VALUES {}""".format
# A round may reach the journal behind the news that its ride needs no driver any more. Then its offers are over at once.
# Its id is asked for in the place of the ride's, so that no offer is looked at in the other case, which is nearly every one.
_CLOSE_LATE_ROUND: Final = """
    UPDATE offers SET closed_at = ?1, outcome = (
        SELECT CASE status WHEN 'pending' THEN 'superseded' WHEN 'cancelled' THEN 'cancelled'
            WHEN 'no_drivers' THEN 'expired' ELSE 'taken' END FROM rides WHERE ride_id = ?2)
    WHERE ride_id = (SELECT ride_id FROM rides WHERE ride_id = ?2 AND (status <> 'pending' OR search_no > ?3))
        AND search_no = ?3 AND outcome = 'open'"""
_CLOSE_OFFER: Final = (
    "UPDATE offers SET outcome = ?, closed_at = ? WHERE ride_id = ? AND offer_id = ? AND outcome = 'open'"
)
_CLOSE_ALL: Final = (
    "UPDATE offers SET outcome = '{}', closed_at = :now WHERE ride_id = :ride_id AND outcome = 'open'".format
)
_END_RIDE: Final = """
    UPDATE rides SET status = {}, ended_at = :now, ended_by = {}, reason = {}, fee = {} WHERE ride_id = :ride_id""".format
_UPDATE_DRIVER: Final = "UPDATE drivers SET {}, updated_at = :now WHERE driver_id = :driver_id".format
_SETTLE_CHARGE: Final = "UPDATE charges SET status = {}, {}, settled_at = :now WHERE ride_id = :ride_id".format
_RATE: Final = """
    UPDATE {0}s SET stars = stars + :rating, ratings = ratings + 1,
        rating = mean_rating({1}, stars + :rating, ratings + 1) WHERE {0}_id = :{0}_id AND :by <> '{0}'""".format

_KEEP_ROLE: Final = """
    INSERT INTO roles (person_id, role, status, is_manager, since)
    VALUES (:person_id, :role, :status, :is_manager, :now)
    ON CONFLICT DO UPDATE SET status = excluded.status, is_manager = excluded.is_manager, since = excluded.since"""
_RENAME: Final = tuple(
    f"UPDATE {role}s SET name = :name WHERE {role}_id = :person_id" for role in ("passenger", "driver")
)
_MOVE_PHONE: Final = tuple(
    f"UPDATE {role}s SET phone = :phone WHERE {role}_id = :person_id" for role in ("passenger", "driver")
)
"""Passengers and drivers carry the name and the phone that a ride's two sides are shown."""

# ------------------------------------------------------------------------------------------------- views with a condition


def _booked(event: RideRequested | RideScheduled, now: float) -> Iterable[Change]:
    passenger, trip, price = event.passenger, event.trip, event.price
    search_no, status = (event.search_no, "pending") if isinstance(event, RideRequested) else (0, "scheduled")
    yield _KEEP_PASSENGER, (passenger.passenger_id, passenger.name, passenger.phone, event.is_named)
    yield (
        _BOOK_RIDE,
        (
            *(event.ride_id, passenger.passenger_id, search_no),
            *(trip.pickup.lat, trip.pickup.lon, trip.pickup.address),
            *(trip.dropoff.lat, trip.dropoff.lon, trip.dropoff.address),
            *(trip.distance_km, trip.duration_min, trip.fare, event.at, event.pickup_at, status, event.quote_id),
            *((price.fare.minor, price.fare.currency) if price is not None else (None, None)),
            event.claim.fare if event.claim is not None else None,
        ),
    )
    if search_no != 1:
        yield from _superseded(event, now)


_superseded: Final = runs(_CLOSE_ALL("superseded"))


def _completed(event: RideCompleted, now: float) -> Iterable[Change]:
    minor = event.price.fare.minor if event.price is not None else None
    statement = "UPDATE rides SET status = 'completed', ended_at = ?, fare = ?, fare_minor = ? WHERE ride_id = ?"
    return ((statement, (now, event.fare, minor, event.ride_id)),)


_fare_changed: Final = runs(
    "UPDATE rides SET fare = :fare, fare_minor = coalesce(:minor, fare_minor) WHERE ride_id = :ride_id"
)


def _tracked(event: TrackRecorded, now: float) -> Iterable[Change]:
    points = msgspec.json.encode(event.points).decode()
    statement = "INSERT INTO tracks (ride_id, driver_id, leg, start_at, metres, points) VALUES (?, ?, ?, ?, ?, ?)"
    return ((statement, (event.ride_id, event.driver_id, event.leg, event.start_at, event.metres, points)),)


def _offered(event: OffersMade, now: float) -> Iterable[Change]:
    late = _CLOSE_LATE_ROUND, (now, event.ride_id, event.search_no)
    if not event.offers:
        return (late,)
    values: list[object] = [event.ride_id, event.search_no, event.round_no, now, event.expires_at]
    for offer in event.offers:
        values += offer.offer_id, offer.driver_id, offer.pickup_distance_m
    return (_making(len(event.offers)), tuple(values)), late


@cache
def _making(offers: int) -> str:
    """The statement that makes so many offers: one for all of a round, since half of what a row costs is the statement around it."""
    rows = (f"(?1, ?2, ?3, ?4, ?5, 'open', ?{n}, ?{n + 1}, ?{n + 2})" for n in range(6, 6 + 3 * offers, 3))
    return _MAKE_OFFERS(", ".join(rows))


def _closed(event: OffersClosed, now: float) -> Iterable[Change]:
    return [(_CLOSE_OFFER, (event.reason, now, event.ride_id, offer_id)) for offer_id in event.offers]


def _registered(event: DriverRegistered, now: float) -> Iterable[Change]:
    card = event.driver
    who = card.driver_id, card.name, card.phone, card.rating, card.vehicle_type, card.vehicle_registration
    return ((_KEEP_DRIVER, (*who, now, card != stranger(card.driver_id))),)


_nothing: Final = runs()
"""No table tells of it. Whoever wants to know reads the event itself."""


def _ended(notes: Notes, event: Any) -> None:
    notes.open_rides.pop(event.ride_id, None)


def _settled(notes: Notes, event: Any) -> None:
    notes.unpaid.pop(event.ride_id, None)


# ---------------------------------------------------------------------------------------------------------- every event

EVENTS: Final[dict[type[Message], EventRow]] = {
    RideRequested: EventRow(RIDE, _booked, Notes.book),
    RideScheduled: EventRow(RIDE, _booked, Notes.book),
    RideAssigned: EventRow(
        RIDE,
        runs(
            "UPDATE rides SET status = 'accepted', driver_id = :driver.driver_id, assigned_at = :at WHERE ride_id = :ride_id",
            "UPDATE offers SET outcome = CASE offer_id WHEN :offer_id THEN 'accepted' ELSE 'taken' END, closed_at = :now"
            " WHERE ride_id = :ride_id AND (outcome = 'open' OR offer_id = :offer_id)",
        ),
    ),
    RideUnassigned: EventRow(
        RIDE,
        runs(
            "UPDATE rides SET status = 'pending', driver_id = NULL, assigned_at = NULL, search_no = :search_no,"
            " restarts = restarts + 1 WHERE ride_id = :ride_id"
        ),
    ),
    RideArrived: EventRow(RIDE, runs("UPDATE rides SET status = 'arrived', arrived_at = :at WHERE ride_id = :ride_id")),
    PinRefused: EventRow(RIDE, _nothing),
    RideStarted: EventRow(
        RIDE, runs("UPDATE rides SET status = 'in_progress', started_at = :at WHERE ride_id = :ride_id")
    ),
    RideCompleted: EventRow(RIDE, _completed, _ended),
    RideCancelled: EventRow(
        RIDE, runs(_END_RIDE("'cancelled'", ":by", ":reason", ":fee"), _CLOSE_ALL("cancelled")), _ended
    ),
    PassengerNoShow: EventRow(RIDE, runs(_END_RIDE("'no_show'", "'driver'", "'no_show'", ":fee")), _ended),
    SearchFailed: EventRow(
        RIDE, runs(_END_RIDE("'no_drivers'", "'system'", ":reason", "0"), _CLOSE_ALL("expired")), _ended
    ),
    TrackRecorded: EventRow(RIDE, _tracked),
    RideRated: EventRow(
        RIDE,
        runs(
            "INSERT INTO ratings (ride_id, by, rating, comment, driver_id, passenger_id, at)"
            " VALUES (:ride_id, :by, :rating, :comment, :driver_id, :passenger_id, :now)",
            _RATE("driver", "registered_rating"),
            _RATE("passenger", "5.0"),
        ),
        Notes.rate,
    ),
    ChargeRequested: EventRow(
        RIDE,
        runs(
            "INSERT INTO charges (ride_id, passenger_id, amount_minor, currency, status, requested_at)"
            " VALUES (:ride_id, :passenger_id, :amount.minor, :amount.currency, 'pending', :now)"
        ),
        lambda notes, event: setitem(notes.unpaid, event.ride_id, None),
    ),
    ChargeSettled: EventRow(RIDE, runs(_SETTLE_CHARGE("'paid'", "reference = :reference, reason = NULL")), _settled),
    ChargeDeclined: EventRow(RIDE, runs(_SETTLE_CHARGE("'declined'", "reference = NULL, reason = :reason")), _settled),
    FareChanged: EventRow(RIDE, _fare_changed),
    NoteChanged: EventRow(RIDE, _nothing),
    CallerTexted: EventRow(RIDE, _nothing),
    StaffActed: EventRow("", _nothing),
    OffersMade: EventRow(DISPATCHER, _offered),
    RoundEnded: EventRow(DISPATCHER, _nothing),
    RoundConsidered: EventRow(DISPATCHER, _nothing),
    OffersClosed: EventRow(DISPATCHER, _closed),
    DriverRegistered: EventRow(DRIVER, _registered, Notes.register),
    DriverOnline: EventRow(
        DRIVER,
        runs(_UPDATE_DRIVER("online = TRUE")),
        lambda notes, event: setitem(notes.online, event.driver_id, None),
    ),
    DriverOffline: EventRow(
        DRIVER,
        runs(_UPDATE_DRIVER("online = FALSE")),
        lambda notes, event: notes.online.pop(event.driver_id, None),
    ),
    OfferDeclined: EventRow(
        DRIVER,
        runs(
            "UPDATE offers SET outcome = 'declined', closed_at = :now"
            " WHERE ride_id = :ride_id AND offer_id = :offer_id AND outcome = 'open'"
        ),
    ),
    DriverReserved: EventRow(
        DRIVER,
        runs(_UPDATE_DRIVER("ride_id = :ride_id")),
        Notes.reserve,
    ),
    DriverReleased: EventRow(
        DRIVER,
        runs(_UPDATE_DRIVER("ride_id = NULL")),
        lambda notes, event: notes.reserved.pop(event.driver_id, None),
    ),
    AvailabilitySet: EventRow(DRIVER, runs(_UPDATE_DRIVER("wants_offers = :available"))),
    CommandDone: EventRow("", _nothing),
    DriverFolded: EventRow(DRIVER, _nothing),
    QuoteMade: EventRow(
        QUOTE,
        runs(
            """
            INSERT INTO quotes (quote_id, passenger_id, pickup_lat, pickup_lon, dropoff_lat, dropoff_lon, vehicle_type,
                fare_minor, currency, distance_m, duration_s, made_at, expires_at)
            VALUES (:quote_id, :passenger_id, :pickup.lat, :pickup.lon, :dropoff.lat, :dropoff.lon, :vehicle_type,
                :price.fare.minor, :price.fare.currency, :price.distance_m, :price.duration_s, :at, :expires_at)"""
        ),
    ),
    QuoteTaken: EventRow(
        QUOTE, runs("UPDATE quotes SET ride_id = :taken_by, taken_at = :at WHERE quote_id = :quote_id")
    ),
    PersonAdded: EventRow(
        PERSON,
        runs(
            "INSERT INTO people (person_id, name, phone, added_at) VALUES (:person_id, :name, :phone, :now)"
            " ON CONFLICT (person_id) DO UPDATE SET name = excluded.name, phone = excluded.phone",
            _KEEP_ROLE,
            "INSERT INTO passengers (passenger_id, name, phone) SELECT :person_id, :name, :phone WHERE :role = 'passenger'"
            " ON CONFLICT DO NOTHING",
            *_RENAME,
            *_MOVE_PHONE,
        ),
        Notes.keep_role,
    ),
    PersonRenamed: EventRow(PERSON, runs("UPDATE people SET name = :name WHERE person_id = :person_id", *_RENAME)),
    PhoneMoved: EventRow(PERSON, runs("UPDATE people SET phone = :phone WHERE person_id = :person_id", *_MOVE_PHONE)),
    RoleChanged: EventRow(PERSON, runs(_KEEP_ROLE), Notes.keep_role),
    DocumentKept: EventRow(
        PERSON,
        runs(
            "INSERT INTO documents (person_id, kind, number, expires_at) VALUES (:person_id, :kind, :number, :expires_at)"
            " ON CONFLICT DO UPDATE SET number = excluded.number, expires_at = excluded.expires_at"
        ),
        Notes.keep_document,
    ),
    PersonRemoved: EventRow(
        PERSON,
        runs(*(f"DELETE FROM {table} WHERE person_id = :person_id" for table in ("people", "roles", "documents"))),
    ),
    Purged: EventRow("", _nothing),
}
assert tuple(EVENTS) == EVENT_TYPES, "every event has its row"
VIEWS: Final[dict[type[Message], View]] = {kind: row.view for kind, row in EVENTS.items()}
NOTES: Final = {kind: row.note for kind, row in EVENTS.items() if row.note is not None}
