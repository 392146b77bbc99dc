"""The statements of the first migrations. Files have run them, so they never change: a later migration in `schema` does it."""

from typing import Final

FIRST_TABLES: Final = (
    """
    CREATE TABLE passengers (
        passenger_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        phone TEXT NOT NULL,
        is_default INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE drivers (
        driver_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        phone TEXT NOT NULL,
        rating REAL NOT NULL,
        vehicle_type TEXT NOT NULL,
        vehicle_registration TEXT NOT NULL,
        status TEXT NOT NULL AS (
            CASE WHEN ride_id IS NOT NULL THEN 'busy' WHEN online AND wants_offers THEN 'available' ELSE 'offline' END
        ),
        ride_id TEXT,
        online INTEGER NOT NULL DEFAULT 0,
        wants_offers INTEGER NOT NULL DEFAULT 1,
        updated_at REAL NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE rides (
        ride_no INTEGER PRIMARY KEY,
        ride_id TEXT NOT NULL UNIQUE,
        passenger_id TEXT NOT NULL,
        status TEXT NOT NULL,
        search_no INTEGER NOT NULL,
        driver_id TEXT,
        pickup_lat REAL NOT NULL,
        pickup_lon REAL NOT NULL,
        pickup_address TEXT NOT NULL,
        dropoff_lat REAL NOT NULL,
        dropoff_lon REAL NOT NULL,
        dropoff_address TEXT NOT NULL,
        distance_km REAL NOT NULL,
        duration_min REAL NOT NULL,
        fare REAL NOT NULL,
        requested_at REAL NOT NULL,
        assigned_at REAL,
        arrived_at REAL,
        started_at REAL,
        ended_at REAL,
        ended_by TEXT,
        reason TEXT
    ) STRICT
    """,
    "CREATE INDEX rides_open ON rides (status) WHERE ended_at IS NULL",
    """
    CREATE TABLE offers (
        ride_id TEXT NOT NULL,
        offer_id TEXT NOT NULL,
        driver_id TEXT NOT NULL,
        search_no INTEGER NOT NULL,
        round_no INTEGER NOT NULL,
        pickup_distance_m REAL NOT NULL,
        made_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        closed_at REAL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (ride_id, offer_id)
    ) STRICT
    """,
    "CREATE INDEX offers_open ON offers (driver_id) WHERE outcome = 'open'",
    """
    CREATE TABLE events (
        n INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        stream TEXT NOT NULL,
        ride_id TEXT,
        ride_no INTEGER,
        kind TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX events_stream ON events (stream) WHERE stream NOT GLOB 'ride/*'",
    "CREATE INDEX events_ride ON events (ride_no) WHERE ride_no IS NOT NULL",
)
QUOTES: Final = """
    CREATE TABLE quotes (
        quote_id TEXT PRIMARY KEY,
        passenger_id TEXT,
        pickup_lat REAL NOT NULL,
        pickup_lon REAL NOT NULL,
        dropoff_lat REAL NOT NULL,
        dropoff_lon REAL NOT NULL,
        vehicle_type TEXT NOT NULL,
        fare_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        distance_m INTEGER NOT NULL,
        duration_s INTEGER NOT NULL,
        made_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        ride_id TEXT,
        taken_at REAL
    ) STRICT, WITHOUT ROWID
    """
