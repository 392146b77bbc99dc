"""Figures of a day and what each driver took, read of a file. A day is two Unix seconds, of which the second is not part of it.

Each figure counts what happened on that day, whenever the ride was asked for. Money is in minor units until it leaves.
"""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any, Final

from sqlite_utils import Database

from dispatch.domain.pricing.money import in_minor, rounded
from dispatch.timestamps import rfc3339
from dispatch.words import Party, RideStatus

Told = dict[str, Any]
_ENDED: Final = """
    SELECT r.status, r.ended_by, r.fare, r.fee, r.distance_km, r.driver_id, d.name,
        EXISTS (SELECT 1 FROM charges AS c WHERE c.ride_id = r.ride_id)
    FROM rides AS r LEFT JOIN drivers AS d USING (driver_id) WHERE r.ended_at >= ? AND r.ended_at < ? ORDER BY r.ended_at"""
_REQUESTED: Final = "SELECT requested_at FROM rides WHERE requested_at >= ? AND requested_at < ?"
_ASSIGNED: Final = (
    "SELECT assigned_at, assigned_at - requested_at FROM rides WHERE assigned_at >= ? AND assigned_at < ?"
)
_OVER: Final = "SELECT ended_at, status, fare FROM rides WHERE ended_at >= ? AND ended_at < ?"
HOUR_S: Final = 3600.0
_SUMS: Final = ("rides", "fares", "cash", "card", "fees", "distance_km", "without_fare")


def figures(db: Database, since: float, until: float, digits: int) -> Told:
    """What happened on this day. `digits`: of the currency.

    `seconds_to_assign`: from when the ride was asked for to when it had its driver, of those who got one that day; by nearest rank.
    """
    day = (since, until)
    (requests,) = db.execute("SELECT count(*) FROM rides WHERE requested_at >= ? AND requested_at < ?", day).fetchone()
    waits = [
        wait_s
        for (wait_s,) in db.execute(
            "SELECT assigned_at - requested_at FROM rides WHERE assigned_at >= ? AND assigned_at < ? ORDER BY 1", day
        ).fetchall()
    ]
    ended = db.execute(_ENDED, day).fetchall()
    completed = [rounded(in_minor(fare, digits)) for status, _, fare, *_ in ended if status == RideStatus.COMPLETED]
    cancelled = [by for status, by, *_ in ended if status == RideStatus.CANCELLED]
    unit = int(10**digits)
    return {
        "requests": requests,
        "assigned": len(waits),
        "completed": len(completed),
        "cancelled": {by.value: cancelled.count(by) for by in Party},
        "no_show": sum(status == RideStatus.NO_SHOW for status, *_ in ended),
        "no_drivers": sum(status == RideStatus.NO_DRIVERS for status, *_ in ended),
        "seconds_to_assign": {"p50": nearest_rank(waits, 0.5), "p90": nearest_rank(waits, 0.9)},
        "revenue": sum(completed) / unit,
        "fees": sum(fee for _, _, _, fee, *_ in ended) / unit,
        "without_fare": completed.count(0),
    }


def by_hour(db: Database, since: float, until: float, digits: int) -> list[Told]:
    """The figures of each hour of the day that a chart shows."""
    day, unit = (since, until), int(10**digits)
    begins = [since + HOUR_S * hour for hour in range(ceil((until - since) / HOUR_S))]
    requested = _hourly(begins, db.execute(_REQUESTED, day).fetchall())
    waits = [sorted(wait_s for (wait_s,) in hour) for hour in _hourly(begins, db.execute(_ASSIGNED, day).fetchall())]
    ended = _hourly(begins, db.execute(_OVER, day).fetchall())
    fares = [
        [rounded(in_minor(fare, digits)) for status, fare in hour if status == RideStatus.COMPLETED] for hour in ended
    ]
    return [
        {
            "at": rfc3339(at),
            "requests": len(requested[hour]),
            "completed": len(fares[hour]),
            "no_drivers": sum(status == RideStatus.NO_DRIVERS for status, _ in ended[hour]),
            "revenue": sum(fares[hour]) / unit,
            "p50": nearest_rank(waits[hour], 0.5),
            "p90": nearest_rank(waits[hour], 0.9),
        }
        for hour, at in enumerate(begins)
    ]


def _hourly(begins: Sequence[float], rows: Iterable[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
    """The rows by the hour that their first column, a time, lies in; without that column."""
    hours: list[list[tuple[Any, ...]]] = [[] for _ in begins]
    for at, *rest in rows:
        hours[int((at - begins[0]) // HOUR_S)].append(tuple(rest))
    return hours


def nearest_rank(values: Sequence[float], share: float) -> float | None:
    """The smallest of these sorted values that at least this share of them does not exceed; None: there are none."""
    return round(values[max(0, ceil(share * len(values)) - 1)], 1) if values else None


def takings(db: Database, since: float, until: float, digits: int, of: str | None = None) -> list[Told]:
    """What each driver's rides that ended on this day came to, by name; of one driver alone if `of` names one.

    `fees`: of passengers who cancelled late or did not come. A ride without a fare is counted as `without_fare`.
    """
    by_driver: dict[str, Told] = {}
    for status, _, fare, fee, distance_km, driver_id, name, by_card in db.execute(_ENDED, (since, until)).fetchall():
        if driver_id is None or driver_id != (of or driver_id) or (status != RideStatus.COMPLETED and not fee):
            continue
        empty = {"driver_id": driver_id, "driver_name": name, **dict.fromkeys(_SUMS, 0)}
        row = by_driver.setdefault(driver_id, empty)
        row["fees"] += fee
        if status == RideStatus.COMPLETED:
            minor = rounded(in_minor(fare, digits))
            row["rides"] += 1
            row["fares"] += minor
            row["card" if by_card else "cash"] += minor
            row["distance_km"] += distance_km
            row["without_fare"] += not minor
    unit = int(10**digits)
    for row in by_driver.values():
        row |= {name: row[name] / unit for name in ("fares", "cash", "card", "fees")}
        row["distance_km"] = round(row["distance_km"], 3)
    return sorted(by_driver.values(), key=lambda row: (row["driver_name"] or "", row["driver_id"]))
