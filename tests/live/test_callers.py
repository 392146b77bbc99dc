"""What callers are texted."""

import pytest

from dispatch.ids import DriverId, RideId
from dispatch.live.callers import NOBODY, text_of
from dispatch.messages.providers import TextCaller
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
