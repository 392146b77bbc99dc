"""Small worlds with a desk: staff book for callers, and assign, bind, reassign, close and change fares at random, right or wrong."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any, Final

from dispatch import addresses
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.base import Message, Undelivered
from dispatch.messages.commands import AssignRide, CancelRide, ChangeFare, EditRide, FindDriver, ReassignRide
from dispatch.messages.matching import DeskAnswered
from dispatch.principals import Principal, Role
from dispatch.values import Passenger
from sim.checks.desk import DESK_IN, DeskCheck
from sim.explore.small import FAULTS_UNTIL_S, PEOPLE, SmallWorld
from sim.people.restless import AGAIN_AFTER_S, TRY_AGAIN

DESK: Final = "desk"
EVERY_S: Final = 4.0
"""Mean seconds between two acts."""
ACTS: Final[dict[str, tuple[str, ...]]] = {
    "book": (),
    "assign": ("pending",),
    "bind": ("pending",),
    "reassign": ("accepted",),
    "fare": ("accepted", "arrived", "in_progress"),
    "move": ("pending", "scheduled"),
    "note": ("pending", "accepted", "arrived", "in_progress"),
    "close": ("pending", "accepted", "arrived", "in_progress"),
}
"""What staff do, and with rides in which status it can be done."""
TWICE, UNKNOWN, MISTAKEN = 0.2, 0.02, 0.2
"""Shares: of acts that two of staff do in the same instant, of those on a ride that was never booked, and of those on a ride or driver
without a look at how it stands."""
STAFF: Final = Principal(Role.STAFF, "p-dispatcher")
MANAGER: Final = Principal(Role.STAFF, "p-manager", is_manager=True)


class _Act(Message, frozen=True, gc=False):
    """Staff do the next thing."""


class _AskAgain(Message, frozen=True, gc=False):
    """Staff send this booking again: the server could not take it a moment ago."""

    booking: FindDriver


class Desk:
    """A sink of the world's runtime. After `start` it goes on by itself, up to the last fault."""

    def __init__(self, world: DeskWorld) -> None:
        self._world = world
        self._dice = world.runtime.rng(DESK)
        self._calls = count(1)

    def start(self) -> None:
        """Staff come to work."""
        self._world.runtime.sink(DESK, self)
        self._act_later()

    def deliver(self, message: _Act | _AskAgain) -> None:
        """It is time for something."""
        if isinstance(message, _AskAgain):
            self.ask(message.booking)
        elif self._world.elapsed_s < FAULTS_UNTIL_S:
            self._act()
            self._act_later()

    def ask(self, question: Any) -> None:
        """Ask a ride, as a route does: the answer comes to an address of its own."""
        runtime = self._world.runtime
        address = addresses.request(runtime.next_number())
        runtime.sink(address, _Answer(self, question))
        message = type(question)(**{**_fields(question), "reply_to": address})
        runtime.tell(addresses.ride(question.ride_id), message, address)

    def hear(self, question: Any, answer: DeskAnswered | Undelivered) -> None:
        """A booking that could not be taken is sent again, under the same id."""
        failed = isinstance(answer, Undelivered) or answer.code in TRY_AGAIN
        if failed and isinstance(question, FindDriver):
            self._world.clock.set_timer(AGAIN_AFTER_S, DESK, _AskAgain(question))

    def _act_later(self) -> None:
        self._world.clock.set_timer(self._dice.expovariate(1.0 / EVERY_S), DESK, _Act())

    def _act(self) -> None:
        dice = self._dice
        act = dice.choice(tuple(ACTS))
        ride_id = self._some_ride(ACTS[act])
        times = 2 if dice.random() < TWICE else 1
        for _ in range(times):
            who = dice.choice((STAFF, MANAGER, MANAGER))
            if act == "book":
                question: Any = self._call(who)
            elif ride_id is None:
                return
            elif act in ("assign", "bind"):
                question = AssignRide(who, ride_id, "", self._some_driver(), act == "bind")
            elif act == "reassign":
                question = ReassignRide(who, ride_id, "", "late")
            elif act == "fare":
                question = ChangeFare(who, ride_id, "", float(dice.randrange(20, 200)), "agreed")
            elif act == "move":
                question = EditRide(who, ride_id, "", pickup=self._world.some_trip(dice).pickup)
            elif act == "note":
                question = EditRide(who, ride_id, "", note=dice.choice(("the blue gate", "call twice")))
            else:
                question = CancelRide(who, ride_id, "a complaint")
            self.ask(question)

    def _call(self, who: Principal) -> FindDriver:
        """Somebody calls. One who has an app as well may have a ride of their own."""
        number, phone = next(self._calls), self._dice.choice(PEOPLE)
        ride_id, caller = RideId(f"call{number}"), Passenger(PassengerId(phone), "Ann", phone)
        return FindDriver(who, ride_id, self._world.some_trip(self._dice), caller, body=number)

    def _some_ride(self, statuses: tuple[str, ...]) -> RideId | None:
        """One that was open a moment ago, mostly in one of these statuses, as a page shows it."""
        dice = self._dice
        if dice.random() < UNKNOWN:
            return RideId("r999")
        looks, ledger = dice.random() >= MISTAKEN, self._world.watch.ledger
        known = [ride_id for ride_id, status in ledger.status.items() if not looks or status in statuses]
        if not looks:
            known += list(ledger.ended)
        return dice.choice(known) if known else None

    def _some_driver(self) -> DriverId:
        """Any driver, mostly one who is free, as a page shows it."""
        drivers, watch = list(self._world.drivers), self._world.watch
        free = [
            driver_id for driver_id in drivers if driver_id not in watch.ledger.reserved and not watch.held(driver_id)
        ]
        return self._dice.choice(free if free and self._dice.random() >= MISTAKEN else drivers)


class _Answer:
    """The sink of one question."""

    def __init__(self, desk: Desk, question: Any) -> None:
        self._desk = desk
        self._question = question

    def deliver(self, answer: Any) -> None:
        self._desk.hear(self._question, answer)


def _fields(question: Any) -> dict[str, Any]:
    return {name: getattr(question, name) for name in question.__struct_fields__}


class DeskWorld(SmallWorld):
    """A small world in which staff are at work."""

    def __init__(self, seed: int, *, permute: bool, trace: Path | None = None) -> None:
        super().__init__(seed, permute=permute, trace=trace)
        self.desk_check = DeskCheck(self.watch.violations, self.watch.ledger)
        self.runtime.observe(self.desk_check, DESK_IN)
        self.desk = Desk(self)

    def play(self) -> None:
        self.desk.start()
        super().play()

    def some_trip(self, dice: Any) -> Any:
        """A trip through the town."""
        return self._trip(dice)

    def judge(self) -> None:
        super().judge()
        self.desk_check.finish(self.runtime.now)
        self.goals.seen.update(self.desk_check.answers)
        by_desk = self.watch.ledger.by_desk
        self.goals.seen["a driver whom staff asked has the ride"] = sum(
            getattr(event, "offer_id", None) in by_desk
            for ride_id, _ in dict.fromkeys(by_desk.values())
            for event in self.journal.events_of(addresses.ride(ride_id))
        )
