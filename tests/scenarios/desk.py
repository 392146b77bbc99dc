"""A desk for stages: staff ask rides at chosen seconds, and every answer is held against what is on disk."""

from __future__ import annotations

from typing import Any, NamedTuple
from zlib import crc32

from msgspec.structs import replace

from dispatch import addresses
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import AssignRide, CancelRide, ChangeFare, EditRide, FindDriver, ReassignRide
from dispatch.messages.events import RideAssigned, RideCancelled, RideCompleted, SearchFailed
from dispatch.principals import OPERATIONS
from dispatch.values import Passenger, Place, Trip
from sim.checks.desk import DeskCheck
from sim.stories.stage import DROPOFF, PICKUP, Stage, StagePerson

CALLER = Passenger(PassengerId("27820000009"), "Ann", "27820000009")
TRIP = Trip(Place(*PICKUP, "123 Main St"), Place(*DROPOFF, "456 Oak Ave"), 5.2, 15.0, 0.0, by_agreement=True)
ENDS = (RideCancelled, RideCompleted, SearchFailed)


class Told(NamedTuple):
    """An answer: what was asked, and the code; empty: it is done."""

    at: float
    question: Any
    code: str


class Desk:
    """Staff at work on a stage. Each thing they do has an `at`: the second when it is done; None: now."""

    def __init__(self, stage: Stage, page: int = 1) -> None:
        """`page`: of several pages each has its own number."""
        self.stage = stage
        self.is_closed = False
        """A page that is closed asks nothing any more."""
        self.told: list[Told] = []
        self._person = StagePerson(stage, f"desk {page}")
        self.check = DeskCheck(stage.world.watch.violations, stage.world.watch.ledger)
        stage.world.runtime.observe(self.check)

    def books(self, ride: str, at: float | None = None) -> None:
        """Book for a caller; the same again under the same id is the same booking."""
        self.asks(FindDriver(OPERATIONS, RideId(ride), TRIP, CALLER, body=1), at)

    def assigns(self, ride: str, driver: str, at: float | None = None, *, bind: bool = False, key: str = "") -> None:
        """Have this driver asked, or bound."""
        self.asks(AssignRide(OPERATIONS, RideId(ride), "", DriverId(driver), bind, command_of(key, driver)), at)

    def reassigns(self, ride: str, at: float | None = None, *, key: str = "") -> None:
        """Take the ride from its driver."""
        self.asks(ReassignRide(OPERATIONS, RideId(ride), "", "late", command_of(key, "late")), at)

    def changes_fare(self, ride: str, fare: float, at: float | None = None, *, key: str = "") -> None:
        """Agree on another fare."""
        self.asks(ChangeFare(OPERATIONS, RideId(ride), "", fare, "agreed", command_of(key, str(fare))), at)

    def edits(self, ride: str, at: float | None = None, **fields: Any) -> None:
        """Move a place, or change the note."""
        self.asks(EditRide(OPERATIONS, RideId(ride), "", **fields), at)

    def closes(self, ride: str, at: float | None = None) -> None:
        """End the ride."""
        self.asks(CancelRide(OPERATIONS, RideId(ride), "a complaint"), at)

    def asks(self, question: Any, at: float | None = None) -> None:
        """Ask a ride, as a route does."""
        self._person.does(lambda: self._ask(question), at)

    def codes(self, kind: type[Message]) -> list[str]:
        """What staff heard to this kind of question."""
        return [told.code for told in self.told if isinstance(told.question, kind)]

    def _ask(self, question: Any) -> None:
        if self.stage.world.is_down or self.is_closed:
            return
        runtime = self.stage.world.runtime
        address = addresses.request(runtime.next_number())
        runtime.sink(address, _Answer(self, question))
        runtime.tell(addresses.ride(question.ride_id), replace(question, reply_to=address), address)


def command_of(key: str, asked: str) -> Command | None:
    """The Idempotency-Key of a request, as a route hands it on; none: without one."""
    return Command(key, crc32(asked.encode()), staff_id=OPERATIONS.id) if key else None


class _Answer:
    """The sink of one question."""

    def __init__(self, desk: Desk, question: Any) -> None:
        self._desk = desk
        self._question = question

    def deliver(self, answer: Any) -> None:
        self._desk.told.append(Told(self._desk.stage.now, self._question, getattr(answer, "code", "undelivered")))


def drivers_of(stage: Stage, ride: str) -> list[str]:
    """Whom the ride was given to, in order."""
    return [event.driver.driver_id for event in stage.record(ride) if isinstance(event, RideAssigned)]


def ends_of(stage: Stage, ride: str) -> list[str]:
    """How the ride ended: of several ends there would be several."""
    return [type(event).__name__ for event in stage.record(ride) if isinstance(event, ENDS)]
