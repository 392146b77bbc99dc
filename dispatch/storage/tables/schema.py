"""The tables, and the migrations that make them. Times are Unix seconds, distances metres unless named otherwise."""

from typing import Final, NamedTuple

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from dispatch.storage.tables.first_tables import FIRST_TABLES, QUOTES
from dispatch.words import OfferOutcome, PaymentStatus, PersonStatus, RideStatus

APPLICATION_ID: Final = 0x52494445  # "RIDE": tells our files from other people's SQLite files
FILED_BY_STREAM: Final = "stream NOT GLOB 'ride/*' AND stream NOT GLOB 'dispatcher/*'"
"""What a query by `stream` must say to be answered by its index. A ride's own stream is found by `ride_no`, a dispatcher's by nothing:
its events are found by the rides that they are about.
"""

migrations = Migrations("dispatch")


@migrations()
def m001_rides_and_journal(db: Database) -> None:
    """The journal and the four tables that follow from it.

    What a commit costs is the pages that it touches, and ids come in no order. So whatever changes often is found through numbers
    that rise with time (`n`, `ride_no`), which keeps the rides under way beside one another, and open rides and open offers have
    an index of their own. With 1,000,000 events on file this took a third off a commit's CPU.
    """
    for statement in FIRST_TABLES:
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


@migrations()
def m002_fees_and_restarts(db: Database) -> None:
    """What the passenger owes for a ride that ended early, in minor units, and how often it was offered anew."""
    db.execute("ALTER TABLE rides ADD COLUMN fee INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE rides ADD COLUMN restarts INTEGER NOT NULL DEFAULT 0")


@migrations()
def m003_tracks(db: Database) -> None:
    """Where drivers went on their rides, in pieces: `points` is JSON, seconds since `start_at`, latitude, longitude."""
    db.execute(
        """
        CREATE TABLE tracks (
            ride_id TEXT NOT NULL,
            driver_id TEXT NOT NULL,
            leg TEXT NOT NULL,
            start_at REAL NOT NULL,
            metres REAL NOT NULL,
            points TEXT NOT NULL
        ) STRICT
        """
    )
    db.execute("CREATE INDEX tracks_ride ON tracks (ride_id)")


@migrations()
def m004_rides_booked_ahead(db: Database) -> None:
    """When the passenger wants to be fetched, if not at once."""
    db.execute("ALTER TABLE rides ADD COLUMN pickup_at REAL")


@migrations()
def m005_folds(db: Database) -> None:
    """Where a driver's history was folded into one event: a driver who is woken is read from there on."""
    db.execute("CREATE INDEX events_folds ON events (stream, n) WHERE kind = 'DriverFolded'")


@migrations()
def m006_quotes(db: Database) -> None:
    """Prices that were promised, in minor units, and what a ride has of one beside what its app claimed."""
    db.execute(QUOTES)
    db.execute("ALTER TABLE rides ADD COLUMN quote_id TEXT")
    db.execute("ALTER TABLE rides ADD COLUMN fare_minor INTEGER")
    db.execute("ALTER TABLE rides ADD COLUMN currency TEXT")
    db.execute("ALTER TABLE rides ADD COLUMN claimed_fare REAL")


