"""A passenger who has logged in, at the path of a ride that they did not book: somebody else's, or nobody's."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.identity.tokens import Claims
from dispatch.ids import RideId
from dispatch.messages.commands import Attach, Detach, FindDriver, RateRide
from dispatch.messages.notices import NotYours, Refused
from dispatch.principals import Principal, Role
from dispatch.transport.sessions.context import MOST_BOOKINGS, NobodyOnFile
from tests.transport.rig import FIND_DRIVER, RIDE, App, Rig

ANN = Principal(Role.PASSENGER, "p1")
UNKNOWN = {"type": "error", "code": "no_such_ride", "message": "there is no such ride", "ride_id": RIDE}
AT_RIDE = f"ride/{RIDE}"
FRAMES: dict[str, dict[str, Any]] = {
    "cancel_ride": {"reason": "no"},
    "rate_driver": {"rating": 1},
    "resume": {"epoch": "e1", "last_seq": 3},
}


class File(NobodyOnFile):
    """A file on which every ride is open, and one is Ann's."""

    def __init__(self, of_ann: str = "") -> None:
        self.of_ann = of_ann
        self.asked: list[tuple[str, str]] = []

    def is_ride_of(self, ride_id: RideId, passenger_id: str) -> bool:
        self.asked.append((ride_id, passenger_id))
        return ride_id == self.of_ann and passenger_id == "p1"

    def is_open(self, ride_id: RideId) -> bool:
        return True


class Street:
    """A rig with a file; and Ann's connections to a ride."""

    def __init__(self, of_ann: str = "") -> None:
        self.rig = Rig()
        self.file = self.rig.gateway.on_file = File(of_ann)

    def connected(self, may_resume: bool = False, ends_at: int = 10_000) -> App:
        app = App()
        app.session = self.rig.gateway.passenger_session(ANN, RIDE, app)
        app.session.claims = Claims(ANN, "s1", 0, ends_at)
        app.session.open(may_resume=may_resume)
        return app

    def told(self) -> list[type]:
        return [type(message) for message in self.rig.heard(AT_RIDE)]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_guest_is_told_that_there_is_no_such_ride_and_the_ride_is_told_nothing(frame: str) -> None:
    street = Street()
    app = street.connected()
    app.says(type=frame, **FRAMES[frame], id="k1")
    assert app.got == [{**UNKNOWN, "id": "k1"}]
    app.says(type=frame, **FRAMES[frame])
    assert app.got == [UNKNOWN]
    app.session.closed()
    assert street.told() == []
    assert street.file.asked == [(RIDE, "p1")], "one look-up for each connection, whosever the ride is"


def test_a_guest_who_wants_to_go_on_is_refused_with_the_first_frame() -> None:
    street = Street()
    app = street.connected(may_resume=True)
    app.says(type="resume", epoch="e1", last_seq=3, id="k1")
    assert app.got == [{**UNKNOWN, "id": "k1"}]
    assert street.told() == []


def test_a_guest_may_ping_and_show_that_a_frame_is_bad() -> None:
    street = Street()
    app = street.connected()
    app.says(type="ping")
    app.says(type="find_driver")
    assert [frame.get("code", frame["type"]) for frame in app.got] == ["pong", "bad_field"]
    assert street.told() == []


def test_who_books_speaks_for_the_ride_from_then_on() -> None:
    street = Street()
    app = street.connected()
    assert street.told() == []
    app.says(**FIND_DRIVER)
    app.says(type="rate_driver", rating=5)
    app.session.closed()
    assert street.told() == [Attach, FindDriver, RateRide, Detach]


def test_of_a_ride_that_proves_to_be_somebody_elses_everything_is_answered_as_of_an_unknown_one() -> None:
    street = Street()
    app = street.connected()
    app.says(**FIND_DRIVER, id="k1")
    app.says(type="cancel_ride", id="k2")
    app.says(type="ping")
    assert [frame["type"] for frame in app.got] == ["pong"]
    street.rig.tell(app.session, NotYours())
    street.rig.run(0)
    assert app.got == [{**UNKNOWN, "id": "k1"}, {**UNKNOWN, "id": "k2"}]
    street.rig.heard(AT_RIDE).clear()
    app.says(type="cancel_ride", id="k3")
    assert app.got == [{**UNKNOWN, "id": "k3"}]
    app.session.closed()
    assert street.told() == []


def test_once_the_ride_has_spoken_nothing_is_answered_twice() -> None:
    street = Street()
    app = street.connected()
    app.says(**FIND_DRIVER, id="k1")
    street.rig.tell(app.session, Refused("unavailable", "try again", id="k1"))
    street.rig.run(0)
    assert [frame["code"] for frame in app.got] == ["unavailable"]
    street.rig.tell(app.session, NotYours())
    street.rig.run(0)
    assert app.got == []


def test_a_booking_is_forgotten_once_the_ride_has_answered_it() -> None:
    street = Street()
    app = street.connected()
    app.says(**FIND_DRIVER, id="k1")
    gateway, passenger_id = street.rig.gateway, app.session.principal.id
    assert gateway.may_be_ride_of(app.session.ride_id, passenger_id)
    street.rig.tell(app.session, Refused("unavailable", "try again", id="k1"))
    street.rig.run(0)
    assert not gateway.may_be_ride_of(app.session.ride_id, passenger_id), "from now on the file alone knows"


def test_the_passenger_of_a_ride_on_file_is_no_guest() -> None:
    street = Street(of_ann=RIDE)
    app = street.connected(may_resume=True)
    app.says(type="resume", epoch="e1", last_seq=3)
    (attach,) = street.rig.heard(AT_RIDE)
    assert attach.resume.last_seq == 3


def test_who_comes_back_before_the_booking_is_on_file_is_no_guest() -> None:
    street = Street()
    first = street.connected()
    first.says(**FIND_DRIVER)
    again = street.connected(may_resume=True)
    again.says(type="resume", epoch="e1", last_seq=3, id="k1")
    assert street.told() == [Attach, FindDriver, Attach]
    street.rig.tell(again.session, NotYours())
    street.rig.run(0)
    assert again.got == [{**UNKNOWN, "id": "k1"}]
    street.connected()
    assert street.told() == [Attach, FindDriver, Attach], "and now that is known"


def test_bookings_are_remembered_up_to_a_number() -> None:
    gateway = Street().rig.gateway
    for number in range(MOST_BOOKINGS + 1):
        gateway.note_booking(RideId(f"r{number}"), "p1")
    assert not gateway.may_be_ride_of(RideId("r0"), "p1")
    assert gateway.may_be_ride_of(RideId("r1"), "p1") and not gateway.may_be_ride_of(RideId("r1"), "p2")


def test_a_socket_outlives_its_token_for_a_ride_of_ones_own_alone() -> None:
    for of_ann, closed in ((RIDE, []), ("", [4001])):
        street = Street(of_ann)
        app = street.connected(ends_at=300)
        street.rig.run(400)
        assert [code for code, _ in app.closes] == closed


def test_where_nobody_logs_in_everybody_speaks_for_the_ride_of_the_path() -> None:
    rig = Rig()
    app, _ = rig.passenger()
    app.says(type="cancel_ride")
    assert [type(message).__name__ for message in rig.heard(AT_RIDE)] == ["Attach", "CancelRide"]
