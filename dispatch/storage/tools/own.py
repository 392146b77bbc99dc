"""What people read of their own on a file: who they are, their rides, what they took on a day. Times leave as RFC 3339, money in major
units.

A ride that is not theirs is found by the same statement as one that nobody booked, and is as little there.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from dispatch.ids import DriverId, PassengerId, PersonId, RideId
from dispatch.masking.phones import masked
from dispatch.principals import Principal, Role
from dispatch.storage.people import people
from dispatch.storage.tools import figures
from dispatch.storage.tools.desk import RIDES, ride_of, ride_row
from dispatch.storage.tools.time_online import online_s
from dispatch.timestamps import time_told
from dispatch.values import Passenger, Place, RideCard, Trip
from dispatch.words import Party, PersonRole, RideStatus

Told = dict[str, Any]
ReadByDriver = Callable[[RideCard, float | None, float], RideCard]
"""A ride as its driver reads it. The ride, when it ended (Unix seconds; None: it is not over), and now."""
_OWNER: Final = {Role.PASSENGER: "passenger_id", Role.DRIVER: "driver_id"}
_NOT_THE_PASSENGERS: Final = frozenset(("passenger_id", "restarts", "booked_by"))
_NOT_THE_DRIVERS: Final = frozenset(
    ("passenger_id", "restarts", "driver_id", "driver_name", "driver_phone", "vehicle_type", "vehicle_registration",
     "booked_by", "start_pin")
)  # fmt: skip
_NOT_OF_AN_ENTRY: Final = frozenset(("staff_id", "driver_id", "driver_name", "drivers", "note"))
"""The note stands with the ride, for as long as it may be read."""
_OPEN_RIDE: Final = {
    Role.PASSENGER: f"""SELECT ride_id FROM rides WHERE ended_at IS NULL AND passenger_id = ?
        AND status != '{RideStatus.SCHEDULED}' ORDER BY ride_no DESC LIMIT 1""",
    Role.DRIVER: "SELECT ride_id FROM drivers WHERE driver_id = ?",
}
_SUMS: Final = ("rides", "fares", "cash", "card", "fees")
"""Of the desk's takings of a driver, what the driver is told."""


class Sight(NamedTuple):
    """How much of a ride people see. `by_driver`: its driver. `whole_s`: seconds after its end for which its passenger reads the
    driver's phone; None: for ever. `digits`: of the minor unit of money.
    """

    by_driver: ReadByDriver
    whole_s: float | None
    digits: int


def me(db: Database, who: Principal) -> Told | None:
    """The person, in the role in which they ask, and the ride that they are on; None: nobody has this id any more."""
    found = people.person(db, PersonId(who.id))
    if found is None:
        return None
    on_file = next((role for role in found.roles if role.role == PersonRole(who.role)), None)
    told: Told = {
        "id": found.person_id,
        "role": who.role,
        "name": found.name,
        "phone": found.phone,
        "status": on_file.status if on_file is not None else None,
        "manager": who.is_manager or None,
    }
    if who.role in _OPEN_RIDE:
        row = db.execute(_OPEN_RIDE[who.role], (who.id,)).fetchone()
        told["open_ride_id"] = row[0] if row is not None else None
    if who.role is Role.DRIVER:
        query = "SELECT rating, vehicle_type, vehicle_registration FROM drivers WHERE driver_id = ?"
        row = db.execute(query, (who.id,)).fetchone()
        if row is not None:
            told |= zip(("rating", "vehicle_type", "vehicle_registration"), row, strict=True)
        told["documents"] = [
            {"kind": each.kind, "number": each.number, "expires_at": time_told(each.expires_at)}
            for each in found.documents
        ]
    return {name: value for name, value in told.items() if value is not None}


def rides_of(
    db: Database, who: Principal, only_open: bool, before: int | None, limit: int, now: float, sight: Sight
) -> tuple[list[Told], int | None]:
    """Up to `limit` rides of this person, the newest first, older than ride number `before` if one is given; and the number to go on
    before, None where there are no more.
    """
    where = f"r.{_OWNER[who.role]} = :who" + (" AND r.ended_at IS NULL" if only_open else "")
    query = f"{RIDES} WHERE {where} AND (:before IS NULL OR r.ride_no < :before) ORDER BY r.ride_no DESC LIMIT :limit"
    rows = list(db.query(query, {"who": who.id, "before": before, "limit": limit + 1}))
    last = rows[limit - 1]["ride_no"] if len(rows) > limit else None
    return [_seen(ride_row(dict(row)), row["ended_at"], who, now, sight) for row in rows[:limit]], last


