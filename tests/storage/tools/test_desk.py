"""What the desk reads off a file that the real actors wrote."""

from contextlib import closing
from pathlib import Path

import pytest

from dispatch.ids import RideId
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.desk import Told, ride_of, rides_page
from sim.stories.stage import Stage


@pytest.fixture()
def stage(path: Path) -> Stage:
    return Stage(7, writer=Writer(path, "off"))


def told(path: Path, ride_id: str) -> Told | None:
    with closing(open_read_only(path)) as db:
        return ride_of(db, str(path), RideId(ride_id))


def test_a_ride_is_told_with_everything_that_happened_to_it_in_order(stage: Stage, path: Path) -> None:
    stage.fleet(2)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].declines("r1", at=3)
    stage.drivers["d2"].accepts("r1", at=5)
    stage.run(until=10)
    stage.world.close()
    ride = told(path, "r1")
    assert ride is not None and (ride["status"], ride["driver_id"], ride["booked_by"]) == ("accepted", "d2", None)
    told_of = [(entry["what"], entry["by"], entry.get("driver_id")) for entry in ride["timeline"]]
    assert told_of == [
        ("requested", "passenger", None),
        ("asked", "system", None),
        ("declined", "driver", "d1"),
        ("assigned", "driver", "d2"),
    ]
    times = [entry["at"] for entry in ride["timeline"]]
    assert times == sorted(times) and all(time.endswith("Z") for time in times)
    assert told(path, "r2") is None


def test_pages_of_rides_go_from_the_newest_to_the_oldest_and_miss_none(stage: Stage, path: Path) -> None:
    for number in range(5):
        stage.passenger(f"r{number}").books(at=number)
    stage.run(until=10)
    stage.world.close()
    pages: list[list[str]] = []
    before: int | None = None
    with closing(open_read_only(path)) as db:
        while True:
            rides, before = rides_page(db, "open", before, 2)
            pages.append([ride["ride_id"] for ride in rides])
            if before is None:
                break
        assert rides_page(db, "completed", None, 2) == ([], None)
    assert pages == [["r4", "r3"], ["r2", "r1"], ["r0"]]
