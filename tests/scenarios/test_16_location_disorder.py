"""Scenario 16. Phones lie about where they are: late fixes, clocks that are wrong, no satellites, jumps across the country, no
numbers at all.

What cannot be is answered with a clear error; what is not believed changes nothing. Either way the order of candidates stays as
it was.
"""

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.messages.events import OffersMade
from dispatch.transport.sessions.frames import rfc3339
from sim.city.model import MODEL_DAY
from sim.stories.stage import Stage, StageDriver, near_pickup
from tests.scenarios.theatre import Theatre

NEARER = dict(zip(("latitude", "longitude"), near_pickup(north_km=0.9), strict=True))
FAR = dict(zip(("latitude", "longitude"), near_pickup(north_km=300), strict=True))

NOT_BELIEVED: dict[str, dict[str, Any]] = {
    "recorded before the last one": {**NEARER, "recorded_at": rfc3339(MODEL_DAY + 5.0)},
    "a jump of 300 km": FAR,
    "less accurate than 100 m": {**NEARER, "accuracy_m": 5_000},
    "an accuracy that says there is none": {**NEARER, "accuracy_m": -1},
}
REFUSED: dict[str, tuple[str, str, str]] = {
    "latitude 91": ('"latitude":91,"longitude":28', "bad_field", "latitude must be from -90 to 90, got 91"),
    "longitude 181": ('"latitude":1,"longitude":181', "bad_field", "longitude must be from -180 to 180, got 181"),
    "0, 0": ('"latitude":0,"longitude":0', "bad_field", "the phone does not know where it is"),
    "NaN": ('"latitude":NaN,"longitude":28', "bad_json", "JSON"),
    "infinity": ('"latitude":1e999,"longitude":28', "bad_field", "latitude must be"),
    "text": ('"latitude":"north","longitude":28', "bad_field", "latitude must be a number from -90 to 90"),
    "nothing": ('"latitude":null,"longitude":28', "bad_field", "latitude must be a number from -90 to 90"),
    "half": ('"latitude":-26.2', "bad_field", "longitude is missing"),
    "no time": ('"latitude":1,"longitude":2,"recorded_at":"noon"', "bad_field", "recorded_at must be an RFC 3339 time"),
    "no zone": ('"latitude":1,"longitude":2,"recorded_at":"2026-01-01T00:00:05"', "bad_field", "recorded_at must be"),
}


def two_drivers(stage: Stage) -> StageDriver:
    """d1 at one kilometre and d2 at two, both of whom said so at second 10."""
    nearest, _ = stage.fleet(2)
    stage.run(until=10)
    return nearest


def check_candidates(stage: Stage, metres: tuple[int, int] = (1000, 2000)) -> None:
    """The next ride asks d1 and d2, so far from the pickup."""
    stage.passenger("r1").books()
    stage.run(until=stage.now)
    made: list[Any] = [event for event in stage.record("r1") if isinstance(event, OffersMade)]
    assert [(placed.driver_id, round(placed.pickup_distance_m)) for placed in made[0].offers] == [
        ("d1", metres[0]),
        ("d2", metres[1]),
    ]


@pytest.mark.parametrize("fields", NOT_BELIEVED.values(), ids=NOT_BELIEVED)
def test_what_is_not_believed_changes_nothing(play: Theatre, fields: dict[str, Any]) -> None:
    stage = play()
    driver = two_drivers(stage)
    driver.says("location_update", at=12, **fields)
    stage.run(until=12)
    assert driver.heard() == []
    check_candidates(stage)


@pytest.mark.parametrize(("fields", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_answered_with_a_clear_error(play: Theatre, fields: str, code: str, words: str) -> None:
    stage = play()
    driver = two_drivers(stage)
    driver.says_raw('{"type":"location_update",' + fields + "}", at=12)
    stage.run(until=12)
    (answer,) = driver.heard()
    assert (answer["type"], answer["code"]) == ("error", code)
    assert words in answer["message"]
    check_candidates(stage)


def test_a_clock_that_is_an_hour_ahead_counts_as_now_and_hides_no_later_position(play: Theatre) -> None:
    stage = play()
    driver = two_drivers(stage)
    driver.says("location_update", at=12, **NEARER, recorded_at=rfc3339(MODEL_DAY + 3_612.0))
    driver.moves(north_km=0.8, at=15)
    stage.run(until=15)
    assert driver.heard() == []
    check_candidates(stage, (800, 2000))


def test_positions_that_arrive_in_the_wrong_order_leave_the_latest(play: Theatre) -> None:
    stage = play()
    driver = two_drivers(stage)
    for at, north_km, recorded_at in ((12.0, 0.9, 11.8), (12.1, 0.95, 11.0), (12.2, 0.7, 10.5)):
        lat, lon = near_pickup(north_km)
        driver.says("location_update", at=at, latitude=lat, longitude=lon, recorded_at=rfc3339(MODEL_DAY + recorded_at))
    stage.run(until=13)
    check_candidates(stage, (900, 2000))


def test_a_place_that_three_fixes_in_a_row_agree_on_is_believed_after_all(play: Theatre) -> None:
    """The first fix of the day was the wrong one: the phone is not shut out for ever."""
    stage = play()
    driver = two_drivers(stage)
    say: Callable[[float], None] = lambda at: driver.says("location_update", at=at, **FAR)  # noqa: E731
    say(12)
    say(13)
    stage.run(until=13)
    fix = stage.world.board.position(driver.name)
    assert fix is not None and fix.lat != FAR["latitude"]
    say(14)
    stage.run(until=14)
    assert fix.lat == FAR["latitude"]
