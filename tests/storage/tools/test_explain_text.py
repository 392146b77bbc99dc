"""An explanation as people read it."""

from pathlib import Path

from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.explain import explanation
from dispatch.storage.tools.explain_text import lines
from sim.stories.stage import Stage

FOUND = """\
Ride r1, booked 2026-01-01T00:00:00.000Z: accepted

+0.0 s  search 1 begins

+0.0 s  search 1, round 1: 1 asked within 10.0 km
    1.0 km  d1                asked: declined after 3.0 s
    2.0 km  d2                behind those who were asked
    3.0 km  d3                behind those who were asked
  Not listed, wherever they are: 2 available.

+3.0 s  search 1, round 2: 1 asked within 10.0 km
    1.0 km  d1                declined this ride before
    2.0 km  d2                asked: has the ride after 2.5 s
    3.0 km  d3                behind those who were asked
  Not listed, wherever they are: 2 available.

+5.5 s  d2 has the ride
"""
NOBODY = """\
Ride r1, booked 2026-01-01T00:00:00.000Z for a suv: no_drivers

+0.0 s  search 1 begins

+0.0 s  search 1, round 1: nobody to ask within 10.0 km
   11.2 km  d1                outside the radius
  The nearest was 11.2 km away: outside the radius.

+180.0 s  the search ends without a driver: nobody near
"""


def text_of(stage: Stage, path: Path) -> str:
    stage.world.close()
    return "".join(f"{line}\n" for line in lines(explanation(path, "r1")))


def test_a_ride_that_found_its_driver_reads_from_the_booking_to_the_driver(path: Path) -> None:
    stage = Stage(7, writer=Writer(path, "off"), explain_candidates=2, batch=1)
    stage.fleet(5)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].declines("r1", at=3)
    stage.drivers["d2"].accepts("r1", at=5.5)
    stage.run(until=10)
    assert text_of(stage, path) == FOUND


def test_a_ride_that_found_nobody_says_who_was_nearest_and_why_not(path: Path) -> None:
    stage = Stage(7, writer=Writer(path, "off"), explain_candidates=20)
    stage.driver("d1", north_km=11.2)
    stage.passenger("r1").books(at=0, vehicle_type="suv")
    stage.run(until=200)
    assert text_of(stage, path) == NOBODY


def test_a_ride_in_an_empty_zone_says_so(path: Path) -> None:
    stage = Stage(7, writer=Writer(path, "off"), explain_candidates=20)
    stage.passenger("r1").books(at=0)
    stage.run(until=1)
    assert "No driver was known anywhere." in text_of(stage, path)


def test_a_ride_that_nobody_explained_says_that_there_is_more_to_know(path: Path) -> None:
    stage = Stage(7, writer=Writer(path, "off"), explain_candidates=0)
    stage.fleet(1)
    stage.passenger("r1").books(at=0)
    stage.run(until=1)
    assert text_of(stage, path).endswith("nothing was recorded: explain_candidates was 0.\n")
