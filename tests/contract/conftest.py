"""The houses that the contract is tried in: our runtimes and pykka's threads, behind one small set of verbs.

A `Role` is the body of an actor without its runtime. Each house mixes it with the kind of actor that it runs.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, ClassVar

import pykka
import pytest

from dispatch.addresses import kind_of
from dispatch.runtime import Actor, PermutedRuntime, Runtime, Supervisor, VirtualRuntime
from dispatch.runtime.realtime import RealtimeRuntime

PATIENCE_S = 10.0


class Role:
    """What an actor does. `on_receive`, `on_start` and `on_stop` are pykka's own hooks."""

    house: House
    address: str

    def tell(self, address: str, message: Any) -> None:
        """How one actor tells another, in every house."""
        self.house.tell(address, message)


class House(ABC):
    """Runs roles at addresses."""

    @abstractmethod
    def start(self, address: str, role: type[Role]) -> Any:
        """The running actor, to be looked into once the house is quiet."""

    @abstractmethod
    def tell(self, address: str, message: Any) -> object: ...

    @abstractmethod
    def ref(self, address: str) -> pykka.ActorRef[Any]: ...

    @abstractmethod
    def run(self, for_s: float = 0.0) -> None:
        """Let time pass, then return once everything told has been handled."""

    @abstractmethod
    def close(self) -> None: ...

    def as_one_sender(self, call: Callable[[], None]) -> None:
        """Make this call in a turn of one actor: what comes from outside has no sender, and so no order."""
        if not self._has_somebody:
            self._has_somebody = True
            self.start("driver/somebody", Somebody)
        self.tell("driver/somebody", call)
        self.run()

    _has_somebody = False


class Somebody(Role):
    """Does what it is told to."""

    def on_receive(self, call: Callable[[], None]) -> None:
        call()


class OurHouse(House):
    """One of our runtimes, supervised, that can rebuild each actor it started and wakes none."""

    runtime: Runtime

    def __init__(self) -> None:
        self._roles: dict[str, type[Actor]] = {}

    def start(self, address: str, role: type[Role]) -> Any:
        self._roles[address] = type(role.__name__, (role, Actor), {"house": self})
        self.runtime.factory(kind_of(address), self._make)
        return self.runtime.spawn(self._roles[address](self.runtime, address))

    def _make(self, address: str, message: Any) -> Actor | None:
        return self._roles[address](self.runtime, address) if message is None else None

    def tell(self, address: str, message: Any, returns_to: str | None = None) -> None:
        self.runtime.tell(address, message, returns_to)

    def ref(self, address: str) -> pykka.ActorRef[Any]:
        actor = self.runtime.actor(address)
        assert actor is not None, f"nobody at {address}"
        return actor.actor_ref

    def close(self) -> None:
        """Nothing runs on its own."""


class VirtualHouse(OurHouse):
    runtime: VirtualRuntime
    made_of: ClassVar[type[VirtualRuntime]] = VirtualRuntime

    def __init__(self) -> None:
        super().__init__()
        self.runtime = self.made_of(seed=7, supervisor=Supervisor())

    def run(self, for_s: float = 0.0) -> None:
        self.runtime.run(until_s=self.runtime.now + for_s)


class PermutedHouse(VirtualHouse):
    made_of = PermutedRuntime


class RealtimeHouse(OurHouse):
    def __init__(self, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        super().__init__()
        self._runner = asyncio.Runner(loop_factory=new_loop)
        self.runtime = RealtimeRuntime(seed=7, supervisor=Supervisor(), loop=self._runner.get_loop())

    def run(self, for_s: float = 0.0) -> None:
        self._runner.run(self._quiet(for_s))

    async def _quiet(self, for_s: float) -> None:
        await asyncio.sleep(for_s)
        while self.runtime.waiting():
            await asyncio.sleep(0)

    def close(self) -> None:
        self._runner.close()


class ThreadHouse(House):
    """pykka as it comes: a thread for every actor. It is quiet when as much was handled as was told."""

    def __init__(self) -> None:
        self._refs: dict[str, pykka.ActorRef[Any]] = {}
        self._actors: dict[str, pykka.Actor] = {}
        self._change = threading.Condition()
        self._under_way = 0

    def under_way(self, change: int) -> None:
        """So many letters more, or fewer, wait or are being handled."""
        with self._change:
            self._under_way += change
            self._change.notify_all()

    def start(self, address: str, role: type[Role]) -> Any:
        attributes = {"house": self, "address": address, "use_daemon_thread": True}
        kind: type[pykka.Actor] = type(role.__name__, (role, _CountedActor), attributes)
        self._refs[address] = kind.start()
        actor = self._refs[address]._actor_weakref()
        assert actor is not None
        self._actors[address] = actor
        return actor

    def tell(self, address: str, message: Any) -> None:
        self._refs[address].tell(message)

    def ref(self, address: str) -> pykka.ActorRef[Any]:
        return self._refs[address]

    def run(self, for_s: float = 0.0) -> None:
        with self._change:
            assert self._change.wait_for(lambda: self._under_way == 0, PATIENCE_S)

    def close(self) -> None:
        for ref in self._refs.values():
            ref.stop(timeout=PATIENCE_S)


class _CountedInbox(queue.Queue[Any]):
    house: ThreadHouse

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        self.house.under_way(+1)
        super().put(item, block, timeout)


class _CountedActor(pykka.ThreadingActor):
    house: ThreadHouse
    actor_inbox: _CountedInbox

    def __init__(self) -> None:
        super().__init__()
        self.actor_inbox.house = self.house

    @staticmethod
    def _create_actor_inbox() -> _CountedInbox:
        return _CountedInbox()

    def _handle_receive(self, message: Any) -> Any:
        try:
            return super()._handle_receive(message)
        finally:
            self.house.under_way(-1)

    def _actor_loop_teardown(self) -> None:
        unread = self.actor_inbox.qsize()
        super()._actor_loop_teardown()
        self.house.under_way(-unread)


def _on_uvloop() -> OurHouse:
    import uvloop

    return RealtimeHouse(uvloop.new_event_loop)


OURS: dict[str, Callable[[], OurHouse]] = {
    "virtual": VirtualHouse,
    "permuted": PermutedHouse,
    "realtime": lambda: RealtimeHouse(asyncio.new_event_loop),
}
if find_spec("uvloop"):  # Windows has none
    OURS["realtime on uvloop"] = _on_uvloop


@pytest.fixture(params=[*OURS, "pykka"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    """Every house: what holds here holds for our actors and for pykka's."""
    opened: House = {**OURS, "pykka": ThreadHouse}[request.param]()
    yield opened
    opened.close()


@pytest.fixture(params=list(OURS))
def ours(request: pytest.FixtureRequest) -> Iterator[OurHouse]:
    """Our runtimes: for what pykka does not have, or does otherwise."""
    opened = OURS[request.param]()
    yield opened
    opened.close()


@pytest.fixture
def threads() -> Iterator[ThreadHouse]:
    """pykka alone: the other side of a difference."""
    opened = ThreadHouse()
    yield opened
    opened.close()
