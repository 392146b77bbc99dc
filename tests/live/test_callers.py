"""What callers are texted."""

import asyncio
from typing import Any

import pytest

from dispatch.ids import DriverId, RideId
from dispatch.live.callers import NOBODY, CallerTexts, text_of
from dispatch.messages.providers import TextCaller, TextSent
from dispatch.providers.notify import Notifier, Text
from dispatch.values import DriverCard

DAN = DriverCard(DriverId("d1"), "Dan", "27830000001", vehicle_type="sedan", vehicle_registration="CA 999 GP")
STRANGER = DriverCard(DriverId("d1"), "Driver 0001", "d1", vehicle_registration="-", vehicle_type="")


@pytest.mark.parametrize(
    ("driver", "eta_s", "text"),
    [
        (DAN, 290.0, "Your ride: Dan (sedan, CA 999 GP) comes in about 5 min."),
        (DAN, 3.0, "Your ride: Dan (sedan, CA 999 GP) comes in about 1 min."),
        (DAN, None, "Your ride: Dan (sedan, CA 999 GP) is on the way."),
        (STRANGER, 60.0, "Your ride: Driver 0001 comes in about 1 min."),
        (None, None, NOBODY),
    ],
)
def test_a_caller_reads_who_comes_in_what_and_when(driver: DriverCard | None, eta_s: float | None, text: str) -> None:
    assert text_of(TextCaller(RideId("r1"), "27820000001", driver, eta_s)) == text


def test_a_caller_reads_no_number_of_a_driver() -> None:
    assert "2783" not in text_of(TextCaller(RideId("r1"), "27820000001", DAN, 60.0))


class Sender(Notifier):
    """Sends at once, or not at all."""

    def __init__(self, *, fails: bool) -> None:
        self.troubles: list[str] = []
        super().__init__(self.troubles.append)
        self._fails = fails

    async def deliver(self, text: Text) -> None:
        if self._fails:
            raise ConnectionError


class Post:
    """Keeps what rides are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def tell(self, address: str, message: Any) -> None:
        self.told.append((address, message))


@pytest.mark.parametrize(("fails", "told"), [(False, [("ride/r1", TextSent(2))]), (True, [])], ids=["sent", "not sent"])
def test_the_ride_hears_that_its_text_has_left_and_nothing_if_it_has_not(
    fails: bool, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.providers.notify.PAUSES_S", (0.0, 0.0))

    async def story() -> None:
        sender, post = Sender(fails=fails), Post()
        CallerTexts(sender, post).deliver(TextCaller(RideId("r1"), "27820000001", DAN, 60.0, 2))
        await sender.under_way.end()
        assert post.told == told and len(sender.troubles) == fails

    asyncio.run(story())
