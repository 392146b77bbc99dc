"""All that is on file about one ride."""

from pathlib import Path

import pytest

from dispatch.ids import DriverId
from dispatch.messages.events import DriverOnline, RideAssigned
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.history import NoSuchRideOnFile, history_of
from tests.storage.stories import MICHAEL, OFFER, RIDE, append, booked


def test_every_event_that_names_the_ride_is_told_with_its_time_and_stream(writer: Writer, path: Path) -> None:
    assigned = append(f"ride/{RIDE}", RideAssigned(RIDE, MICHAEL, OFFER, 1, 2.5))
    writer.write([booked(RIDE), append("driver/d1", DriverOnline(DriverId("d1"))), assigned])
    told = history_of(path, RIDE)
    assert [(one.stream, one.event) for one in told] == [
        (f"ride/{RIDE}", *booked(RIDE).events),
        (f"ride/{RIDE}", *assigned.events),
    ]
    assert [one.at for one in told] == [booked(RIDE).at, assigned.at]


def test_a_ride_that_nobody_booked_is_refused_with_the_newest_that_are_there(writer: Writer, path: Path) -> None:
    with pytest.raises(NoSuchRideOnFile, match="has no ride 'r9', nor any other ride"):
        history_of(path, "r9")
    writer.write([booked(RIDE)])
    with pytest.raises(NoSuchRideOnFile, match=f"has no ride 'r9'; its newest are {RIDE}"):
        history_of(path, "r9")
