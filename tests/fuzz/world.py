"""The live server in this process, on a real file, without a port: whoever speaks to it does so by a `Wire`. Its clock can be moved on.

Everything is what `dispatch serve` runs: uvicorn's reader of HTTP, admission, sockets, sessions, actors, the journal's thread.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import selectors
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn

from dispatch import addresses, app, logs
from dispatch.config import Settings
from dispatch.identity.people import NewPerson
from dispatch.identity.tokens import Claims, make_token
from dispatch.principals import Principal, Role
from dispatch.runtime import clock
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.file.owner import owned
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.transport.control import control_socket
from dispatch.transport.ws import server as ws_server
from dispatch.transport.ws.admin import config
from dispatch.transport.ws.edge import EdgeCounters, SocketEdge
from dispatch.transport.ws.front import FrontConnection
from dispatch.transport.ws.listener import COLLECT_AFTER, give_memory_back, listening_socket
from dispatch.transport.ws.websocket import DispatchConnection
from dispatch.words import PersonRole
from tests.fuzz.wires import Wire

ROLES: Final = {
    "p1": Role.PASSENGER, "p2": Role.PASSENGER, "d1": Role.DRIVER, "d2": Role.DRIVER, "d3": Role.DRIVER,
    "s1": Role.STAFF, "s2": Role.STAFF, "pw": Role.PASSENGER, "dw": Role.DRIVER, "sw": Role.STAFF,
}  # fmt: skip
"""Everybody on file, by their ids. Those with a `w` are witnesses."""
PHONES: Final = {
    "p1": "27820000001", "p2": "27820000002", "d1": "27830000001", "d2": "27830000002", "d3": "27830000003", "s1": "27840000001",
    "s2": "27840000002", "pw": "27829990001", "dw": "27839990001", "sw": "27849990001",
}  # fmt: skip
SETTINGS: Final[dict[str, Any]] = {
    "auth": "on", "port": 0, "synchronous": "off", "eta_model": "constant", "token_ttl_s": 86_400.0, "ride_cap_s": 1_800.0,
    "messages_per_s": 100_000, "message_burst": 100_000, "bytes_per_s": 2**30, "bad_frames_per_minute": 10_000,
    "handshakes_per_s": 1_000_000, "sockets_per_address": 1_000_000, "sockets_per_person": 100_000, "notify": "none",
    "pricing": "tariff", "base_fare": 10.0, "per_km": 5.0, "currency": "ZAR", "phone_region": "ZA",
}  # fmt: skip
LONGEST_WAIT_S: Final = 10.0
LONGEST_TURN_S: Final = 0.01
"""Hardly a turn of the loop takes longer by itself: what is above it was taken by others."""
_system = time.time


class _Seldom(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Wires are no files: only the journal's thread is heard through it. While there is work to do, each eighth turn looks for that."""

    turn, waited_s = 0, 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.turn += 1
        if timeout == 0:
            return [] if self.turn % 8 else super().select(0)
        began = time.monotonic()
        found = super().select(timeout)
        waited_s = time.monotonic() - began
        self.waited_s += waited_s if timeout is None else min(waited_s, timeout)
        return found


class MovedLoop(asyncio.SelectorEventLoop):
    """A loop whose clock may be moved on. The system's clock goes with it. Both stand still while a busy machine runs something else:
    nobody has been silent in that time.
    """

    def __init__(self) -> None:
        self.moved_s, self._selects, self._read_at = 0.0, _Seldom(), time.monotonic()
        super().__init__(self._selects)

    def time(self) -> float:
        now = super().time()
        self.moved_s -= max(0.0, now - self._read_at - self._selects.waited_s - LONGEST_TURN_S)
        self._read_at, self._selects.waited_s = now, 0.0
        return now + self.moved_s


class _Clock:
    """`time` as the runtime reads it."""

    def __init__(self, loop: MovedLoop) -> None:
        self._loop = loop
        self._began_at = _system() - loop.time()

    def time(self) -> float:
        return self._began_at + self._loop.time()


class Faults(logging.Handler):
    """Hears of every failure that the server survived."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.levelno >= logging.ERROR or record.name == "asyncio":
            error = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else ""
            self.found.append(f"the log says: {record.getMessage()} {error}".strip())

    def heard(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The event loop met an error that nobody caught."""
        error = context.get("exception")
        told = "".join(traceback.format_exception(error)) if error is not None else ""
        self.found.append(f"the loop says: {context['message']} {told}")


