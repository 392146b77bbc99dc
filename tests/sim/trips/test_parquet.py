"""Parquet, as New York publishes its years now: written here by the library that reads it."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

import cli
from sim.city.demand import DemandError
from sim.trips import TripRow, Trips, TripsWanted

ROWS = "range(3) AS rows(n)"
PLACES = "-73.99 AS Start_Lon, 40.75 AS Start_Lat, -73.98 AS End_Lon, 40.76 + n / 1000 AS End_Lat"


def written(folder: Path, columns: str, name: str = "trips.parquet") -> Path:
    import duckdb  # heavy

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY (SELECT {columns} FROM {ROWS}) TO '{folder / name}' (FORMAT parquet)")
    return folder / name


def reading(path: Path, timed: bool = False) -> tuple[list[TripRow], Trips]:
    trips = Trips(path, TripsWanted(timed=timed))
    return list(trips), trips


@pytest.mark.parametrize(
    "time",
    [
        "TIMESTAMP '2009-03-02 08:00:00' + INTERVAL (n) MINUTE",
        "TIMESTAMPTZ '2009-03-02 08:00:00+00' + INTERVAL (n) MINUTE",
        "strftime(TIMESTAMP '2009-03-02 08:00:00' + INTERVAL (n) MINUTE, '%Y-%m-%d %H:%M:%S')",
        "1235980800 + 60 * n",
    ],
)
@pytest.mark.parametrize("name", ["trips.parquet", "trips.csv", "a [1] * trips?.parquet"])
def test_a_year_of_new_yorks_is_read_whatever_kind_its_times_are_of(tmp_path: Path, time: str, name: str) -> None:
    file = written(tmp_path, f"'VTS' AS vendor_name, {time} AS Trip_Pickup_DateTime, {PLACES}", name)
    rows, trips = reading(file)
    assert [row.at for row in rows] == [datetime(2009, 3, 2, 8, minute) for minute in range(3)]
    assert [(row.pickup, row.dropoff) for row in rows] == [
        ((40.75, -73.99), (40.76 + n / 1000, -73.98)) for n in range(3)
    ]
    assert trips.skipped.count == 0


def test_rows_without_places_are_counted_as_anywhere_else(tmp_path: Path) -> None:
    missing = PLACES.replace("-73.98 AS", "CASE WHEN n = 1 THEN NULL ELSE -73.98 END AS")
    rows, trips = reading(written(tmp_path, f"TIMESTAMP '2009-03-02' AS pickup_datetime, {missing}"))
    assert (len(rows), trips.skipped.reasons) == (2, {"no place": 1})
    assert trips.skipped.first == "row 2: End_Lon is missing"


def test_lines_of_points_are_read(tmp_path: Path) -> None:
    file = written(tmp_path, "1235980800 AS TIMESTAMP, [[-8.618643, 41.141412], [-8.6, 41.2]] AS POLYLINE")
    rows, _ = reading(file, timed=True)
    assert (rows[0].pickup, rows[0].dropoff, rows[0].duration_s) == ((41.141412, -8.618643), (41.2, -8.6), 15.0)


def test_zone_numbers_are_refused_by_that_word(tmp_path: Path) -> None:
    with pytest.raises(DemandError, match="has zone numbers only"):
        reading(
            written(tmp_path, "TIMESTAMP '2023-01-01' AS tpep_pickup_datetime, 4 AS PULocationID, 5 AS DOLocationID")
        )


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    file = written(tmp_path, f"TIMESTAMP '2009-03-02' AS pickup_datetime, {PLACES}")
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(DemandError, match=r"cannot read .*trips\.parquet: [^\n]+$"):
        reading(file)


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    """In an interpreter of its own, where that package cannot be imported."""
    file = written(tmp_path, f"TIMESTAMP '2009-03-02' AS pickup_datetime, {PLACES}")
    code = "import sys; sys.modules['duckdb'] = None; import cli; cli.main()"
    command = [sys.executable, "-c", code, "simulate", "--trips", str(file)]
    environment = {"PYTHONPATH": str(Path(cli.__file__).parent)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert f"{file} is a Parquet file" in ended.stderr
    assert "pip install 'dispatch-ridehail[trips]'" in ended.stderr
