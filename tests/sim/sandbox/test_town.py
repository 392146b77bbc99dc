"""The streets as cars drive them: ways lead along streets, and a drive is at each moment somewhere on its way."""

from itertools import pairwise
from random import Random
from typing import Final

import pytest

from dispatch.travel.streets import Line, StreetKind, Streets
from sim.sandbox.town import STEP_M, Drive, SandboxTown

STEP: Final = 0.001
"""Degrees between two crossings of the small town: some 110 metres north, 56 metres east."""
NORTH: Final = 60.0


def crossing(row: int, column: int) -> tuple[float, float]:
    return round(NORTH + row * STEP, 5), round(25.0 + column * STEP, 5)


def street(name: str, *crossings: tuple[int, int], kind: StreetKind = StreetKind.MINOR) -> Line:
    return Line(kind, name, [crossing(*each) for each in crossings])


@pytest.fixture
def small() -> SandboxTown:
    """A ring of four streets, a footway across it, and an island."""
    lines = [
        street("South", (0, 0), (0, 2)),
        street("East", (0, 2), (2, 2)),
        street("North", (2, 2), (2, 0)),
        street("West", (2, 0), (0, 0)),
        street("Path", (0, 0), (2, 2), kind=StreetKind.WALK),
        street("Island", (8, 8), (8, 9)),
    ]
    return SandboxTown(Streets.of(lines, []))


@pytest.fixture(scope="module")
def helsinki() -> SandboxTown:
    return SandboxTown.shipped()


def test_a_way_goes_round_by_streets_and_never_along_a_footway(small: SandboxTown) -> None:
    way = small.way(crossing(0, 0), crossing(2, 2))
    assert (way[0], way[-1]) == (crossing(0, 0), crossing(2, 2))
    assert crossing(0, 2) in way or crossing(2, 0) in way
    assert max(small.metres(start, end) for start, end in pairwise(way)) <= STEP_M + 0.5


def test_people_get_in_only_where_every_other_place_can_be_reached(small: SandboxTown) -> None:
    assert {kerb.street for kerb in small.kerbs} == {"South", "East", "North", "West"}


def test_the_way_is_the_shorter_one_of_two(small: SandboxTown) -> None:
    way = small.way(crossing(0, 0), crossing(2, 0))
    length = sum(small.metres(start, end) for start, end in pairwise(way))
    assert length == pytest.approx(small.metres(crossing(0, 0), crossing(2, 0)), rel=1e-6)


def test_a_place_off_the_streets_is_reached_from_the_street_beside_it(small: SandboxTown) -> None:
    off = (NORTH + 0.0002, 25.001)
    way = small.way(crossing(2, 0), off)
    assert way[-1] == off
    assert small.metres(way[-2], off) < 60.0
    assert small.way((10.0, 10.0), crossing(0, 0))[0] == (10.0, 10.0), "even from the other end of the world"


def test_a_drive_is_at_its_start_before_it_departs_and_at_its_end_after_it_arrived(small: SandboxTown) -> None:
    way = small.way(crossing(0, 0), crossing(0, 2))
    drive = Drive(small, way, 1_000.0, 10.0)
    assert drive.arrives_at == pytest.approx(1_000.0 + small.metres(crossing(0, 0), crossing(0, 2)) / 10.0)
    assert drive.position(999.0) == drive.position(1_000.0) == crossing(0, 0)
    assert drive.position(drive.arrives_at) == drive.position(2_000.0) == crossing(0, 2)


def test_a_drive_has_the_same_speed_all_along(small: SandboxTown) -> None:
    drive = Drive(small, small.way(crossing(0, 0), crossing(2, 2)), 0.0, 10.0)
    halves = [drive.position(number / 2) for number in range(int(drive.arrives_at * 2))]
    speeds = [small.metres(start, end) / 0.5 for start, end in pairwise(halves)]
    assert sorted(speeds)[len(speeds) // 2] == pytest.approx(10.0, rel=1e-3)
    assert max(speeds) <= 10.0 + 1e-3


def test_a_drive_to_where_the_car_stands_takes_no_time(small: SandboxTown) -> None:
    here = crossing(0, 0)
    drive = Drive(small, [here, here], 5.0, 10.0)
    assert (drive.arrives_at, drive.position(5.0)) == (5.0, here)


def test_in_helsinki_every_street_with_a_name_can_be_reached_by_little_more_than_a_detour(
    helsinki: SandboxTown,
) -> None:
    dice = Random(1)
    detours = []
    for _ in range(60):
        start, end = dice.choice(helsinki.kerbs).point, dice.choice(helsinki.kerbs).point
        straight = helsinki.metres(start, end)
        way = helsinki.way(start, end)
        detours.append(sum(helsinki.metres(*pair) for pair in pairwise(way)) / straight if straight > 100.0 else 1.0)
    assert 1.1 < sorted(detours)[30] < 1.6, "ETAs say 1.3"
    assert len({kerb.street for kerb in helsinki.kerbs}) > 60