def own_ride(db: Database, path: str, ride_id: RideId, who: Principal, now: float, sight: Sight) -> Told | None:
    """The ride of this person with its timeline, as they may see it; None: they have no such ride."""
    mine = db.execute(f"SELECT ended_at FROM rides WHERE ride_id = ? AND {_OWNER[who.role]} = ?", (ride_id, who.id))
    row = mine.fetchone()
    if row is None:
        return None
    told = ride_of(db, path, ride_id)
    if told is None:
        return None
    told["timeline"] = _timeline(told["timeline"], who, int(10**sight.digits))
    if told["status"] not in (RideStatus.ACCEPTED, RideStatus.ARRIVED):
        told["start_pin"] = None
    return _seen(told, row[0], who, now, sight)


def takings(
    db: Database, path: str, driver_id: DriverId, day: str, begins_at: float, ends_at: float, now: float, digits: int
) -> Told:
    """What the driver's rides that ended from `begins_at` until before `ends_at` (Unix seconds) came to, as the desk reads it, and how
    long the driver was online until `now`.
    """
    taken = figures.takings(db, begins_at, ends_at, digits, of=driver_id)
    sums = taken[0] if taken else dict.fromkeys(_SUMS, 0)
    online = online_s(db, path, driver_id, begins_at, max(begins_at, min(ends_at, now)))
    return {"day": day, **{name: sums[name] for name in _SUMS}, "online_s": online}


# -- who sees what


def _seen(told: Told, ended_at: float | None, who: Principal, now: float, sight: Sight) -> Told:
    """The ride as this person sees it: without what is not theirs to know, and without what there is none of."""
    told["fee"] = told["fee"] / int(10**sight.digits) if told["fee"] is not None else None
    if who.role is Role.DRIVER:
        told |= _card_fields(sight.by_driver(_card_of(told), ended_at, now))
        hidden = _NOT_THE_DRIVERS
    else:
        hidden = _NOT_THE_PASSENGERS
        is_late = sight.whole_s is not None and ended_at is not None and now >= ended_at + sight.whole_s
        if is_late and told["driver_phone"] is not None:
            told["driver_phone"] = masked(told["driver_phone"])
    return {name: value for name, value in told.items() if value is not None and name not in hidden}


def _card_of(told: Mapping[str, Any]) -> RideCard:
    pickup = Place(told["pickup_latitude"], told["pickup_longitude"], told["pickup_address"])
    dropoff = Place(told["dropoff_latitude"], told["dropoff_longitude"], told["dropoff_address"])
    passenger = Passenger(
        PassengerId(told["passenger_id"]), told["passenger_name"] or "", told["passenger_phone"] or ""
    )
    trip = Trip(pickup, dropoff, told["distance_km"], 0.0, told["fare"], note=told.get("note") or "")
    return RideCard(RideId(told["ride_id"]), 1, passenger, trip)


def _card_fields(card: RideCard) -> Told:
    pickup, dropoff = card.trip.pickup, card.trip.dropoff
    return {
        "passenger_name": card.passenger.name,
        "passenger_phone": card.passenger.phone,
        "pickup_latitude": pickup.lat,
        "pickup_longitude": pickup.lon,
        "pickup_address": pickup.address,
        "dropoff_latitude": dropoff.lat,
        "dropoff_longitude": dropoff.lon,
        "dropoff_address": dropoff.address,
        "note": card.trip.note or None,
    }


def _timeline(entries: list[Told], who: Principal, unit: int) -> list[Told]:
    """What this person saw happen. Other drivers are nobody's business: of those who were asked, the passenger reads how many. A rating
    and its words are for whoever gave it; whose of staff did something, and why a card was declined, is not told here.
    """
    if who.role is Role.DRIVER:
        since = max((at for at, entry in enumerate(entries) if entry["what"] == "assigned"), default=0)
        entries = entries[since:]
    side = Party.DRIVER if who.role is Role.DRIVER else Party.PASSENGER
    return [_entry(entry, unit) for entry in entries if _is_for(entry, side)]


def _is_for(entry: Told, side: Party) -> bool:
    if entry["what"] == "rated":
        return bool(entry["by"] == side)
    return entry["what"] not in ("declined", "offers_closed", "pin_refused", "charge_requested")


def _entry(entry: Told, unit: int) -> Told:
    told = {key: value for key, value in entry.items() if key not in _NOT_OF_AN_ENTRY}
    if entry["what"] == "asked":
        told["drivers_asked"] = len(entry.get("drivers", ()))
    if "fee" in told:
        told["fee"] /= unit
    if entry["what"] == "payment_declined":
        told.pop("reason", None)
    return told
