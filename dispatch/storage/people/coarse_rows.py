"""Makes the places in rows as coarse as `erasing` makes them in the events that these rows follow from."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from dispatch.storage.people import erasing
from dispatch.storage.tables.views import Change

PLACES: Final = ("pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon")
_READ: Final = "SELECT {} FROM {{}} WHERE {{}} = ?".format(", ".join(PLACES)).format
_SETS: Final = ", ".join(f"{column} = ?" for column in PLACES)


def coarse_ride(db: Database, ride_id: str) -> Iterator[Change]:
    """Where this ride begins and ends, without addresses."""
    for degrees in db.execute(_READ("rides", "ride_id"), (ride_id,)).fetchall():
        sets = f"UPDATE rides SET {_SETS}, pickup_address = '', dropoff_address = '' WHERE ride_id = ?"
        yield sets, (*map(erasing.coarse, degrees), ride_id)


def coarse_quote(db: Database, quote_id: str) -> Iterator[Change]:
    """Where the trip of this quote begins and ends."""
    for degrees in db.execute(_READ("quotes", "quote_id"), (quote_id,)).fetchall():
        yield f"UPDATE quotes SET {_SETS} WHERE quote_id = ?", (*map(erasing.coarse, degrees), quote_id)


def coarse_track(key: tuple[Any, ...], points: str) -> Change:
    """Where a driver went. `key`: ride, driver, leg and start of the track; `points`: its text until now."""
    coarse = erasing.encode(erasing.coarse_points(msgspec.json.decode(points)))
    where = "ride_id = ? AND driver_id = ? AND leg = ? AND start_at = ? AND points = ?"
    return f"UPDATE tracks SET points = ? WHERE {where}", (coarse, *key, points)
