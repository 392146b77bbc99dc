"""Which columns of a file hold its trips, as people write it: `pickup_time=Start,pickup_lat=Lat 1` names them after the `=`."""

TRIP_COLUMNS = (
    "pickup_time",
    "pickup_lat",
    "pickup_lon",
    "dropoff_lat",
    "dropoff_lon",
    "dropoff_time",
    "duration_s",
    "polyline",
)
"""What a file of trips may say of a trip."""


def columns_named(written: str) -> dict[str, str]:
    """The file's own names by what they hold.

    Raises ValueError: it is no such list, or names no column or one twice.
    """
    named: dict[str, str] = {}
    for entry in written.split(",") if written.strip() else ():
        what, sign, name = (part.strip() for part in entry.partition("="))
        if what not in TRIP_COLUMNS or not sign or not name or what in named:
            raise ValueError(entry)
        named[what] = name
    return named
