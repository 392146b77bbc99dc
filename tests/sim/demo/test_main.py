"""What a demo is made of, by the settings: fleet, demand, pace, port and file."""

from pathlib import Path
from typing import Any

import pytest

from dispatch.config import load
from dispatch.errors import SettingError
from dispatch.storage.tools.seed import demo_fleet
from sim.demo import main as demo
from sim.demo.main import DemoPlan, demo_plan
from sim.trips import read


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def plan_of(**flags: Any) -> DemoPlan:
    return demo_plan(load(flags, {}), "somewhere")


def test_by_default_a_big_fleet_meets_the_shipped_morning_at_more_than_a_ride_a_second() -> None:
    plan = plan_of()
    assert len(plan.fleet) == demo.DRIVERS
    assert plan.rides_per_s > 1.0
    assert plan.title == "real trips: New York, 15 January 2015 from 07:00"
    real = read(None, from_time="07:00", for_s=5 * 3600.0, rides=None).demands
    assert [demand.at for demand in plan.demands] == [demand.at for demand in real]
    assert plan.demands[101:104] == real[101:104], "but for the short rides from ranks"


def test_drivers_are_the_people_of_the_seeded_fleet_and_start_where_somebody_was_picked_up() -> None:
    plan = plan_of(drivers="40")
    real = read(None, from_time="07:00", for_s=5 * 3600.0, rides=None).demands
    pickups = {(demand.trip.pickup.lat, demand.trip.pickup.lon) for demand in real}
    assert [driver_id for driver_id, _ in plan.fleet] == [card.driver_id for card in demo_fleet(40)]
    assert {at for _, at in plan.fleet} <= pickups
    assert len({at for _, at in plan.fleet}) > 25


def test_the_seed_decides_where_drivers_start() -> None:
    assert plan_of(drivers="20", seed="5").fleet == plan_of(drivers="20", seed="5").fleet
    assert plan_of(drivers="20", seed="5").fleet != plan_of(drivers="20", seed="6").fleet


def test_a_port_that_nobody_chose_is_any_free_one() -> None:
    assert plan_of().settings.port == 0
    assert plan_of(port="8067").settings.port == 8067
    assert demo_plan(load({}, {"DISPATCH_PORT": "8067"}), "x").settings.port == 8067


def test_the_database_is_a_passing_one_unless_it_is_named() -> None:
    assert plan_of().settings.db == str(Path("somewhere") / "demo.db")
    assert plan_of(simulate_db="mine.db").settings.db == "mine.db"


def test_the_rules_of_the_server_are_those_that_were_asked_for() -> None:
    plan = plan_of(offer_timeout="5s", batch="3")
    assert (plan.settings.offer_timeout_s, plan.settings.batch) == (5.0, 3)


@pytest.mark.parametrize(
    ("rides", "for_s", "pace"), [("60", "30s", 2.0), ("10", "30s", demo.RIDES_PER_S), ("500", None, demo.RIDES_PER_S)]
)
def test_rides_that_are_to_come_within_the_time_set_the_pace(rides: str, for_s: str | None, pace: float) -> None:
    assert plan_of(rides=rides, **{"for": for_s}).rides_per_s == pace


def test_a_file_of_ones_own_is_taken_from_its_first_trip(tmp_path: Path) -> None:
    rows = "2020-02-02 10:00:00,51.5,-0.1,51.6,-0.1\n2020-02-02 10:00:09,51.51,-0.1,51.6,-0.1\n"
    (tmp_path / "mine.csv").write_text("pickup_time,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon\n" + rows)
    plan = plan_of(trips="mine.csv", drivers="2")
    assert plan.title == "real trips: mine.csv, 02 February 2020 from 10:00"
    assert [demand.at for demand in plan.demands] == [0.0, 9.0]


def test_without_trips_the_model_city_is_shown() -> None:
    plan = plan_of(trips="none", drivers="5")
    assert plan.title == "passengers of the model city"
    assert len(plan.demands) == 1_000


def test_a_fleet_that_cannot_be_connected_is_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "prepare_process", lambda: 1_024)
    assert len(plan_of(drivers="824").fleet) == 824
    with pytest.raises(SettingError, match="drivers must be at most 824 on this system"):
        plan_of(drivers="825")
