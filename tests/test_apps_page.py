"""docs/APPS.md tells the truth: the exchange that it shows is the one that apps have, and its code says what the server takes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dispatch.ids import DriverId, PassengerId
from dispatch.messages.events import DriverRegistered
from dispatch.messages.journal import Append
from dispatch.transport import wire
from dispatch.values import DriverCard, Passenger
from sim.stories.stage import Stage, StagePerson

PAGE = (Path(__file__).parent.parent / "docs" / "APPS.md").read_text(encoding="utf-8")
SARAH = Passenger(PassengerId("27821234567"), "Sarah Johnson", "27821234567")
MICHAEL = DriverCard(DriverId("27821234568"), "Michael Brown", "27821234568", 4.9, "sedan", "CA 999 GP")


BETWEEN_S = 20.0
"""From one word of an app to the next: time enough to drive to the pickup, and less than an offer has."""


class Line(NamedTuple):
    """One line of the page's exchange: who says (`>`) or hears (`<`) which frame."""

    who: str
    way: str
    frame: dict[str, Any]


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def exchange() -> Iterator[Line]:
    for line in block("exchange").splitlines():
        who, way, frame = line.split(maxsplit=2)
        yield Line(who, way, json.loads(frame))


@pytest.fixture
def stage() -> Stage:
    stage = Stage(7)
    stage.world.gateway.default_passenger = SARAH
    stage.world.journal.meet(SARAH)
    stage.world.journal.deliver(Append("driver/27821234568", 0, 1, 0.0, (DriverRegistered(MICHAEL),)))
    return stage


def test_the_exchange_of_the_page_is_what_both_apps_say_and_hear(stage: Stage) -> None:
    apps: dict[str, StagePerson] = {
        "driver": stage.driver("27821234568", reports=False),
        "passenger": stage.passenger("123"),
    }
    shown: dict[str, list[dict[str, Any]]] = {who: [] for who in apps}
    for line in exchange():
        if line.way == ">":
            app = apps[line.who]
            app.says(line.frame["type"], **{name: value for name, value in line.frame.items() if name != "type"})
            stage.run(until=stage.now + BETWEEN_S)
        else:
            shown[line.who].append(line.frame)
    heard = {who: [frame for frame in app.frames if frame["type"] != "driver_location"] for who, app in apps.items()}
    assert stage.end() == []
    assert {who: [frame["type"] for frame in frames] for who, frames in heard.items()} == {
        who: [frame["type"] for frame in frames] for who, frames in shown.items()
    }
    for who, frames in shown.items():
        abridged = [{name: frame.get(name) for name in told} for told, frame in zip(frames, heard[who], strict=True)]
        assert abridged == frames, who


def test_the_page_shows_every_message_that_the_first_apps_know() -> None:
    said = {line.frame["type"] for line in exchange()}
    assert said >= {"find_driver", "location_update", "accept_ride", "searching", "ride_request", "driver_assigned"}


@pytest.mark.parametrize("language", ["js", "dart"])
def test_the_code_of_the_page_says_only_what_the_server_knows(language: str) -> None:
    code = block(language)
    said = set(re.findall(r"""say\(["'](\w+)["']""", code)) | set(re.findall(r"""["'](arrived|\w+_ride)["']""", code))
    known = {kind.__struct_config__.tag for kind in (*wire.PASSENGER_FRAMES, *wire.DRIVER_FRAMES)}
    assert len(said) >= 6
    assert said <= known


@pytest.mark.parametrize(("language", "most"), [("js", 36), ("dart", 44)])
def test_the_code_of_the_page_stays_short_enough_to_be_copied(language: str, most: int) -> None:
    assert len([line for line in block(language).splitlines() if line.strip()]) <= most
