"""What people read of their own off a file that the real actors wrote: their rides and no others, and no more than they may see."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from dispatch.ids import DriverId, RideId
from dispatch.masking.rides import WHOLE_AFTER_END_S, RideMask
from dispatch.principals import Principal, Role
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools import figures
from dispatch.storage.tools.own import Sight, Told, me, own_ride, rides_of, takings
from sim.stories.stage import Stage
from tests.scenarios.test_fares import TARIFF

SARAH, DRIVER, OTHER = (
    Principal(Role.PASSENGER, "27821234567"),
    Principal(Role.DRIVER, "d2"),
    Principal(Role.DRIVER, "d1"),
)
WHO = {"passenger_name": "Sarah Johnson", "passenger_phone": "27821234567"}
AREA = Sight(RideMask(masks_phones=True, by_area=True).read_by_driver, WHOLE_AFTER_END_S, 2)
FARE = 56.09
"""By the tariff, with three minutes of waiting."""
START = 1_767_225_600.0
"""Second 0 of a story: midnight in UTC on 2026-01-01."""


@pytest.fixture()
def file(path: Path) -> Path:
    """Sarah's ride r1: d1 declines, d2 drives from second 5 to 700 and both rate; r2: d2 waits in vain; r3: somebody else's."""
    stage = Stage(7, writer=Writer(path, "off"), **TARIFF)
    stage.fleet(2)
    stage.passenger("r1").books(at=0, note="blue gate", **WHO)
    stage.drivers["d1"].declines("r1", at=3)
    stage.drivers["d2"].accepts("r1", at=5)
    stage.drivers["d2"].drives("r1", at=100, step_s=300)
    stage.passengers["r1"].says("rate_driver", at=710, rating=4, comment="fine")
    stage.drivers["d2"].says("rate_passenger", at=710, ride_id="r1", rating=5, comment="late")
    stage.drivers["d1"].wants_offers(False, at=720)
    stage.passenger("r2").books(at=800, **WHO)
    stage.drivers["d2"].accepts("r2", at=805)
    stage.drivers["d2"].says("arrived", at=900, ride_id="r2")
    stage.drivers["d2"].says("no_show", at=1300, ride_id="r2")
    stage.passenger("r3").books(at=1310)
    stage.run(until=1320)
    stage.world.close()
    return path


def ride(file: Path, ride_id: str, who: Principal, at: float = 1320.0, sight: Sight = AREA) -> Told | None:
    with closing(open_read_only(file)) as db:
        return own_ride(db, str(file), RideId(ride_id), who, START + at, sight)


def test_the_passenger_reads_their_ride_and_no_word_about_drivers_who_did_not_have_it(file: Path) -> None:
    told = ride(file, "r1", SARAH)
    assert told is not None
    what: list[tuple[Any, ...]] = [(entry["what"], entry.get("drivers_asked")) for entry in told["timeline"]]
    assert what == [
        ("requested", None), ("asked", 2), ("assigned", None), ("arrived", None), ("started", None),
        ("completed", None), ("rated", None),
    ]  # fmt: skip
    assert told["timeline"][-1]["comment"] == "fine" and "late" not in str(told)
    assert (told["driver_id"], told["note"], told["fare"]) == ("d2", "blue gate", FARE)
    assert "d1" not in str(told) and "start_pin" not in told


def test_the_driver_reads_the_whole_ride_for_a_quarter_of_an_hour_and_then_the_area(file: Path) -> None:
    soon, later = ride(file, "r1", DRIVER, 1500.0), ride(file, "r1", DRIVER, 1601.0)
    assert soon is not None and later is not None
    assert (soon["passenger_name"], soon["passenger_phone"]) == ("Sarah Johnson", "27821234567")
    assert soon["dropoff_address"] == "456 Oak Ave"
    assert (later["passenger_name"], later["passenger_phone"]) == ("Sarah", "2782•••4567")
    assert (later["dropoff_address"], later["dropoff_latitude"]) == ("Oak Ave", round(soon["dropoff_latitude"], 2))
    assert "note" not in later and "27821234567" not in str(later)
    assert [entry["what"] for entry in soon["timeline"]] == ["assigned", "arrived", "started", "completed", "rated"]
    assert "fine" not in str(soon) and "driver_phone" not in soon


def test_the_passenger_reads_the_drivers_phone_for_as_long(file: Path) -> None:
    soon, later = ride(file, "r2", SARAH, 2000.0), ride(file, "r2", SARAH, 2300.0)
    assert soon is not None and later is not None
    assert later["driver_phone"] != soon["driver_phone"] and "•" in later["driver_phone"]
    for_ever = ride(file, "r2", SARAH, 2300.0, AREA._replace(whole_s=None))
    assert for_ever is not None and for_ever["driver_phone"] == soon["driver_phone"]


def test_a_no_show_tells_the_fee_in_major_units(file: Path) -> None:
    told = ride(file, "r2", SARAH)
    assert told is not None and (told["status"], told["fee"], told["timeline"][-1]["fee"]) == ("no_show", 30, 30)


@pytest.mark.parametrize("ride_id", ["r1", "r3", "r9"])
def test_what_is_not_theirs_is_not_there(file: Path, ride_id: str) -> None:
    assert ride(file, ride_id, OTHER) is None
    if ride_id != "r1":
        assert ride(file, ride_id, SARAH) is None


def of_day(db: Database, driver_id: str, begins_at: float, ends_at: float) -> Told:
    return takings(db, "rides.db", DriverId(driver_id), "2026-01-01", begins_at, ends_at, START + 1320.0, 2)


def test_lists_have_ones_own_the_newest_first_in_pages(file: Path) -> None:
    with closing(open_read_only(file)) as db:
        now = START + 1320.0
        first, before = rides_of(db, SARAH, False, None, 1, now, AREA)
        rest, end = rides_of(db, SARAH, False, before, 5, now, AREA)
        assert [each["ride_id"] for each in (*first, *rest)] == ["r2", "r1"] and end is None
        assert rides_of(db, SARAH, True, None, 5, now, AREA) == ([], None)
        assert [each["ride_id"] for each in rides_of(db, DRIVER, False, None, 5, now, AREA)[0]] == ["r2", "r1"]
        assert rides_of(db, OTHER, False, None, 5, now, AREA) == ([], None)


def test_takings_are_of_rides_that_ended_on_that_day(file: Path) -> None:
    with closing(open_read_only(file)) as db:
        told = of_day(db, "d2", START, START + 86_400.0)
        assert told.pop("online_s") > 0
        assert told == {"day": "2026-01-01", "rides": 1, "fares": FARE, "cash": FARE, "card": 0, "fees": 30}
        assert of_day(db, "d2", START + 700.1, START + 1300.0)["rides"] == 0
        assert of_day(db, "d1", START, START + 86_400.0)["rides"] == 0


def test_a_driver_reads_the_sums_that_the_desk_reads(file: Path) -> None:
    with closing(open_read_only(file)) as db:
        day = (START, START + 86_400.0)
        of_all = figures.takings(db, *day, 2)
        assert of_all
        for row in of_all:
            own = of_day(db, row["driver_id"], *day)
            own.pop("online_s")
            assert own == {"day": "2026-01-01"} | {
                name: row[name] for name in ("rides", "fares", "cash", "card", "fees")
            }


def test_everybody_reads_who_they_are(file: Path) -> None:
    with closing(open_read_only(file)) as db:
        sarah = me(db, SARAH)
        assert sarah is not None and (sarah["name"], sarah["role"]) == ("Sarah Johnson", "passenger")
        assert "open_ride_id" not in sarah, "both rides are over"
        assert me(db, Principal(Role.PASSENGER, "nobody")) is None
        driver = me(db, DRIVER)
        assert driver is not None and (driver["documents"], driver["rating"]) == ([], 4.5)
