"""Seeded faults: links that go silent, hang up or are replaced and come back later, and actors whose handler raises once.

All are drawn from `rng("faults")`. After `until_s` no fault happens any more, and apps that are away come back soon after.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

import msgspec

from dispatch import addresses
from dispatch.actors.recorded import RecordedActor
from dispatch.messages.base import Message
from dispatch.messages.journal import Appended, NotAppended
from dispatch.ports import Clock
from sim.people.phone import Phone
from sim.people.restless import ComeBack, LoseLink
from sim.world import World

FAULTS: Final = "faults"
SPARED: Final = (Appended, NotAppended)
"""Messages whose handlers never fail: actors are rebuilt by the journal's answers."""
QUIET_S: Final = 5.0
"""Two faults of actors are at least so far apart: three within five seconds would be a quarantine."""


class InjectedFault(Exception):
    """Raised by a handler that a fault makes fail."""


class FaultPlan(msgspec.Struct, frozen=True, kw_only=True):
    """`every_s`: mean seconds between two faults. `until_s`: the Unix second of the last one. `away_s`: the shortest and the longest
    time until a lost app is back.
    """

    every_s: float = 20.0
    until_s: float = 720.0
    away_s: tuple[float, float] = (1.0, 90.0)


class _Strike(Message, frozen=True, gc=False):
    """The next fault is due."""


class Faults:
    """A sink of the world's runtime. After `start` it goes on by itself. `struck` counts faults by name."""

    def __init__(self, world: World, clock: Clock, plan: FaultPlan) -> None:
        """`clock`: its timers are set with it."""
        self.struck: dict[str, int] = {}
        self._world = world
        self._clock = clock
        self._plan = plan
        self._dice: Random = world.runtime.rng(FAULTS)
        self._last_hurt_at = -QUIET_S

    @property
    def longest_away_s(self) -> float:
        """A lost app is back after at most so many seconds."""
        return self._plan.away_s[1]

    def start(self) -> None:
        """Let faults happen from now on."""
        self._world.runtime.sink(FAULTS, self)
        self._strike_later()

    def deliver(self, message: _Strike) -> None:
        """A fault is due."""
        if self._world.elapsed_s >= self._plan.until_s:
            return
        self._strike_later()
        names = list(STRIKES)
        name = names[self._dice.randrange(len(names))]
        if STRIKES[name](self):
            self.struck[name] = self.struck.get(name, 0) + 1

    def _strike_later(self) -> None:
        self._clock.set_timer(self._dice.expovariate(1.0 / self._plan.every_s), FAULTS, _Strike())

    # -- links

    def _silence(self) -> bool:
        """An app's connection goes silent, and the server has to find out by itself."""
        return self._lose(LoseLink(silent=True))

    def _hang_up(self) -> bool:
        return self._lose(LoseLink(silent=False))

    def _replace(self) -> bool:
        """An app connects a second time while its first connection is open."""
        phone = self._somebody()
        if phone is not None:
            self._world.runtime.tell(phone.address, ComeBack(anew=True))
        return phone is not None

    def _lose(self, loss: LoseLink) -> bool:
        phone = self._somebody()
        if phone is not None:
            self._world.runtime.tell(phone.address, loss)
            shortest, longest = self._plan.away_s
            away_s = shortest + (longest - shortest) * self._dice.random()
            self._clock.set_timer(away_s, phone.address, ComeBack())
        return phone is not None

    def _somebody(self) -> Phone | None:
        """Any app that is connected now. A driver's is as likely as a passenger's."""
        drivers, passengers = self._world.drivers.values(), self._world.passengers.values()
        people: list[Phone] = list(drivers) if self._dice.random() < 0.5 else list(passengers)
        connected = [phone for phone in people if phone.link is not None]
        return connected[self._dice.randrange(len(connected))] if connected else None

    # -- actors

    def _hurt(self) -> bool:
        """The next message of one actor fails: before its handler begins, at the first thing that it sends, or before its commit."""
        runtime, dice = self._world.runtime, self._dice
        if runtime.now - self._last_hurt_at < QUIET_S:
            return False
        kind = HURT[dice.randrange(len(HURT))]
        awake = list(runtime.addresses(kind))
        if not awake:
            return False
        actor = runtime.actor(awake[dice.randrange(len(awake))])
        assert isinstance(actor, RecordedActor)
        MOMENTS[dice.randrange(len(MOMENTS))](actor)
        self._last_hurt_at = runtime.now
        return True


HURT: Final = (addresses.DRIVER, addresses.RIDE, addresses.DISPATCHER)
STRIKES: Final[dict[str, Callable[[Faults], bool]]] = {
    "silence": Faults._silence,
    "hang up": Faults._hang_up,
    "replace": Faults._replace,
    "hurt": Faults._hurt,
}


def _fail_before(actor: RecordedActor) -> None:
    """The handler never begins."""

    def take(message: Any, reply_to: Any) -> None:
        if isinstance(message, SPARED):
            type(actor).take(actor, message, reply_to)
        else:
            actor.failure = InjectedFault()

    actor.take = take  # type: ignore[method-assign]


def _fail_within(actor: RecordedActor) -> None:
    """The handler fails at the first thing that it sends."""
    _fail_at(actor, "send")


def _fail_after(actor: RecordedActor) -> None:
    """The handler has done its work, and nothing of it reaches the journal."""
    _fail_at(actor, "_end_turn")


def _fail_at(actor: RecordedActor, method: str) -> None:
    """This method of the actor raises while it handles a message."""

    def take(message: Any, reply_to: Any) -> None:
        if not isinstance(message, SPARED):
            setattr(actor, method, refuse)
        try:
            type(actor).take(actor, message, reply_to)
        finally:
            actor.__dict__.pop(method, None)

    def refuse(*arguments: Any) -> None:
        raise InjectedFault

    actor.take = take  # type: ignore[method-assign]


MOMENTS: Final = (_fail_before, _fail_within, _fail_after)
