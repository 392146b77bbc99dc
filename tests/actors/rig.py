"""What actor tests share: one real actor on virtual time with a real journal, and listeners at every other address."""

from __future__ import annotations

from typing import Any

from dispatch import principals
from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.driver import DriverActor, DriverOptions
from dispatch.actors.ride import RideActor
from dispatch.addresses import JOURNAL
from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.supply import Supply
from dispatch.domain.places.positions import PositionBoard
from dispatch.domain.ride.record import RideRules
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.base import Command
from dispatch.messages.commands import CancelRide
from dispatch.messages.journal import Appended
from dispatch.messages.matching import ForDriver
from dispatch.runtime import Actor, Supervisor, VirtualRuntime
from dispatch.storage.log.memory import MemoryJournal
from dispatch.values import DriverCard, Lease, Passenger, Place, RideCard, Trip

RIDE, OTHER_RIDE = RideId("r1"), RideId("r2")
ANN = Passenger(PassengerId("p1"), "Ann", "27820000001")
DAN, EVE = DriverCard(DriverId("d1"), "Dan", "27830000001"), DriverCard(DriverId("d2"), "Eve", "27830000002")
AS_ANN, AS_DAN, AS_EVE = (
    principals.passenger_of(RIDE),
    principals.driver(DAN.driver_id),
    principals.driver(EVE.driver_id),
)
TRIP = Trip(Place(-26.2041, 28.0473, "123 Main St"), Place(-26.1850, 28.0550, "456 Oak Ave"), 5.2, 15.0, 85.5)
DEARER = Trip(TRIP.pickup, TRIP.dropoff, 5.2, 15.0, 120.0)
CARD = RideCard(RIDE, 1, ANN, TRIP)
OFFER = OfferId("r1.1.1")


def command(name: str = "k1", fingerprint: int = 1) -> Command:
    """An app's own id for what it asks."""
    return Command(name, fingerprint)


def lease(ride_id: RideId = RIDE, serial: int = 1, expires_at: float = 30.0) -> Lease:
    """An offer to d1, in the first round of the ride's first search."""
    offer_id = OfferId(f"{ride_id}.1.{serial}")
    return Lease(offer_id, ride_id, DAN.driver_id, 1, 1, expires_at, expires_at + 2.0, 1000.0)


class Listener(Actor):
    """An actor that keeps what it is told, but for what the journal tells it: tests put events there in its name."""

    def __init__(self, runtime: VirtualRuntime, address: str) -> None:
        super().__init__(runtime, address)
        self.mail: list[Any] = []

    def on_receive(self, message: Any) -> None:
        if type(message) is not Appended:
            self.mail.append(message)


class Rig:
    """A runtime with a journal. `listen` where nobody should be awake, `wake_…` what is tested."""

    def __init__(self, *, delay_s: tuple[float, float] = (0.0, 0.0), supervised: bool = False) -> None:
        self.runtime = VirtualRuntime(1, supervisor=Supervisor() if supervised else None)
        self.journal = MemoryJournal(self.runtime, delay_s=delay_s)
        self.runtime.sink(JOURNAL, self.journal)
        self.board = PositionBoard()
        self._listeners: dict[str, Listener] = {}

    def listen(self, *addresses: str) -> None:
        """From now on mail for these is kept."""
        for address in addresses:
            listener = self._listeners[address] = Listener(self.runtime, address)
            self.runtime.spawn(listener)

    def heard(self, address: str) -> list[Any]:
        """What came there since this was asked last."""
        listener = self._listeners[address]
        mail, listener.mail = listener.mail, []
        return mail

    def listener(self, address: str) -> Listener:
        """Who listens there."""
        return self._listeners[address]

    def tell(self, address: str, *messages: Any) -> None:
        """Tell, and let all that follows at this instant happen."""
        for message in messages:
            self.runtime.tell(address, message)
        self.runtime.run(self.runtime.now)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.runtime.run(self.runtime.now + seconds)

    def disk_is_full(self, full: bool) -> None:
        """Whether commits that are asked for from now on fail."""
        self.journal._failure_rate = float(full)

    def ride(self, options: RideRules | None = None) -> RideActor:
        """The actor of r1."""
        options = options or RideRules()
        self.runtime.factory("ride", lambda address, _: RideActor(self.runtime, address, self.journal, options))
        actor = self._wake("ride/r1")
        assert isinstance(actor, RideActor)
        return actor

    def driver(self, options: DriverOptions | None = None) -> DriverActor:
        """The actor of d1, who stands one kilometre north of the pickup."""
        options = options or DriverOptions()
        self.board.report(DAN.driver_id, TRIP.pickup.lat + 0.009, TRIP.pickup.lon, 0.0)
        self.runtime.factory(
            "driver", lambda address, _: DriverActor(self.runtime, address, self.journal, self.board, options, "0")
        )
        actor = self._wake("driver/d1")
        assert isinstance(actor, DriverActor)
        return actor

    def dispatcher(self, policy: SearchRules | None = None) -> DispatcherActor:
        """The actor of zone 0."""
        policy = policy or SearchRules()
        self.runtime.factory(
            "dispatcher",
            lambda address, _: DispatcherActor(
                self.runtime, address, self.journal, policy, Supply(self.board, policy.live_offers)
            ),
        )
        actor = self._wake("dispatcher/0")
        assert isinstance(actor, DispatcherActor)
        return actor

    def _wake(self, address: str) -> Actor | None:
        self.runtime.wake(address)
        return self.runtime.actor(address)


def in_short(message: Any) -> str:
    """`ClaimRefused:taken`: the type of a message, and the word or two that matter of it."""
    if isinstance(message, ForDriver):
        return f"ForDriver:{in_short(message.notice)}"
    if isinstance(message, CancelRide):
        return f"CancelRide:{message.principal.by}"
    words = [getattr(message, name, "") for name in _WORDS if name not in _NOT_ITS_WORD.get(type(message).__name__, ())]
    return ":".join([type(message).__name__, *filter(None, words)])


_WORDS = ("status", "outcome", "code", "by", "result", "reason")
_NOT_ITS_WORD = {"NoDrivers": ("reason",), "RideEnded": ("reason",)}
