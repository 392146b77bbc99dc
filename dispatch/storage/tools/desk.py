"""What the operator's people read of a file: rides with their timelines. Times leave as RFC 3339, fees in minor units."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlite_utils import Database

from dispatch import addresses
from dispatch.domain.ride.record import RideRecord
from dispatch.ids import RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    FareChanged,
    NoteChanged,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    PinRefused,
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
    StaffActed,
)
from dispatch.storage.log.on_file import BODY, OF_RIDE, read
from dispatch.storage.tools.history import HistoryEvent
from dispatch.timestamps import time_told
from dispatch.words import Party, RideStatus

Told = dict[str, Any]
OPEN: Final = "open"
STATES: Final = (OPEN, "all", *(status for status in RideStatus if status != RideStatus.UNBOOKED))
"""What a list of rides can be asked for: those that are not over, all, or those in one status."""
_MOMENTS: Final = ("requested_at", "pickup_at", "assigned_at", "arrived_at", "started_at", "ended_at")
RIDES: Final = f"""
    SELECT r.ride_no, r.ride_id, r.status, r.passenger_id, p.name AS passenger_name, p.phone AS passenger_phone,
        r.pickup_lat AS pickup_latitude, r.pickup_lon AS pickup_longitude, r.pickup_address,
        r.dropoff_lat AS dropoff_latitude, r.dropoff_lon AS dropoff_longitude, r.dropoff_address,
        r.distance_km, r.duration_min AS estimated_duration_minutes, r.fare, r.currency, r.fee, r.restarts,
        {", ".join(f"r.{moment}" for moment in _MOMENTS)}, r.ended_by, r.reason,
        r.driver_id, d.name AS driver_name, d.phone AS driver_phone, d.vehicle_type, d.vehicle_registration
    FROM rides AS r LEFT JOIN passengers AS p USING (passenger_id) LEFT JOIN drivers AS d USING (driver_id)"""
_WHERE: Final = {OPEN: "r.ended_at IS NULL", "all": "1"}

SEARCHED: Final = 20_000
"""So many of the latest rides are searched for a text: a file of years would take seconds."""
_FOUND: Final = f"""
    AND r.ride_no > (SELECT coalesce(max(ride_no), 0) FROM rides) - {SEARCHED}
    AND instr(lower(r.ride_id || char(10) || coalesce(p.name || char(10) || p.phone, '') || char(10)
        || coalesce(d.name || char(10) || d.phone || char(10) || d.vehicle_registration, '') || char(10)
        || r.pickup_address || char(10) || r.dropoff_address), lower(:find))"""


def rides_page(
    db: Database, state: str, before: int | None, limit: int, find: str = ""
) -> tuple[list[Told], int | None]:
    """Up to `limit` rides in this state (one of STATES), the newest first, older than ride number `before` if one is given; and the
    number to go on before, None where there are no more. `find`: only rides in which this text stands, and of them only the latest.
    """
    where = _WHERE.get(state, "r.status = :state") + (_FOUND if find else "")
    query = f"{RIDES} WHERE {where} AND (:before IS NULL OR r.ride_no < :before) ORDER BY r.ride_no DESC LIMIT :limit"
    rows = list(db.query(query, {"state": state, "before": before, "limit": limit + 1, "find": find}))
    last = rows[limit - 1]["ride_no"] if len(rows) > limit else None
    return [ride_row(row) for row in rows[:limit]], last


def ride_of(db: Database, path: str, ride_id: RideId) -> Told | None:
    """The ride, with what only its events tell, and its timeline; None: nobody booked under this id."""
    row = next(iter(db.query(f"{RIDES} WHERE r.ride_id = ?", [ride_id])), None)
    if row is None:
        return None
    query = f"SELECT n, at, stream, {BODY} FROM events WHERE {OF_RIDE} ORDER BY n"
    history = [
        HistoryEvent(at, stream, read(path, n, body))
        for n, at, stream, body in db.conn.execute(query, (ride_id,)).fetchall()
    ]
    record = RideRecord(ride_id)
    for _, stream, event in history:
        if stream == addresses.ride(ride_id):
            record.apply(event)
    trip = record.trip
    wanted = (
        {
            "wanted_vehicle_type": trip.vehicle_type or None,
            "note": trip.note or None,
            "pin_required": trip.pin,
            "payment_method": trip.payment_method or "cash",
            "fare_by_agreement": trip.by_agreement,
            "booked_by": record.booked_by or None,
            "start_pin": record.pin or None,
            "payment_status": record.payment_status or None,
        }
        if trip is not None
        else {}
    )
    names = dict(
        db.execute(
            "SELECT driver_id, name FROM drivers WHERE driver_id IN (SELECT driver_id FROM offers WHERE ride_id = ?)",
            [ride_id],
        ).fetchall()
    )
    return {**ride_row(row), **wanted, "timeline": timeline(history, names)}


def ride_row(row: Told) -> Told:
    """A row of `RIDES` as it is told."""
    del row["ride_no"]
    for name in _MOMENTS:
        row[name] = time_told(row[name]) if row[name] is not None else None
    return row


# -- the timeline


def timeline(history: Iterable[HistoryEvent], names: dict[str, str]) -> list[Told]:
    """What happened to the ride, in order: each with the time when it was on record (`at`), who did it (`by`) and `what`.

    `names`: of drivers, by id.
    """
    told = []
    for at, _, event in history:
        tell = _TELL.get(type(event))
        if tell is not None:
            entry = {
                "at": time_told(at),
                **{key: value for key, value in tell(event).items() if value not in (None, "")},
            }
            if "driver_id" in entry:
                entry["driver_name"] = names.get(entry["driver_id"])
            told.append(entry)
    return told


def _booked(event: RideRequested | RideScheduled) -> Told:
    is_news = isinstance(event, RideScheduled) or event.search_no == 1
    what = "scheduled" if isinstance(event, RideScheduled) else "requested"
    return {
        "what": what,
        "by": Party.OPS if event.booked_by and is_news else Party.PASSENGER,
        "staff_id": event.booked_by if is_news else None,
        "pickup_at": time_told(event.pickup_at) if event.pickup_at is not None else None,
    }


def _of_driver(what: str) -> Callable[[Any], Told]:
    return lambda event: {"what": what, "by": Party.DRIVER, "driver_id": event.driver_id}


_TELL: Final[dict[type[Message], Callable[[Any], Told]]] = {
    RideRequested: _booked,
    RideScheduled: _booked,
    OffersMade: lambda event: {
        "what": "asked",
        "by": Party.OPS if event.by_desk else Party.SYSTEM,
        "round": event.round_no or None,
        "drivers": [placed.driver_id for placed in event.offers],
    },
    OffersClosed: lambda event: {
        "what": "offers_closed",
        "by": Party.SYSTEM,
        "drivers": event.drivers,
        "reason": event.reason,
    },
    OfferDeclined: lambda event: {**_of_driver("declined")(event), "reason": event.reason},
    RideAssigned: lambda event: {"what": "assigned", "by": Party.DRIVER, "driver_id": event.driver.driver_id},
    RideUnassigned: lambda event: {
        "what": "unassigned",
        "by": event.by,
        "driver_id": event.driver_id,
        "reason": event.reason,
    },
    FareChanged: lambda event: {
        "what": "fare_changed",
        "by": Party.OPS,
        "staff_id": event.staff_id,
        "fare": event.fare,
        "reason": event.reason,
    },
    NoteChanged: lambda event: {
        "what": "note_changed",
        "by": Party.OPS,
        "staff_id": event.staff_id,
        "note": event.note,
    },
    StaffActed: lambda event: {
        "what": "staff_acted",
        "by": Party.OPS,
        "staff_id": event.staff_id,
        "action": event.action,
        "driver_id": event.driver_id,
    },
    RideArrived: _of_driver("arrived"),
    PinRefused: _of_driver("pin_refused"),
    RideStarted: _of_driver("started"),
    RideCompleted: lambda event: {**_of_driver("completed")(event), "fare": event.fare},
    RideCancelled: lambda event: {
        "what": "cancelled",
        "by": event.by,
        "reason": event.reason,
        "fee": event.fee or None,
    },
    PassengerNoShow: lambda event: {**_of_driver("no_show")(event), "fee": event.fee or None},
    SearchFailed: lambda event: {"what": "no_drivers", "by": Party.SYSTEM, "reason": event.reason},
    RideRated: lambda event: {"what": "rated", "by": event.by, "rating": event.rating, "comment": event.comment},
    ChargeRequested: lambda event: {"what": "charge_requested", "by": Party.SYSTEM, "amount_minor": event.amount.minor},
    ChargeSettled: lambda event: {"what": "paid", "by": Party.SYSTEM},
    ChargeDeclined: lambda event: {"what": "payment_declined", "by": Party.SYSTEM, "reason": event.reason},
}
"""Events that people look for in the life of a ride, as they are told."""
