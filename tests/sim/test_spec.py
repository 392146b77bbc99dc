"""The fleet of a run, and options that would change nothing: each is refused with the one beside which it means nothing."""

import pytest

from dispatch.config import load
from dispatch.errors import SettingError
from sim.city.demand import Demand, trip_between
from sim.spec import fleet_for, make_plan, refuse_ignored

TRIP = trip_between((60.17, 24.94), (60.18, 24.95))


def asked_for(count: int, within_s: float) -> list[Demand]:
    """So many trips at equal distances, the first at second 0 and the last at `within_s`."""
    return [Demand(within_s * number / max(count - 1, 1), TRIP) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "within_s", "drivers"),
    [
        pytest.param(9_600, 86_400.0, 240, id="a day: one for each forty"),
        pytest.param(2_400, 14_400.0, 360, id="four busy hours: as many as for a day like them"),
        pytest.param(300, 1_800.0, 180, id="half an hour: as if nothing else came in the hour"),
        pytest.param(20, 600.0, 12, id="a few trips"),
        pytest.param(1, 0.0, 10, id="one trip"),
        pytest.param(0, 0.0, 10, id="none"),
    ],
)
def test_a_fleet_follows_the_pace_of_its_trips(count: int, within_s: float, drivers: int) -> None:
    assert fleet_for(asked_for(count, within_s)) == drivers


def test_the_shipped_day_has_its_fleet_and_a_wish_goes_first() -> None:
    assert len(make_plan(load({}, {}).simulate).starts) == 249
    assert len(make_plan(load({"drivers": "7"}, {}).simulate).starts) == 7


def test_part_of_a_day_is_not_left_without_drivers() -> None:
    wanted = load({"from": "17:00", "rides": "300"}, {}).simulate
    assert len(make_plan(wanted).starts) >= 150


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"worlds": "5"}, ("--worlds 5", "--scenario")),
        ({"scenario": "small", "trips": "F"}, ("--trips", "--scenario small")),
        ({"scenario": "small", "drivers": "5"}, ("--drivers", "--scenario small")),
        ({"scenario": "small", "batch": "5"}, ("--batch", "--scenario small")),
        ({"scenario": "lossy", "simulate_db": "day.db"}, ("--db", "--scenario lossy")),
        ({"scenario": "lossy", "for": "4h"}, ("--for", "--scenario lossy")),
        ({"scenario": "lossy", "network": "lossy"}, ("--network", "--scenario lossy")),
        ({"scenario": "small", "worlds": "2", "trace": "t"}, ("--trace", "--worlds 2")),
        ({"trips": "none", "from": "08:00"}, ("--from", "--trips none")),
        ({"trips": "none", "columns": "pickup_time=a"}, ("--columns", "--trips none")),
        ({"trips": "none", "skip_most": "1%"}, ("--skip-most", "--trips none")),
    ],
)
def test_a_flag_that_would_change_nothing_is_refused_with_the_one_that_makes_it_so(
    flags: dict[str, str], named: tuple[str, str]
) -> None:
    with pytest.raises(SettingError) as caught:
        refuse_ignored(load(flags, {}))
    assert all(flag in str(caught.value) for flag in named)


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"scenario": "small", "seed": "7", "permute": True, "json": True, "trace": "t"},
        {"scenario": "small", "worlds": "9", "seed": "7"},
        {"trips": "none", "drivers": "5", "for": "4h", "batch": "3", "codec": "on"},
        {"network": "lossy", "trips": "shipped", "for": "20m", "rides": "60", "drivers": "40", "permute": True},
        {"trips": "F", "from": "08:00", "columns": "pickup_time=a", "rides": "3"},
    ],
)
def test_flags_that_go_together_are_let_through(flags: dict[str, object]) -> None:
    refuse_ignored(load(flags, {}))


def test_the_environment_may_say_more_than_one_run_needs() -> None:
    refuse_ignored(load({"scenario": "small"}, {"DISPATCH_TRIPS": "F", "DISPATCH_BATCH": "3"}))
    refuse_ignored(load({}, {"DISPATCH_WORLDS": "3"}))
