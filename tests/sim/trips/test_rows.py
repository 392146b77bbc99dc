"""A trip out of one row's cells; rows that are skipped are in test_reading.py."""

import pytest

from sim.trips.columns import layout
from sim.trips.rows import REASONS, RowReader, TripRow, Unusable
from sim.trips.times import TripClock

PLACES = ["pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon"]


def row(*cells: str, last: str = "dropoff_time", timed: bool = True) -> TripRow:
    header = ["pickup_time", *PLACES, last]
    return RowReader(layout(header, "trips.csv", {}, timed), TripClock(), timed).row(1, cells)


def line(points: str, timed: bool = False) -> TripRow:
    header = ["TIMESTAMP", "POLYLINE"]
    return RowReader(layout(header, "porto.csv", {}, timed), TripClock(), timed).row(1, ("1551513600", points))


@pytest.mark.parametrize(
    ("written", "degrees"),
    [
        ("-73.99", -73.99),
        ("-73,99", -73.99),
        ("\N{MINUS SIGN}73.99", -73.99),
        ("-7.399e1", -73.99),
        ("-73.99°", -73.99),
    ],
)
def test_degrees_are_read_as_people_write_numbers(written: str, degrees: float) -> None:
    assert row("2019-03-02 08:00", "40.75", written, "40.76", "-73.98", "2019-03-02 08:10").pickup == (40.75, degrees)


@pytest.mark.parametrize(
    ("last", "cell", "seconds"),
    [("trip_seconds", "1,380", 1_380.0), ("duration_s", "90.5", 90.5), ("dropoff_time", "2019-03-02 08:00:30", 30.0)],
)
def test_a_trip_lasts_as_long_as_its_end_or_its_seconds_say(last: str, cell: str, seconds: float) -> None:
    assert row("2019-03-02 08:00", "40.75", "-73.99", "40.76", "-73.98", cell, last=last).duration_s == seconds


@pytest.mark.parametrize(
    ("last", "cell", "reason", "why"),
    [
        ("dropoff_time", "2019-03-02 08:00", "bad duration", "is not after pickup_time"),
        ("dropoff_time", "", "bad time", "dropoff_time is missing"),
        ("dropoff_time", "2019-03-02 11:00:01", "bad duration", "took 3:00:01, a trip lasts 3 hours at most"),
        ("duration_s", "0", "bad duration", "the trip took 0 seconds"),
        ("duration_s", "-5", "bad duration", "the trip took -5 seconds"),
        ("duration_s", "", "bad duration", "duration_s is missing"),
        ("duration_s", "nine", "bad number", "duration_s 'nine' is not a number"),
        ("duration_s", "1e999", "bad duration", "the trip took inf seconds"),
    ],
)
def test_a_timed_trip_that_took_no_time_or_too_long_is_skipped(last: str, cell: str, reason: str, why: str) -> None:
    with pytest.raises(Unusable, match=why) as caught:
        row("2019-03-02 08:00", "40.75", "-73.99", "40.76", "-73.98", cell, last=last)
    assert caught.value.reason == reason
    assert reason in REASONS


def test_a_trip_out_of_town_is_one_and_a_trip_to_the_end_of_the_world_is_none() -> None:
    assert row("2019-03-02 08:00", "40.75", "-73.99", "41.82", "-71.41", "2019-03-02 10:59").dropoff == (41.82, -71.41)
    assert row("2019-03-02 08:00", "-17.8", "179.99", "-17.8", "-179.99", "2019-03-02 08:10").dropoff[1] == -179.99
    with pytest.raises(Unusable, match="dropoff is 301 km from the pickup") as caught:
        row("2019-03-02 08:00", "40", "0", "42.71", "0", "2019-03-02 08:10")
    assert caught.value.reason == "too far"


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ("", "no place"),
        ("[]", "no place"),
        ("[[-8.6,41.1]", "bad number"),
        ("[[-8.6]]", "bad number"),
        ('[["-8.6","41.1"]]', "unreadable line"),
        ("[[-8.6,91.1]]", "bad number"),
        ("[[-8.6,41.1],[-8.6,31.1]]", "too far"),
    ],
)
def test_a_line_that_has_no_two_ends_is_skipped_with_its_reason(points: str, reason: str) -> None:
    with pytest.raises(Unusable) as caught:
        line(points)
    assert caught.value.reason == reason


def test_a_line_of_one_point_is_a_trip_that_went_nowhere_and_took_no_time() -> None:
    assert line("[[-8.6,41.1]]").pickup == line("[[-8.6,41.1]]").dropoff == (41.1, -8.6)
    with pytest.raises(Unusable, match="took 0 seconds"):
        line("[[-8.6,41.1]]", timed=True)
