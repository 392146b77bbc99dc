"""The tables as others read them: one row for each. `db show`, `db check` and `db phones` go by it."""

from typing import Final, NamedTuple

from dispatch.words import OfferOutcome, PaymentStatus, PersonStatus, RideStatus


class TableRow(NamedTuple):
    """One table."""

    columns: str
    """The columns that people are shown, in order."""
    newest: tuple[str, ...]
    """The columns that make a row newer than another."""
    key: tuple[str, ...] = ()
    """What a row is called by, where the table follows from the events. Empty: it does not."""
    aside: tuple[str, ...] = ()
    """Columns that follow from no event."""
    unless: str = "0"
    """Rows for which this holds need no event."""
    status: str = ""
    statuses: tuple[str, ...] = ()
    """The column that rows are filtered by, and what may stand in it."""
    ride: str = ""
    """The condition for the rows of one ride; empty: the table has none."""


_OF_RIDE: Final = "ride_id = ?"

TABLES: Final[dict[str, TableRow]] = {
    "rides": TableRow(
        "ride_id, status, passenger_id, driver_id, pickup_address, dropoff_address, distance_km, duration_min, fare, search_no,"
        " requested_at, assigned_at, arrived_at, started_at, ended_at, ended_by, reason, fee, restarts, pickup_at,"
        " quote_id, fare_minor, currency, claimed_fare",
        newest=("requested_at", "ride_id"),
        key=("ride_id",),
        aside=("ride_no",),
        status="status",
        statuses=tuple(status.value for status in RideStatus if status != RideStatus.UNBOOKED),
        ride=_OF_RIDE,
    ),
    "drivers": TableRow(
        "driver_id, name, phone, rating, vehicle_type, vehicle_registration, status, ride_id, updated_at",
        newest=("updated_at", "driver_id"),
        key=("driver_id",),
        status="status",
        statuses=("available", "busy", "offline"),
        ride=_OF_RIDE,
    ),
    "events": TableRow(
        "n, at, stream, ride_id, kind, body",
        newest=("n",),
        ride="ride_no = (SELECT ride_no FROM rides WHERE ride_id = ?)",
    ),
    "offers": TableRow(
        "offer_id, ride_id, driver_id, search_no, round_no, outcome, pickup_distance_m, made_at, expires_at, closed_at",
        newest=("made_at", "offer_id"),
        key=("ride_id", "offer_id"),
        status="outcome",
        statuses=tuple(outcome.value for outcome in OfferOutcome if outcome != OfferOutcome.DECLINED_BEFORE),
        ride=_OF_RIDE,
    ),
    "tracks": TableRow(
        "ride_id, driver_id, leg, start_at, metres, points",
        newest=("start_at", "ride_id"),
        key=("ride_id", "driver_id", "leg", "start_at"),
        ride=_OF_RIDE,
    ),
    "quotes": TableRow(
        "quote_id, passenger_id, pickup_lat, pickup_lon, dropoff_lat, dropoff_lon, vehicle_type, fare_minor, currency,"
        " distance_m, duration_s, made_at, expires_at, ride_id, taken_at",
        newest=("made_at", "quote_id"),
        key=("quote_id",),
        ride=_OF_RIDE,
    ),
    "ratings": TableRow(
        "ride_id, by, rating, comment, driver_id, passenger_id, at",
        newest=("at", "ride_id", "by"),
        key=("ride_id", "by"),
        ride=_OF_RIDE,
    ),
    "charges": TableRow(
        "ride_id, passenger_id, amount_minor, currency, status, reference, reason, requested_at, settled_at",
        newest=("requested_at", "ride_id"),
        key=("ride_id",),
        status="status",
        statuses=tuple(status.value for status in PaymentStatus if status),
        ride=_OF_RIDE,
    ),
    "blocked_pairs": TableRow(
        "passenger_id, driver_id, blocked_at", newest=("blocked_at", "passenger_id", "driver_id")
    ),
    "people": TableRow("person_id, name, phone, added_at", newest=("added_at", "person_id"), key=("person_id",)),
    "roles": TableRow(
        "person_id, role, status, is_manager, since",
        newest=("since", "person_id", "role"),
        key=("person_id", "role"),
        status="status",
        statuses=tuple(status.value for status in PersonStatus),
    ),
    "documents": TableRow(
        "person_id, kind, number, expires_at", newest=("expires_at", "person_id", "kind"), key=("person_id", "kind")
    ),
    "login_codes": TableRow(
        "request_id, phone, address, role, for_nobody, made_at, tries, used_at", newest=("made_at", "request_id")
    ),
    "login_failures": TableRow("at", newest=("at",)),
    "login_sessions": TableRow(
        "session_id, person_id, role, generation, made_at, rotated_at, ends_at, revoked_at",
        newest=("made_at", "session_id"),
    ),
    "passengers": TableRow(
        "passenger_id, name, phone, rating, is_default",
        newest=("passenger_id",),
        key=("passenger_id",),
        aside=("is_default",),
        unless="is_default",
    ),
}
FOLLOWING: Final = {name: table for name, table in TABLES.items() if table.key}
"""The tables that follow from the events."""
