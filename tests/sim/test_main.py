"""The fleet that a trips file gets where nobody says how large it should be."""

import pytest

from dispatch.config import Settings, load
from dispatch.errors import SettingError
from sim.demand import Demand, trip_between
from sim.main import fleet_for, make_plan, run, simulate

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


@pytest.mark.parametrize("pricing", ["tariff", "http"])
def test_a_city_whose_fares_the_server_sets_is_served_as_any_other(pricing: str) -> None:
    wanted = load({"trips": "none", "rides": "60", "drivers": "20"}, {}).simulate
    settings = Settings(pricing=pricing, base_fare=10.0, per_km=8.5, waiting_per_minute=2.0)
    world, summary = run(settings, wanted, make_plan(wanted))
    assert world.watch.violations == []
    assert (summary["requests"], summary["completed"] > 40) == (60, True)


def test_a_tariff_without_rates_is_refused_before_anything_runs() -> None:
    with pytest.raises(SettingError, match="there is no tariff"):
        simulate(Settings(pricing="tariff"), load({}, {}).simulate)
