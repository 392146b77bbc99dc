"""An app of the demo without its network: what it says when its link opens, opens again, and hears."""

from collections import Counter
from typing import Any, cast

from dispatch.domain.places.geo import TravelModel
from dispatch.ids import DriverId, RideId
from dispatch.runtime import VirtualRuntime
from dispatch.transport import wire
from sim.city.demand import trip_between
from sim.demo.apps import DriverApp, PassengerApp
from sim.demo.rides import RidesSeen
from sim.network.socket_link import SocketLink
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.people.driver import DriverPhone
from sim.people.passenger import PassengerPhone
from sim.report.figures import RunFigures
from tests.sim.demo.test_rides import counted, searching

PICKUP, DROPOFF = (40.75, -73.98), (40.76, -73.97)


class Wire(list[wire.ClientMessage]):
    """A link's place that keeps what is sent."""

    is_closed = False

    def send(self, message: wire.ClientMessage) -> None:
        self.append(message)

    def close(self) -> None:
        self.is_closed = True


class Rig:
    """A driver's and a passenger's app on virtual time."""

    def __init__(self) -> None:
        self.runtime, self.figures, self.seen = VirtualRuntime(1), RunFigures(), RidesSeen()
        self.errors: Counter[str] = Counter()
        self.ended: list[PassengerPhone] = []
        self.sent = Wire()
        self.link = cast(SocketLink, self.sent)

    def driver(self) -> DriverApp:
        dice, travel = self.runtime.rng("driver"), TravelModel()
        phone = DriverPhone(DriverId("1"), self.runtime, dice, DriverBehaviour(), travel, PICKUP, self.figures)
        return DriverApp(phone, self.link, self.errors, self.figures)

    def passenger(self) -> PassengerApp:
        dice, trip = self.runtime.rng("passenger"), trip_between(PICKUP, DROPOFF)
        phone = PassengerPhone(
            RideId("a"), self.runtime, dice, PassengerBehaviour(), trip, self.figures, self.ended.append
        )
        self.runtime.sink(phone.address, phone)
        return PassengerApp(phone, self.link, self.errors, self.seen, turn=3)

    def told(self, name: str) -> Any:
        summary = self.figures.summary(
            seed=1, digest="", drivers=1, virtual_s=0, cpu_s=0, wall_s=0, invariants_checked=0, violations=0
        )
        return cast(dict[str, Any], summary)[name]


def test_a_driver_says_where_they_are_as_soon_as_they_can() -> None:
    rig = Rig()
    app = rig.driver()
    app.report()
    app.on_open()
    assert rig.sent == [wire.LocationUpdate(latitude=PICKUP[0], longitude=PICKUP[1])]
    assert app.opened.is_set()
    assert rig.told("positions") == 1, "only what was sent counts"


def test_a_driver_who_lost_their_connection_says_nothing() -> None:
    rig = Rig()
    app = rig.driver()
    app.on_open()
    app.on_lost()
    app.report()
    app.ping()
    assert len(rig.sent) == 1


def test_a_passenger_books_once() -> None:
    rig = Rig()
    app = rig.passenger()
    app.on_open()
    app.on_frame(searching("a"))
    app.on_lost()
    app.on_open()
    assert [type(message) for message in rig.sent] == [wire.FindDriver]
    assert rig.told("requests") == 1
    assert counted(rig.seen) == {"pending": 1}


def test_a_booking_that_got_no_answer_is_said_again_and_counted_once() -> None:
    rig = Rig()
    app = rig.passenger()
    app.on_open()
    app.on_lost()
    app.on_open()
    assert len(rig.sent) == 2
    assert rig.sent[0] == rig.sent[1]
    assert rig.told("requests") == 1


def test_a_passenger_who_loses_patience_cancels_over_the_same_link() -> None:
    rig = Rig()
    rig.passenger().on_open()
    rig.runtime.run(3_600.0)
    assert rig.sent[-1] == wire.CancelRide(reason="waited too long")


def test_what_the_server_refuses_is_counted_in_words() -> None:
    rig = Rig()
    app = rig.driver()
    for _ in range(2):
        app.on_frame(wire.Refused(code="illegal_now", message="cannot start a ride that is pending"))
    assert rig.errors == {"illegal_now: cannot start a ride that is pending": 2}


def test_apps_ping_while_they_are_connected() -> None:
    rig = Rig()
    for app in (rig.driver(), rig.passenger()):
        app.ping()
        app.on_open()
        app.ping()
        assert rig.sent[-1] == wire.Ping()
    assert len([message for message in rig.sent if isinstance(message, wire.Ping)]) == 2
