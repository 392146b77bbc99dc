"""An older file, in which one phone number was several people, becomes one in which it is one."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dispatch.ids import DriverId, PassengerId
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.tables.opening import open_database, open_read_only
from dispatch.storage.tables.region import kept_region
from dispatch.storage.tools import phone_ids
from dispatch.storage.tools.blocks import block
from dispatch.storage.tools.phone_ids import bring_over, has_other_forms, plan_of, told
from dispatch.storage.tools.seed import seed
from dispatch.transport.sessions import passenger
from sim.stories.stage import Stage
from tests.storage.old_files import Served

OLD_DRIVER, DRIVER = "0027820000001", "27820000001"
OLD, ODD, NEW = "0027820000111", "270820000111", "27820000111"
"""One passenger, as older versions knew who wrote `0027…`, `+27 (0)82…` and `+27…`."""


@pytest.fixture(autouse=True)
def _older_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knew passengers by the digits that their apps sent."""
    monkeypatch.setattr(
        passenger, "phone_of", lambda given, region: "".join(filter(str.isdigit, given or "")), raising=True
    )


def rides(stage: Stage, ride: str, *, phone: str, driver: str, at: float, stars: int) -> None:
    """A whole ride by card: it takes 30 s, and both rate it."""
    stage.passenger(ride, at=at - 1).books(at=at, passenger_phone=phone, payment_method="card")
    stage.drivers[driver].accepts(ride, at=at + 2)
    stage.drivers[driver].drives(ride, step_s=5, at=at + 10)
    stage.passengers[ride].says("rate_driver", at=at + 25, rating=stars)
    stage.drivers[driver].says("rate_passenger", at=at + 26, ride_id=ride, rating=stars - 1)


@pytest.fixture()
def stage(path: Path) -> Iterator[Stage]:
    """Whatever is played there is on file afterwards."""
    yield Stage(writer=Writer(path, "off"), payment="http", currency="ZAR", explain_candidates=5)


def play(stage: Stage, until: float) -> None:
    stage.run(until=until)
    assert stage.world.watch.violations == []
    stage.world.close()


@pytest.fixture()
def town(stage: Stage, path: Path) -> Path:
    """Each number drives and rides under several ids, one after the other; a search is open."""
    first = stage.driver(OLD_DRIVER, at=0)
    rides(stage, "r1", phone=OLD, driver=OLD_DRIVER, at=10, stars=4)
    first.leaves(at=60)
    stage.driver(DRIVER, at=100)
    stage.driver("d3", north_km=3, at=100)
    rides(stage, "r2", phone=NEW, driver=DRIVER, at=110, stars=3)
    rides(stage, "r3", phone="+27 (0)82 000 0111", driver=DRIVER, at=210, stars=5)
    stage.passenger("r4", at=300).books(at=301, passenger_phone="0027820000112")
    play(stage, until=305)
    with closing(Writer(path, "off")) as writer:
        block(writer, OLD, "d3", now=1.0)
        block(writer, NEW, "d3", now=2.0)
    assert list(findings(path)) == []
    return path


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(open_read_only(path)) as db:
        return [tuple(row) for row in db.execute(query).fetchall()]


def everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    tables = [name for (name,) in rows(path, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {table: sorted(rows(path, f"SELECT * FROM {table}"), key=repr) for table in tables}


def test_people_who_become_one_are_merged_and_the_file_is_sound(town: Path) -> None:
    plan, _, changed = bring_over(town)
    assert {(people.what, people.into, people.ids) for people in plan.merged} == {
        ("passenger", NEW, (OLD, ODD, NEW)),
        ("driver", DRIVER, (OLD_DRIVER, DRIVER)),
    }
    assert plan.apart == []
    assert list(findings(town)) == []
    assert rows(town, "SELECT passenger_id, stars, ratings, rating FROM passengers") == [
        (NEW, 3 + 2 + 4, 3, 3.5),
        ("27820000112", 0, 0, 5.0),
    ]
    assert rows(
        town, "SELECT driver_id, phone, stars, ratings, rating, online FROM drivers WHERE driver_id <> 'd3'"
    ) == [(DRIVER, DRIVER, 12, 3, 4.25, 1)]
    assert rows(town, "SELECT DISTINCT passenger_id FROM charges") == [(NEW,)]
    assert rows(town, "SELECT passenger_id, driver_id FROM blocked_pairs") == [(NEW, "d3")]
    assert changed > 0


def test_no_old_form_is_left_anywhere_and_again_there_is_nothing_to_do(town: Path) -> None:
    bring_over(town)
    left = json.dumps(everything(town), default=str)
    assert not [ident for ident in (OLD, ODD, OLD_DRIVER, "0027820000112") if f"{ident}" in left]
    before = everything(town)
    plan, _, changed = bring_over(town)
    assert (plan.is_empty, changed) == (True, 0)
    assert everything(town) == before
    assert list(told(plan, "", 0)) == ["all ids are as they should be"]


def test_the_server_goes_on_with_the_file(town: Path) -> None:
    bring_over(town)
    served = Served(town, show_phone="never")
    driver = served.driver(DriverId(DRIVER))
    served.run(2.0)
    assert driver.last("ride_request")["passenger_phone"] == "2782•••0112"
    served.close()


def test_a_plan_says_the_same_and_changes_nothing(town: Path) -> None:
    before = everything(town)
    plan, _ = plan_of(town)
    assert everything(town) == before
    lines = list(told(plan, "", None))
    assert f"passengers {OLD}, {ODD}, {NEW} are one: {NEW}" in lines
    assert lines[-1] == "3 ids of passengers, 1 id of drivers and 4 written phones would change"
    assert bring_over(town)[0] == plan


def test_who_rode_or_was_asked_at_the_same_time_stays_two_and_is_listed(stage: Stage, path: Path) -> None:
    stage.driver(OLD_DRIVER, at=0)
    stage.driver(DRIVER, north_km=2, at=0)
    stage.passenger("r1", at=1).books(at=2, passenger_phone=OLD)
    stage.passenger("r2", at=1).books(at=3, passenger_phone=NEW)
    stage.passenger("r3", at=1).books(at=4, passenger_phone="0027820000112")
    play(stage, until=6)
    before = rows(path, "SELECT ride_id, passenger_id FROM rides WHERE ride_id <> 'r3' ORDER BY ride_id")
    plan, _, _ = bring_over(path)
    assert {(people.what, people.ids) for people in plan.apart} == {
        ("passenger", (OLD, NEW)),
        ("driver", (OLD_DRIVER, DRIVER)),
    }
    assert plan.merged == []
    assert rows(path, "SELECT ride_id, passenger_id FROM rides WHERE ride_id <> 'r3' ORDER BY ride_id") == before
    assert rows(path, "SELECT passenger_id FROM rides WHERE ride_id = 'r3'") == [("27820000112",)]
    assert list(findings(path)) == []
    text = "\n".join(told(plan, "", 1))
    assert f"passengers {OLD}, {NEW} stay apart: they had rides or offers at the same time" in text


def test_a_failure_leaves_the_file_as_it_was(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(town)

    def fail(*_: object) -> None:
        raise RuntimeError("a power cut, say")

    monkeypatch.setattr(phone_ids, "differing", fail)
    with pytest.raises(RuntimeError):
        bring_over(town)
    assert everything(town) == before


def test_a_region_reads_numbers_without_a_country_and_is_kept(stage: Stage, path: Path) -> None:
    stage.passenger("r1", at=1).books(at=2, passenger_phone="082 000 0111")
    stage.passengers["r1"].cancels(at=3)
    stage.passenger("r2", at=4).books(at=5, passenger_phone=NEW)
    play(stage, until=6)
    assert plan_of(path)[0].is_empty
    plan, region, _ = bring_over(path, "ZA")
    assert ([people.ids for people in plan.merged], region) == ([("0820000111", NEW)], "ZA")
    with closing(open_read_only(path)) as db:
        assert kept_region(db) == "ZA"
    assert list(findings(path)) == []


def test_the_seeded_passenger_stays_the_default(stage: Stage, path: Path) -> None:
    seed(path, fleet=0)
    stage.passenger("r1", at=1).books(at=2, passenger_phone="0027821234567")
    play(stage, until=3)
    bring_over(path)
    with closing(Reader(path)) as reader:
        default = reader.default_passenger()
        assert default is not None and default.passenger_id == "27821234567"
        assert reader.passenger(PassengerId("0027821234567")) is None
    assert list(findings(path)) == []


def test_phones_that_were_written_otherwise_are_written_alike(path: Path, stage: Stage) -> None:
    """Under an id that is right already."""
    stage.passenger("r1", at=1).books(at=2, passenger_phone=NEW)
    play(stage, until=3)
    with closing(open_database(path)) as db:
        db.execute(f"""UPDATE events SET body = replace(body, '"phone":"{NEW}"', '"phone":"+27 82 000-0111"')""")
        db.execute("UPDATE passengers SET phone = '+27 82 000-0111'")
    assert list(findings(path)) == []
    bring_over(path)
    assert rows(path, "SELECT passenger_id, phone FROM passengers") == [(NEW, NEW)]
    assert list(findings(path)) == []


def test_a_start_knows_whether_somebody_has_another_form(town: Path) -> None:
    with closing(open_database(town)) as db:
        assert has_other_forms(db, "")
    bring_over(town)
    with closing(open_database(town)) as db:
        assert not has_other_forms(db, "")


def test_ids_that_are_no_phone_numbers_stay(path: Path, stage: Stage) -> None:
    stage.driver("6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b", at=0)
    stage.driver("car7", at=0)
    stage.passenger("r1", at=1).books(at=2, passenger_name="Ada")
    play(stage, until=3)
    before = everything(path)
    assert bring_over(path)[0].is_empty
    assert everything(path) == before
