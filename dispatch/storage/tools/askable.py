"""Whom the desk can have asked for a ride, read of a file: live drivers, and the first rule that forbids each."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlite_utils import Database

from dispatch.ids import DriverId
from dispatch.storage.tools.drivers_live import drivers_page, why_not_offered
from dispatch.words import AskVerdict, OfferOutcome

Told = dict[str, Any]
MOST_LIVE: Final = 1_000_000
REFUSALS: Final = (OfferOutcome.DECLINED, OfferOutcome.DECLINED_BEFORE)
_PICKUP: Final = "SELECT passenger_id, pickup_lat, pickup_lon FROM rides WHERE ride_id = ?"
_ANSWERS: Final = "SELECT driver_id, outcome FROM offers WHERE ride_id = ? ORDER BY made_at"
_BLOCKED: Final = "SELECT driver_id FROM blocked_pairs WHERE passenger_id = ?"


def askable(
    db: Database, ride_id: str, now: float, asleep: Collection[DriverId] = ()
) -> tuple[tuple[float, float], list[Told]] | None:
    """The pickup, and all live drivers, also those who are `asleep`, with their `answers`: what each has said to this ride, `blocked`
    where the pair is. None: nobody booked under this id.
    """
    ride = db.execute(_PICKUP, (ride_id,)).fetchone()
    if ride is None:
        return None
    passenger_id, lat, lon = ride
    answers: dict[str, set[str]] = {}
    for driver_id, outcome in db.execute(_ANSWERS, (ride_id,)).fetchall():
        answers.setdefault(driver_id, set()).add(outcome)
    for (driver_id,) in db.execute(_BLOCKED, (passenger_id,)).fetchall():
        answers.setdefault(driver_id, set()).add(AskVerdict.BLOCKED)
    rows, _ = drivers_page(db, False, "", MOST_LIVE, now, asleep)
    return (lat, lon), [{**row, "answers": answers.get(row["driver_id"], set())} for row in rows]


def why_not_asked(row: Mapping[str, Any], is_fresh: bool, live_offers: int) -> AskVerdict | None:
    """Why the desk cannot have this driver asked for the ride; None: it can. The rules that hold for staff, in their order."""
    said = row["answers"]
    reasons = (
        (AskVerdict.BLOCKED in said, AskVerdict.BLOCKED),
        (not said.isdisjoint(REFUSALS), AskVerdict.DECLINED),
        (OfferOutcome.OPEN in said, AskVerdict.THINKING),
    )
    first = why_not_offered({**row, "open_offers": 0}, is_fresh, live_offers)
    mine = next((word for holds, word in reasons if holds), None)
    return first or mine or why_not_offered(dict(row), is_fresh, live_offers)
