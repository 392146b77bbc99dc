"""Drivers as a file tells them now: whether they are online, want offers, drive, hold offers, and what their file says against it."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from dispatch.ids import DriverId, RideId
from dispatch.words import AskVerdict, DriverStatus

Told = dict[str, Any]
_DRIVERS: Final = """
    SELECT d.driver_id, d.name, d.phone, d.rating, d.vehicle_type, d.vehicle_registration, d.online, d.wants_offers, d.ride_id,
        (SELECT count(*) FROM offers AS o WHERE o.driver_id = d.driver_id AND o.outcome = 'open') AS open_offers,
        EXISTS (SELECT 1 FROM roles AS r WHERE r.person_id = d.driver_id AND r.role = 'driver' AND r.status = 'suspended')
            AS is_suspended,
        EXISTS (SELECT 1 FROM documents AS f WHERE f.person_id = d.driver_id AND f.expires_at <= :now) AS is_expired,
        d.driver_id IN (SELECT value FROM json_each(:asleep)) AS is_asleep
    FROM drivers AS d WHERE d.driver_id > :after AND (:all OR d.online OR d.ride_id IS NOT NULL OR is_asleep)
    ORDER BY d.driver_id LIMIT :limit"""


def why_not_offered(row: Told, is_fresh: bool, live_offers: int) -> AskVerdict | None:
    """Why this driver is asked for no ride now; None: nothing is in the way. `is_fresh`: whether it is known where the driver is; of
    one who is asleep the last place is.
    """
    is_asleep = bool(row["is_asleep"])
    reasons = (
        (row["is_suspended"], AskVerdict.SUSPENDED),
        (row["is_expired"], AskVerdict.DOCUMENT_ENDED),
        (row["ride_id"] is not None, AskVerdict.BUSY),
        (not row["online"] and not is_asleep, AskVerdict.OFFLINE),
        (not row["wants_offers"], AskVerdict.UNAVAILABLE),
        (not is_fresh and not is_asleep, AskVerdict.STALE),
        (row["open_offers"] >= live_offers, AskVerdict.HOLDS_OFFER),
    )
    return next((word for holds, word in reasons if holds), None)


def held_back(row: Told) -> DriverStatus | None:
    """Why this driver's file keeps offers away; None: it does not."""
    if row["is_suspended"]:
        return DriverStatus.SUSPENDED
    return DriverStatus.DOCUMENT_ENDED if row["is_expired"] else None


def drivers_page(
    db: Database, everybody: bool, after: str, limit: int, now: float, asleep: Collection[DriverId] = ()
) -> tuple[list[Told], str | None]:
    """Up to `limit` drivers by id, behind the id `after`, and behind which to go on, None: there are no more. `everybody`: those as
    well who are neither online nor on a ride nor `asleep`. Who comes or goes meanwhile moves nobody from one page to another.
    """
    asked = {"all": everybody, "after": after, "limit": limit + 1, "now": now}
    asked["asleep"] = msgspec.json.encode(sorted(asleep)).decode()
    rows = list(db.query(_DRIVERS, asked))
    return rows[:limit], rows[limit - 1]["driver_id"] if len(rows) > limit else None


def names_of(db: Database, driver_ids: Sequence[str]) -> dict[str, str]:
    """The names of these drivers."""
    query = "SELECT driver_id, name FROM drivers WHERE driver_id IN (SELECT value FROM json_each(?))"
    return dict(db.execute(query, (msgspec.json.encode(driver_ids).decode(),)).fetchall())


def free_drivers(db: Database) -> list[DriverId]:
    """Who is online, wants offers and has no ride."""
    found = db.execute("SELECT driver_id FROM drivers WHERE online AND wants_offers AND ride_id IS NULL")
    return [DriverId(driver_id) for (driver_id,) in found.fetchall()]


def offers_made(db: Database, driver_ids: Collection[DriverId], ride_id: RideId | None = None) -> int:
    """How many offers these drivers have had so far, for this ride if one is named."""
    query = """SELECT count(*) FROM offers
        WHERE driver_id IN (SELECT value FROM json_each(:drivers)) AND (:ride IS NULL OR ride_id = :ride)"""
    asked = {"drivers": msgspec.json.encode(sorted(driver_ids)).decode(), "ride": ride_id}
    return int(db.execute(query, asked).fetchone()[0])
