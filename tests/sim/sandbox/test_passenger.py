"""A simulated passenger of the sandbox: pins and ratings."""

from random import Random
from typing import Any, cast

from dispatch.ids import RideId
from dispatch.ports import Clock
from dispatch.transport import wire
from dispatch.values import Place, Trip
from sim.people.behaviour import PassengerBehaviour
from sim.report.figures import RunFigures
from sim.sandbox.passenger import RATES_SHARE, SandboxPassenger

TRIP = Trip(
    pickup=Place(60.17, 24.94, "A"), dropoff=Place(60.18, 24.95, "B"), distance_km=1.0, duration_min=3, fare=9.0
)
ASSIGNED = wire.DriverAssigned(
    ride_id="r",
    seq=1,
    epoch="e",
    driver_id="d",
    driver_name="Driver",
    driver_phone="1",
    driver_rating=4.8,
    vehicle_type="sedan",
    vehicle_registration="ABC-123",
    start_pin="4719",
)
COMPLETED = wire.RideCompleted(
    ride_id="r", seq=2, epoch="e", fare=9.0, distance_km=1.0, duration_minutes=3, payment_status="cash"
)


class Still:
    """A clock whose timers are told by hand."""

    now = 0.0

    def __init__(self) -> None:
        self.timers: list[Any] = []

    def set_timer(self, delay_s: float, address: str, message: Any) -> None:
        self.timers.append(message)


class Link:
    """A link that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def send(self, message: wire.ClientMessage) -> None:
        self.said.append(message)

    def close(self) -> None:
        pass


class Ridden:
    """A passenger whose ride was completed."""

    def __init__(self, seed: int) -> None:
        self.clock, self.link, self.ended = Still(), Link(), list[Any]()
        self.phone = SandboxPassenger(
            RideId("r"),
            cast("Clock", self.clock),
            Random(seed),
            PassengerBehaviour(),
            TRIP,
            RunFigures(),
            self.ended.append,
        )
        self.phone.link = self.link
        self.phone.on_frame(ASSIGNED)
        self.phone.on_frame(COMPLETED)


def test_now_and_then_a_passenger_rates_the_driver_and_leaves_only_then() -> None:
    ridden = [Ridden(seed) for seed in range(200)]
    rated = [one for one in ridden if one.link.said]
    assert 0.7 * RATES_SHARE < len(rated) / len(ridden) < 1.3 * RATES_SHARE
    assert {one.link.said[0].rating for one in rated} >= {4, 5}
    for one in rated:
        assert one.ended == [], "the rating is still on its way"
        one.phone.deliver(one.clock.timers[-1])
        assert one.ended == [one.phone]
    assert all(one.ended == [one.phone] for one in ridden)


def test_a_passenger_knows_the_pin_that_the_server_told() -> None:
    assert Ridden(1).phone.pin == "4719"
