"""What session tests share: a real gateway on virtual time, actors that only listen, apps that keep what they get."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from dispatch import addresses, principals
from dispatch.actors.positions import PositionsSink
from dispatch.config import Settings
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.runtime import Actor, VirtualRuntime
from dispatch.transport import wire
from dispatch.transport.sessions.driver import DriverSession
from dispatch.transport.sessions.gateway import Gateway
from dispatch.transport.sessions.passenger import PassengerSession
from dispatch.transport.sessions.session import Session
from dispatch.values import DriverCard, Lease, Passenger, Place, RideCard, Trip

RIDE = RideId("123")
DRIVER = DriverId("27821234568")
SARAH = Passenger(PassengerId("27821234567"), "Sarah Johnson", "27821234567")
MICHAEL = DriverCard(DRIVER, "Michael Brown", "27821234568", 4.9, "sedan", "CA 999 GP")
AS_SARAH, AS_MICHAEL = principals.passenger_of(RIDE), principals.driver(DRIVER)
TRIP = Trip(
    pickup=Place(-26.2041, 28.0473, "123 Main St"),
    dropoff=Place(-26.1850, 28.0550, "456 Oak Ave"),
    distance_km=5.2,
    duration_min=15.0,
    fare=85.5,
)
CARD = RideCard(RIDE, 1, SARAH, TRIP)
FIND_DRIVER = {
    "type": "find_driver",
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "distance_km": 5.2,
    "estimated_duration_minutes": 15,
    "fare_amount": 85.50,
}
"""As the seed's passenger app sends it."""


def lease(expires_at: float = 30.0, driver_id: DriverId = DRIVER, offer_id: str = "o-1") -> Lease:
    """An offer of ride 123 in its first round, 1,234.4 m from the pickup."""
    return Lease(OfferId(offer_id), RIDE, driver_id, 1, 1, expires_at, expires_at + 2.0, 1234.4)


def json_of(frame: wire.ServerMessage) -> dict[str, Any]:
    """The frame as an app reads it."""
    decoded: dict[str, Any] = msgspec.json.decode(wire.encode(frame))
    return decoded


class Listener(Actor):
    """An actor that keeps what it is told."""

    def __init__(self, runtime: VirtualRuntime, address: str) -> None:
        super().__init__(runtime, address)
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> None:
        self.heard.append(message)


class App:
    """A link that keeps frames and the close."""

    session: Session

    def __init__(self) -> None:
        self.frames: list[wire.ServerMessage] = []
        self.closes: list[tuple[int, str]] = []
        self.challenges = 0

    def send(self, message: wire.ServerMessage) -> None:
        self.frames.append(message)

    def close(self, code: int, reason: str = "") -> None:
        self.closes.append((code, reason))

    def challenge(self) -> None:
        self.challenges += 1

    def says(self, **frame: Any) -> None:
        """One frame over the wire: `says(type="ping")`."""
        self.session.receive(msgspec.json.encode(frame).decode())

    @property
    def got(self) -> list[dict[str, Any]]:
        """What it got since it was last asked, as it reads it."""
        frames, self.frames = self.frames, []
        return [json_of(frame) for frame in frames]


class Rig:
    """A gateway, its runtime and whoever listens behind it. Addresses in `deaf` take no mail."""

    def __init__(self, *, deaf: tuple[str, ...] = (), start_at: float = 0.0, **settings: Any) -> None:
        self.runtime = VirtualRuntime(seed=1, start_at=start_at)
        self.start_at = start_at
        self.board = PositionBoard()
        self._deaf = deaf
        for kind in (addresses.RIDE, addresses.DRIVER, addresses.DISPATCHER):
            self.runtime.factory(kind, self._wake)
        self.runtime.sink(addresses.positions("0"), PositionsSink(self.runtime, self.board, "0"))
        self.gateway = Gateway(
            self.runtime,
            Settings(**{"show_phone": "never", **settings}),
            default_passenger=Passenger(PassengerId("anybody"), "Passenger", ""),
        )

    def _wake(self, address: str, message: Any) -> Listener | None:
        return None if address in self._deaf else Listener(self.runtime, address)

    def run(self, seconds: float) -> None:
        """Let time pass until so many seconds after the start."""
        self.runtime.run(self.start_at + seconds)

    def passenger(self, ride_id: RideId = RIDE) -> tuple[App, PassengerSession]:
        """A passenger's app, connected."""
        app = App()
        session = self.gateway.passenger_session(principals.passenger_of(ride_id), ride_id, app)
        app.session = session
        session.open()
        return app, session

    def driver(self, driver_id: DriverId = DRIVER) -> tuple[App, DriverSession]:
        """A driver's app, connected."""
        app = App()
        session = self.gateway.driver_session(principals.driver(driver_id), app)
        app.session = session
        session.open()
        return app, session

    def heard(self, address: str) -> list[Any]:
        """What the actor at `address` was told, once all mail is delivered."""
        self.runtime.run(self.runtime.now)
        actor = self.runtime.actor(address)
        return actor.heard if isinstance(actor, Listener) else []

    def tell(self, session: Session, notice: Any) -> None:
        """An actor tells the connection something, in a stream of this process unless the notice says otherwise."""
        has_no_epoch = getattr(notice, "epoch", None) == ""
        self.runtime.tell(session.address, replace(notice, epoch="e1") if has_no_epoch else notice)
