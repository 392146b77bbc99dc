"""Each way in which a phone could leak is planted, and the canaries see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.masking.rides import RideMask
from dispatch.messages.notices import Refused
from dispatch.transport.http.problem import problem
from tests.authority.town import Town
from tests.canaries import CANARIES

OWNERS = "27820000001"


@pytest.fixture
def leaks() -> list[str]:
    """What was seen so far, which this test does not fail for."""
    return CANARIES.leaks


def sung(leaks: list[str]) -> list[str]:
    """What was seen; forgotten now."""
    seen = list(leaks)
    leaks.clear()
    return seen


def test_a_ride_as_it_should_be_is_silent(leaks: list[str]) -> None:
    town = Town("completed")
    assert town.people["assigned"].heard("ride_accepted")[0]["passenger_phone"] == OWNERS
    town.stage.end()
    assert sung(leaks) == []


def test_an_offer_that_shows_the_whole_phone_is_seen(leaks: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RideMask, "shown", lambda mask, card: card)
    Town("pending").stage.end()
    seen = sung(leaks)
    assert any(OWNERS in leak and "RideRequest to driver 27830000002" in leak for leak in seen), seen


def test_a_ride_that_opens_to_another_passenger_is_seen(leaks: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town("accepted")
    assert sung(leaks) == []
    monkeypatch.setattr("dispatch.actors.ride.is_foreign", lambda *_: False)
    monkeypatch.setattr(type(town.stage.world.gateway), "may_be_ride_of", lambda *_: True)
    town.people["other"].connect()
    town.runs(1)
    assert any("PassengerSnapshot to passenger p-other" in leak for leak in sung(leaks))
    town.stage.end()
    leaks.clear()


@pytest.mark.parametrize(
    "leak",
    [
        lambda town: town.stage.world.runtime.tell(_driver(town), Refused("illegal_now", f"ask {OWNERS}")),
        lambda town: problem(409, f"{OWNERS} has another ride"),
    ],
    ids=["an error frame", "a problem over HTTP"],
)
def test_a_phone_in_an_error_is_seen(leaks: list[str], leak: Callable[[Town], Any]) -> None:
    town = Town("accepted")
    leak(town)
    town.runs(0.1)
    assert len(sung(leaks)) == 1
    town.stage.end()
    leaks.clear()


def _driver(town: Town) -> str:
    """The address of the session of a driver who was never asked."""
    link = town.people["driver"].link
    assert link is not None and link._session is not None
    return link._session.address
