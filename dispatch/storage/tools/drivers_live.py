"""Drivers as a file tells them now: whether they are online, want offers, drive, hold offers, and what their file says against it."""

from typing import Any, Final

from sqlite_utils import Database

from dispatch.ids import DriverId
from dispatch.words import AskVerdict

Told = dict[str, Any]
_DRIVERS: Final = """
    SELECT d.driver_id, d.name, d.phone, d.rating, d.vehicle_type, d.vehicle_registration, d.online, d.wants_offers, d.ride_id,
        (SELECT count(*) FROM offers AS o WHERE o.driver_id = d.driver_id AND o.outcome = 'open') AS open_offers,
        EXISTS (SELECT 1 FROM roles AS r WHERE r.person_id = d.driver_id AND r.role = 'driver' AND r.status = 'suspended')
            AS is_suspended,
        EXISTS (SELECT 1 FROM documents AS f WHERE f.person_id = d.driver_id AND f.expires_at <= :now) AS is_expired
    FROM drivers AS d WHERE (:all OR d.online OR d.ride_id IS NOT NULL)
    ORDER BY d.driver_id LIMIT :limit OFFSET :skipped"""


def why_not_offered(row: Told, is_fresh: bool, live_offers: int) -> AskVerdict | None:
    """Why this driver is asked for no ride now; None: nothing is in the way. `is_fresh`: whether it is known where the driver is."""
    reasons = (
        (row["is_suspended"], AskVerdict.SUSPENDED),
        (row["is_expired"], AskVerdict.DOCUMENT_ENDED),
        (row["ride_id"] is not None, AskVerdict.BUSY),
        (not row["online"], AskVerdict.OFFLINE),
        (not row["wants_offers"], AskVerdict.UNAVAILABLE),
        (not is_fresh, AskVerdict.STALE),
        (row["open_offers"] >= live_offers, AskVerdict.HOLDS_OFFER),
    )
    return next((word for holds, word in reasons if holds), None)


def drivers_page(db: Database, everybody: bool, skipped: int, limit: int, now: float) -> tuple[list[Told], int | None]:
    """Up to `limit` drivers by id, after so many, and after how many to go on, None: there are no more. `everybody`: those as well who
    are neither online nor on a ride.
    """
    asked = {"all": everybody, "skipped": skipped, "limit": limit + 1, "now": now}
    rows = list(db.query(_DRIVERS, asked))
    return rows[:limit], skipped + limit if len(rows) > limit else None


def offers_made(db: Database, driver_id: DriverId) -> int:
    """How many offers this driver has had so far."""
    return int(db.execute("SELECT count(*) FROM offers WHERE driver_id = ?", (driver_id,)).fetchone()[0])