class World:
    """A running server. `faults`: what it survived since they were last taken."""

    def __init__(self, loop: MovedLoop, faults: Faults, gateway: Any, pages: Any, edge: SocketEdge, db: str) -> None:
        self._loop, self._faults, self._edge, self._db = loop, faults, edge, db
        self.gateway, self.runtime = gateway, gateway.runtime
        self.routes = pages.routes
        self._journal = self.runtime._sinks[addresses.JOURNAL]
        sockets: Any = lambda **_: DispatchConnection(edge)  # noqa: E731
        self._config = config(pages, ws=sockets)
        self._config.load()
        self._state = uvicorn.server.ServerState()
        self._tokens: dict[str, tuple[float, str]] = {}

    def wire(self, peer: str = "127.0.0.1") -> Wire:
        """A connection that the server has accepted."""
        wire = Wire(peer)
        wire.join(FrontConnection(self._edge, config=self._config, server_state=self._state, app_state={}))
        return wire

    def token(self, person: str) -> str:
        """An access token of this person that holds."""
        now = self.runtime.now
        made_at, token = self._tokens.get(person, (-1e9, ""))
        if now - made_at > 30.0:
            principal = Principal(ROLES[person], person, is_manager=person in ("s1", "sw"))
            claims = Claims(principal, f"login-{person}", int(now), int(now) + 80_000)
            token = make_token(claims, keys_of(self._db, now))
            self._tokens[person] = now, token
        return token

    async def turns(self, count: int = 4) -> None:
        """The server has a few turns of its loop."""
        for _ in range(count):
            await asyncio.sleep(0)

    async def settle(self, answered: Callable[[], bool] = lambda: True) -> bool:
        """Let the server do all that it was asked, and commit it. False: after ten seconds `answered` was still not true."""
        until, turns = self._loop.time() + LONGEST_WAIT_S, 0
        while True:
            await self.turns()
            if answered() and self.runtime._is_idle:
                await asyncio.wrap_future(self._journal.run(lambda writer: None))
                await self.turns()
                if answered() and self.runtime._is_idle:
                    return True
            if self._loop.time() > until:
                return False
            turns += 1
            if turns > 50:
                await asyncio.sleep(0.0005)

    async def moves(self, seconds: float) -> None:
        """So much time passes."""
        self._loop.moved_s += seconds
        await self.turns()

    @property
    def faults(self) -> list[str]:
        found, self._faults.found = self._faults.found, []
        return found


Visit = Callable[[World], Awaitable[None]]


def visited(folder: Path, visit: Visit, **settings: Any) -> None:
    """Start a server on a new file in `folder`, and have it visited."""
    db = folder / "rides.db"
    _put_on_file(db)
    faults = Faults()
    with asyncio.Runner(loop_factory=MovedLoop) as runner, _heard(faults):
        loop: Any = runner.get_loop()
        loop.set_exception_handler(faults.heard)
        clock.time, before = _Clock(loop), clock.time  # type: ignore[assignment]
        threshold = gc.get_threshold()
        gc.set_threshold(*COLLECT_AFTER)
        give_memory_back()
        try:
            runner.run(_served(Settings(db=str(db), **{**SETTINGS, **settings}), faults, visit))
        finally:
            clock.time = before
            gc.set_threshold(*threshold)


@contextmanager
def _heard(faults: Faults) -> Any:
    """Warnings and errors alone are heard: to write the rest takes longer than to serve."""
    root, own = logging.getLogger(), logging.getLogger("dispatch")
    before = root.handlers[:], root.level, own.level
    root.handlers[:], root.level = [faults], logging.WARNING
    own.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:], root.level = before[:2]
        own.setLevel(before[2])


async def _served(settings: Settings, faults: Faults, visit: Visit) -> None:
    """`dispatch.app` starts what it always starts; in the place of the port stands the visit."""

    async def instead(
        gateway: Any,
        pages: Any,
        settings: Settings,
        on_ready: Any,
        counters: EdgeCounters,
        listener: Any,
        admission: Any,
        *_: Any,
    ) -> None:
        listener.close()
        edge = SocketEdge(gateway, settings, counters, admission)
        loop: Any = asyncio.get_running_loop()
        await visit(World(loop, faults, gateway, pages, edge, settings.db))

    serve_forever, ws_server.serve_forever = ws_server.serve_forever, instead  # type: ignore[assignment]
    try:
        with owned(settings.db) as ownership, control_socket(ownership.path) as orders:
            listener, travel, ground = (
                listening_socket(settings.host, 0),
                app.eta_model(settings),
                app.ground_of(settings),
            )
            policy = app.policy_factory(settings)
            await app.serve_with(
                app.Begun(settings, travel, policy, ground, ownership, orders, listener, None, logs.Sparing())
            )
    finally:
        ws_server.serve_forever = serve_forever  # type: ignore[assignment]


def _put_on_file(db: Path) -> None:
    writer = Writer(db, "off")
    for person, role in ROLES.items():
        own = {"vehicle_type": "sedan", "registration": f"CA {person}"} if role is Role.DRIVER else {}
        new = NewPerson(
            role=PersonRole(role), name=f"Name {person}", phone=PHONES[person], is_manager=person in ("s1", "sw"), **own
        )
        people.add(writer, new, _system(), draw=lambda person=person: person)  # type: ignore[misc]
    writer.close()
