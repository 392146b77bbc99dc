"""Rows lose as much of their places as the events that they follow from."""

import msgspec
import pytest

from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import erasing
from dispatch.storage.people.coarse_rows import coarse_quote, coarse_ride, coarse_track
from tests.storage.people.test_removal import fill

PLACES = "pickup_lat, pickup_lon, dropoff_lat, dropoff_lon"
COARSE = (-26.2, 28.05, -26.19, 28.06)


@pytest.mark.parametrize(("table", "name", "ident"), [("rides", "ride", "canary-1"), ("quotes", "quote", "canary-q1")])
def test_where_a_trip_begins_and_ends_is_known_to_a_kilometre(
    writer: Writer, table: str, name: str, ident: str
) -> None:
    fill(writer)
    where = f"FROM {table} WHERE {name}_id = '{ident}'"
    assert writer.db.execute(f"SELECT {PLACES} {where}").fetchone() != COARSE
    writer.write([], list((coarse_ride if name == "ride" else coarse_quote)(writer.db, ident)))
    assert writer.db.execute(f"SELECT {PLACES} {where}").fetchone() == COARSE
    if name == "ride":
        assert writer.db.execute(f"SELECT pickup_address, dropoff_address {where}").fetchone() == ("", "")


def test_one_track_loses_its_points_and_no_other_does(writer: Writer) -> None:
    fill(writer)
    rows = "SELECT ride_id, driver_id, leg, start_at, points FROM tracks ORDER BY start_at, ride_id"
    before = writer.db.execute(rows).fetchall()
    *key, points = mine = next(row for row in before if row[0] == "canary-1")
    writer.write([], [coarse_track(tuple(key), points)])
    after = writer.db.execute(rows).fetchall()
    (told,) = set(after) - set(before)
    assert set(before) - set(after) == {mine}
    assert (
        msgspec.json.decode(told[-1])
        == erasing.coarse_points(msgspec.json.decode(points))
        != msgspec.json.decode(points)
    )


def test_what_is_not_there_is_not_changed(writer: Writer) -> None:
    assert [*coarse_ride(writer.db, "nobody"), *coarse_quote(writer.db, "nobody")] == []
