"""Demand from files of real trips, as cities publish them and spreadsheets save them.

`taken` says which trips of a file a run gets. Below it: `rows` makes a trip of a row's cells, `columns` finds the columns that it
needs, `times` reads moments as people write them, and `files`, `text` and `parquet` get cells out of bytes.
"""

from sim.trips.columns import CANONICAL
from sim.trips.reading import BadTrips, Skipped, Trips, TripsWanted
from sim.trips.rows import TripRow
from sim.trips.taken import DAY_S, SHIPPED, TripFile, read, timed_rows

__all__ = [
    "CANONICAL",
    "DAY_S",
    "SHIPPED",
    "BadTrips",
    "Skipped",
    "TripFile",
    "TripRow",
    "Trips",
    "TripsWanted",
    "read",
    "timed_rows",
]
