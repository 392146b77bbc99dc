"""Who calls, read of a file: passengers by the beginning of their phones, with the places that they usually name."""

from collections.abc import Sequence
from typing import Any, Final

from sqlite_utils import Database

Told = dict[str, Any]
MOST_CALLERS: Final = 6
MOST_PLACES: Final = 5
RIDES_LOOKED_AT: Final = 50
"""Of each caller, the latest."""
_AFTER_DIGITS: Final = ":"
"""The sign behind `9`: no phone that begins with some digits is behind those digits and this."""
_CALLERS: Final = """
    SELECT passenger_id, name, phone, (SELECT count(*) FROM rides AS r WHERE r.passenger_id = p.passenger_id) AS rides
    FROM passengers AS p WHERE phone >= ? AND phone < ? ORDER BY phone LIMIT ?"""
_PLACES: Final = """
    SELECT pickup_address, pickup_lat, pickup_lon, dropoff_address, dropoff_lat, dropoff_lon FROM rides
    WHERE passenger_id = ? ORDER BY ride_no DESC LIMIT ?"""


def callers(db: Database, beginnings: Sequence[str]) -> list[Told]:
    """Passengers whose phone begins with one of these runs of digits, a few at most, each with the last pickup and the drop-offs that
    they named most, of the same number the latest first.
    """
    found: dict[str, Told] = {}
    for digits in beginnings:
        for row in db.query(_CALLERS, [digits, digits + _AFTER_DIGITS, MOST_CALLERS]):
            found.setdefault(row["passenger_id"], row)
    return [{**row, **_places(db, row.pop("passenger_id"))} for row in list(found.values())[:MOST_CALLERS]]


def _places(db: Database, passenger_id: str) -> Told:
    rows = db.execute(_PLACES, (passenger_id, RIDES_LOOKED_AT)).fetchall()
    told: dict[str, Told] = {}
    times: dict[str, int] = {}
    for _, _, _, address, lat, lon in rows:
        told.setdefault(address, _place(address, lat, lon))
        times[address] = times.get(address, 0) + 1
    usual = sorted(told, key=lambda address: -times[address])[:MOST_PLACES]
    last = {"pickup": _place(*rows[0][:3])} if rows else {}
    return {**last, "dropoffs": [told[address] for address in usual]}


def _place(address: str, lat: float, lon: float) -> Told:
    return {"address": address, "latitude": lat, "longitude": lon}