@migrations()
def m007_ratings(db: Database) -> None:
    """What people thought of one another. A driver's `rating` is the mean of all ratings and of a first one, 5.0."""
    for table in ("drivers", "passengers"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN stars INTEGER NOT NULL DEFAULT 0")
        db.execute(f"ALTER TABLE {table} ADD COLUMN ratings INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE passengers ADD COLUMN rating REAL NOT NULL DEFAULT 5.0")
    db.execute(
        """
        CREATE TABLE ratings (
            ride_id TEXT NOT NULL,
            by TEXT NOT NULL,
            rating INTEGER NOT NULL,
            comment TEXT NOT NULL,
            driver_id TEXT NOT NULL,
            passenger_id TEXT NOT NULL,
            at REAL NOT NULL,
            PRIMARY KEY (ride_id, by)
        ) STRICT, WITHOUT ROWID
        """
    )


@migrations()
def m008_blocked_pairs(db: Database) -> None:
    """Passengers and drivers who are never to meet."""
    db.execute(
        """
        CREATE TABLE blocked_pairs (
            passenger_id TEXT NOT NULL,
            driver_id TEXT NOT NULL,
            blocked_at REAL NOT NULL,
            PRIMARY KEY (passenger_id, driver_id)
        ) STRICT, WITHOUT ROWID
        """
    )


@migrations()
def m009_registered_rating(db: Database) -> None:
    """What a driver was registered with counts as the first rating; until now the first passenger's replaced it."""
    db.execute("ALTER TABLE drivers ADD COLUMN registered_rating REAL NOT NULL DEFAULT 5.0")
    db.execute(
        """
        UPDATE drivers SET registered_rating = coalesce((
            SELECT json_extract(body, '$.driver.rating') FROM events
            WHERE stream = 'driver/' || driver_id AND kind = 'DriverRegistered' ORDER BY n DESC LIMIT 1
        ), 5.0)
        """
    )
    db.execute("UPDATE drivers SET rating = round((registered_rating + stars) / (ratings + 1), 2) WHERE ratings > 0")


@migrations()
def m010_charges(db: Database) -> None:
    """What is collected by a provider: one charge a ride. `status`: `pending`, `paid` or `declined`."""
    db.execute(
        """
        CREATE TABLE charges (
            ride_id TEXT PRIMARY KEY,
            passenger_id TEXT NOT NULL,
            amount_minor INTEGER NOT NULL,
            currency TEXT NOT NULL,
            status TEXT NOT NULL,
            reference TEXT,
            reason TEXT,
            requested_at REAL NOT NULL,
            settled_at REAL
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute("CREATE INDEX charges_pending ON charges (requested_at) WHERE status = 'pending'")


@migrations()
def m011_fewer_pages(db: Database) -> None:
    """A commit touches fewer indexes: what a dispatcher records is not filed by its name, an open ride stays where it is in its index
    when its status changes, and open offers are found by the rides that are open.
    """
    db.execute("DROP INDEX events_stream")
    db.execute(f"CREATE INDEX events_stream ON events (stream) WHERE {FILED_BY_STREAM}")
    db.execute("DROP INDEX rides_open")
    db.execute("CREATE INDEX rides_open ON rides (requested_at) WHERE ended_at IS NULL")
    db.execute("DROP INDEX offers_open")


@migrations()
def m012_people(db: Database) -> None:
    """Who is on file, and as what. Phones are attributes: each belongs to one person at most."""
    for statement in (
        """
        CREATE TABLE people (
            person_id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            phone TEXT UNIQUE,
            added_at REAL NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE roles (
            person_id TEXT NOT NULL,
            role TEXT NOT NULL,
            status TEXT NOT NULL,
            is_manager INTEGER NOT NULL,
            since REAL NOT NULL,
            PRIMARY KEY (person_id, role)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE documents (
            person_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            number TEXT NOT NULL,
            expires_at REAL NOT NULL,
            PRIMARY KEY (person_id, kind)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX drivers_phone ON drivers (phone)",
        "CREATE INDEX passengers_phone ON passengers (phone)",
    ):
        db.execute(statement)


@migrations()
def m013_logins(db: Database) -> None:
    """Login codes of the last day and login sessions. No event tells of them. There is no secret in them: `mac` is a keyed hash."""
    for statement in (
        """
        CREATE TABLE login_codes (
            request_id TEXT PRIMARY KEY,
            phone TEXT NOT NULL,
            address TEXT NOT NULL,
            role TEXT NOT NULL,
            for_nobody INTEGER NOT NULL,
            key_id TEXT NOT NULL,
            mac TEXT NOT NULL,
            made_at REAL NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            used_at REAL
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX login_codes_phone ON login_codes (phone, made_at)",
        "CREATE INDEX login_codes_address ON login_codes (address, made_at)",
        "CREATE INDEX login_codes_made ON login_codes (made_at)",
        "CREATE TABLE login_failures (at REAL NOT NULL) STRICT",
        "CREATE INDEX login_failures_at ON login_failures (at)",
        """
        CREATE TABLE login_sessions (
            session_id TEXT PRIMARY KEY,
            person_id TEXT NOT NULL,
            role TEXT NOT NULL,
            key_id TEXT NOT NULL,
            generation INTEGER NOT NULL,
            made_at REAL NOT NULL,
            rotated_at REAL NOT NULL,
            ends_at REAL NOT NULL,
            revoked_at REAL
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX login_sessions_person ON login_sessions (person_id)",
        "CREATE INDEX login_sessions_ends ON login_sessions (ends_at)",
    ):
        db.execute(statement)


_ACTS_ON_PEOPLE: Final = (
    "PersonAdded",
    "PersonRenamed",
    "PhoneMoved",
    "RoleChanged",
    "DocumentKept",
    "PersonRemoved",
)
AUDITED: Final = (
    "(kind = 'StaffActed' OR ride_no IS NULL AND (" + " OR ".join(f"kind = '{kind}'" for kind in _ACTS_ON_PEOPLE) + "))"
)
"""What a query for staff's acts must say to be answered by its index. It is worked out for each event that is written: a ride's event
is compared with one kind alone. With IN, SQLite made a table of the kinds each time, which was a fifth of the journal's work.
"""


@migrations()
def m014_audit(db: Database) -> None:
    """What staff did is found without a look at every event. Rides' own events touch no page of it."""
    db.execute(f"CREATE INDEX events_audit ON events (n) WHERE {AUDITED}")


@migrations()
def m015_requests_of_staff(db: Database) -> None:
    """What staff changed of people under an Idempotency-Key in the last day, and what they were answered. No event tells of it."""
    db.execute(
        """
        CREATE TABLE staff_requests (
            staff_id TEXT NOT NULL,
            request_id TEXT NOT NULL,
            fingerprint INTEGER NOT NULL,
            answer TEXT NOT NULL,
            at REAL NOT NULL,
            PRIMARY KEY (staff_id, request_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute("CREATE INDEX staff_requests_at ON staff_requests (at)")


@migrations()
def m016_rides_of_people(db: Database) -> None:
    """The rides of a passenger, or of a driver, are found without a look at everybody else's."""
    db.execute("CREATE INDEX rides_passenger ON rides (passenger_id)")
    db.execute("CREATE INDEX rides_driver ON rides (driver_id) WHERE driver_id IS NOT NULL")


@migrations()
def m017_devices(db: Database) -> None:
    """Which devices a push can wake, each bound to the login session that registered it; no event tells of it."""
    db.execute(
        """
        CREATE TABLE devices (
            device_id TEXT PRIMARY KEY,
            token TEXT NOT NULL,
            platform TEXT NOT NULL,
            person_id TEXT NOT NULL,
            session_id TEXT NOT NULL,
            at REAL NOT NULL
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute("CREATE INDEX devices_person ON devices (person_id)")


@migrations()
def m018_audit_in_other_words(db: Database) -> None:
    """The index of files that were made when `AUDITED` said IN: a query finds it by its words."""
    db.execute("DROP INDEX events_audit")
    db.execute(f"CREATE INDEX events_audit ON events (n) WHERE {AUDITED}")


@migrations()
def m019_audit_of_rides_apart(db: Database) -> None:
    """The index of files that were made when `AUDITED` compared each event with all kinds."""
    m018_audit_in_other_words(db)


# -- the tables as others read them: one row for each. `db show`, `db check` and `db phones` go by it


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
    "staff_requests": TableRow("staff_id, request_id, at", newest=("at", "request_id")),
    "login_sessions": TableRow(
        "session_id, person_id, role, generation, made_at, rotated_at, ends_at, revoked_at",
        newest=("made_at", "session_id"),
    ),
    "devices": TableRow("device_id, platform, person_id, session_id, at", newest=("at", "device_id")),
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
