"""Columns by the names that people give them, and what is said where one is missing."""

import pytest

from sim.city.demand import DemandError
from sim.trips.columns import layout

PLACES = ["pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon"]


def names(header: list[str], timed: bool = False, **named: str) -> tuple[str, ...]:
    """What the columns are called that are read."""
    return layout(header, "trips.csv", named, timed).names


def test_the_surest_name_wins_where_several_would_do() -> None:
    header = ["timestamp", "start_time", "tpep_pickup_datetime", "pickup_time", *PLACES]
    assert names(header)[0] == "pickup_time"
    assert names(header[:2] + PLACES)[0] == "start_time"


def test_what_the_user_names_goes_before_what_is_known() -> None:
    header = ["pickup_time", "Bestellt um", *PLACES, "Ende"]
    assert names(header, pickup_time="Bestellt um")[0] == "Bestellt um"
    assert names(header, pickup_time="bestellt_um", timed=True, dropoff_time="Ende")[5] == "Ende"


def test_a_line_of_points_is_read_where_there_are_no_places_or_where_it_is_named() -> None:
    assert names(["TIMESTAMP", "POLYLINE"]) == ("TIMESTAMP", "POLYLINE")
    assert names(["pickup_time", *PLACES, "polyline"])[1:] == tuple(PLACES)
    assert names(["pickup_time", *PLACES, "way"], polyline="way") == ("pickup_time", "way")


@pytest.mark.parametrize(
    ("missing", "header", "said"),
    [
        (
            "pickup_time",
            ["pickup_latitude", "pickup_longitude", "fare"],
            r"; --columns pickup_time=NAME says which it is \(it has",
        ),
        ("pickup_time", ["pickup_tme", *PLACES], "; did you mean 'pickup_tme'?"),
        ("pickup_lat", ["pickup_time", "pickup_latt", *PLACES[1:]], "; did you mean 'pickup_latt'?"),
        ("pickup_lon", ["pickup_time", "pickup_lat", *PLACES[2:], "a" * 60], "--columns pickup_lon=NAME"),
        ("dropoff_lat", ["Date/Time", "pickup time", "pickup lat", "pickup lon"], "--columns dropoff_lat=NAME"),
        ("pickup_time", [str(number) for number in range(40)], r"24 and 15 more\)"),
    ],
)
def test_a_missing_column_is_named_with_one_that_could_be_it(missing: str, header: list[str], said: str) -> None:
    with pytest.raises(DemandError, match=rf"trips\.csv has no column {missing}.*") as caught:
        names(header)
    assert said.replace("\\", "") in str(caught.value)


def test_a_name_of_the_users_that_the_file_does_not_have_is_told() -> None:
    with pytest.raises(
        DemandError, match=r"no column Strat, which --columns names for pickup_time; did you mean 'Start'\?"
    ):
        names(["Start", *PLACES], pickup_time="Strat")


@pytest.mark.parametrize("zone", ["PULocationID", "locationID", "Pickup Community Area"])
def test_numbers_of_zones_are_no_places(zone: str) -> None:
    with pytest.raises(DemandError, match="has zone numbers only"):
        names(["pickup_datetime", zone])
