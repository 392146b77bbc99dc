"""What all sockets of the server share: admission, deadlines, counts and the orderly stop. `server` makes one.

Sockets are `websocket.DispatchConnection`s; connections that have not become sockets yet are `front`'s.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import islice
from math import ceil, inf
from typing import Any, Generic, Protocol, TypeVar

from dispatch.config import Settings
from dispatch.ids import RideId
from dispatch.trail import Numbers
from dispatch.transport import wire
from dispatch.transport.http.admission import Admission, Admitted, HttpRequest, Turned
from dispatch.transport.http.paths import DRIVER, RIDE, RequestRefusal
from dispatch.transport.http.rates import LOOPBACK, whose
from dispatch.transport.sessions.gateway import Gateway
from dispatch.transport.sessions.limits import FloodLimits, TokenBucket
from dispatch.transport.sessions.session import TOO_MUCH, Link, Session

TICK_S = 0.25
LINGER_S = 2.0
"""A closed socket whose app does not end the connection is cut off after this."""
CUT_S = 0.1
"""Seconds that a flooding socket has to read its Close frame."""
MOST_BEGUN = 400
"""Connections that have sent a part of a request: of more than so many the oldest is cut off, long before its deadline. Each takes
memory. Whoever has said nothing yet is spared, for a whole crowd may just have come back.
"""
COME_BACK_MS = 5_000
"""Over at least this time those spread for whom there was no room."""
PROVE_WITHIN_S = 5.0
"""An app that has shown no token by then is turned away."""
MAX_SPREAD_MS = 30_000

log = logging.getLogger(__name__)
ReadSeconds = Callable[[], float]
T = TypeVar("T")


@dataclass(slots=True)
class EdgeCounters:
    """Counts since the process started, except `open`, which counts the present."""

    open: Counter[str] = field(default_factory=Counter)
    """Sockets that are open now, by kind: `ride`, `driver`, `ops`."""
    handshakes: Counter[int] = field(default_factory=Counter)
    """Answered opening handshakes by HTTP status; 101 is a socket opened."""
    closes: Counter[int] = field(default_factory=Counter)
    """Ended sockets by WebSocket close code; 1006 ended without one."""
    cut: Counter[str] = field(default_factory=Counter)
    """Connections cut off: `headers` were late or too long, `readers` did not read in time what a page answered."""
    shed: Counter[str] = field(default_factory=Counter)
    """Handshakes turned away though nothing was wrong with them, by why."""
    frames_in: int = 0
    frames_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    """Payload bytes of frames sent; `bytes_in` are bytes as they came from the network."""


class Deadlines(Generic[T]):
    """Deadlines of equal length: a thing that is not cancelled within `limit_s` seconds is handed to `overdue`. So is, at once, the
    oldest of more than `most`.
    """

    def __init__(self, limit_s: float, clock: ReadSeconds, overdue: Callable[[T], None], most: float = inf) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._overdue = overdue
        self._most = most
        self.running: dict[T, float] = {}
        """When each is overdue, the oldest first."""

    def start(self, thing: T) -> None:
        """Start the deadline of `thing`, unless it runs already."""
        self.running.setdefault(thing, self._clock() + self._limit_s)
        if len(self.running) > self._most:
            self._hand_over(next(iter(self.running)))

    def cancel(self, thing: T) -> None:
        """Cancel the deadline of `thing`, if one runs."""
        self.running.pop(thing, None)

    def tick(self) -> None:
        """Hand over what is overdue, the oldest first. The first deadline that is not due ends the search: all are equally long."""
        now = self._clock()
        while self.running:
            thing, deadline = next(iter(self.running.items()))
            if deadline > now:
                return
            self._hand_over(thing)

    def _hand_over(self, thing: T) -> None:
        del self.running[thing]
        self._overdue(thing)


class WatchedLink(Protocol):
    """A link whose app must send something now and then. Times are seconds of the clock of `Liveness`.

    `last_heard` is None once there is nothing to watch.
    """

    pinged_at: float

    @property
    def last_heard(self) -> float | None: ...
    def ping(self) -> None: ...
    def silent(self) -> None: ...


class Liveness:
    """Pings links silent for `ping_after_s` (at most half of the other) and gives up those silent for `dead_after_s`.

    Links stand in buckets by the moment of their next look, so that a tick touches only those that may be due. A link is given up only
    when a ping of ours went unanswered for a while: after a pause of this process nobody is dead for having been unheard.
    """

    def __init__(self, ping_after_s: float, dead_after_s: float, tick_s: float, clock: ReadSeconds) -> None:
        self._ping_after_s = min(ping_after_s, dead_after_s / 2)
        self._dead_after_s = dead_after_s
        self._answer_s = (dead_after_s - self._ping_after_s) / 2
        self._tick_s = tick_s
        self._clock = clock
        self._buckets: dict[int, list[WatchedLink]] = {}
        self._next = int(clock() / tick_s)

    def watch(self, link: WatchedLink) -> None:
        """Look after `link` until it is over."""
        self._look_at(link, self._clock() + self._ping_after_s)

    def tick(self) -> None:
        """Check the links that are due."""
        now = self._clock()
        due = int(now / self._tick_s)
        while self._next <= due:
            for link in self._buckets.pop(self._next, ()):
                heard_at = link.last_heard
                if heard_at is not None:
                    self._look(link, heard_at, now)
            self._next += 1

    def _look(self, link: WatchedLink, heard_at: float, now: float) -> None:
        silent_s = now - heard_at
        if silent_s < self._ping_after_s:
            self._look_at(link, heard_at + self._ping_after_s)
        elif link.pinged_at <= heard_at:
            link.pinged_at = now
            link.ping()
            dead_at = max(heard_at + self._dead_after_s, now + self._answer_s)
            self._look_at(link, min(dead_at, now + self._ping_after_s))
        elif silent_s >= self._dead_after_s:
            link.silent()
        else:
            self._look_at(link, heard_at + self._dead_after_s)

    def _look_at(self, link: WatchedLink, at: float) -> None:
        bucket = max(ceil(at / self._tick_s), self._next + 1)
        self._buckets.setdefault(bucket, []).append(link)


class Connection(Protocol):
    """A connection that is no socket yet: a transport, or a newcomer that has none."""

    def close(self) -> None: ...
    def abort(self) -> None: ...
    def get_extra_info(self, name: str) -> Any: ...


class Socket(WatchedLink, Link, Protocol):
    """What the edge does to an open socket."""

    def stalls(self) -> None: ...
    def cut_off_if_flooded(self) -> None: ...
    def cut_off(self) -> None: ...
    def not_proved(self) -> None: ...


class SocketEdge:
    """Made on the event loop that serves. Every limit is a setting; see `dispatch.config.Server`."""

    def __init__(
        self, gateway: Gateway, settings: Settings, counters: EdgeCounters, admission: Admission | None = None
    ) -> None:
        self.settings = settings
        self.counters = counters
        self.sockets: dict[Socket, asyncio.Transport] = {}
        """All that are open, the oldest first."""
        self.stopping = False
        self._encoded: tuple[Any, bytes] = (None, b"")
        self._admission = admission or Admission(settings)
        self._addresses: Counter[str] = Counter()
        self._people: Counter[str] = Counter()
        self._arrivals = TokenBucket(settings.handshakes_per_s, settings.handshakes_per_s * 2)
        self._hurried = asyncio.Event()
        self._gateway = gateway
        self.names = Numbers("c", time.time())
        """Of connections, for the log."""
        self.log_frames = settings.log_frames
        self.flood_limits = FloodLimits.of(settings)
        self._loop = asyncio.get_running_loop()
        self.clock = clock = self._loop.time
        self.read_runtime_clock = gateway.runtime.read_clock
        shortest_s = min(
            settings.ping_after_s, settings.dead_after_s / 2, settings.stall_limit_s, settings.header_timeout_s
        )
        self._tick_s = min(TICK_S, shortest_s / 4)
        self.newcomers = Deadlines[Session](settings.resume_wait_s, clock, lambda session: session.settle())
        self._cuts: dict[str, tuple[int, str]] = {}
        late, crowd = "the headers did not come in time", "too many requests were half sent"
        unread = "what a page answered was not read in time"
        self.headers = Deadlines[Connection](settings.header_timeout_s, clock, partial(self._cut, "headers", late))
        self._begun = Deadlines[Connection](inf, clock, partial(self._cut, "headers", crowd), most=MOST_BEGUN)
        self.unread = Deadlines[Connection](settings.stall_limit_s, clock, partial(self._cut, "readers", unread))
        self.stalled = Deadlines[Socket](settings.stall_limit_s, clock, lambda socket: socket.stalls())
        self.challenged = Deadlines[Socket](settings.stall_limit_s, clock, lambda socket: socket.cut_off())
        self.lingering = Deadlines[asyncio.Transport](LINGER_S, clock, lambda connection: connection.abort())
        self.flooding = Deadlines[asyncio.Transport](CUT_S, clock, lambda connection: connection.abort())
        self.strangers = Deadlines[Socket](PROVE_WITHIN_S, clock, lambda socket: socket.not_proved())
        self._deadlines: tuple[Deadlines[Any], ...] = (
            *(
                self.newcomers,
                self.strangers,
                self.headers,
                self._begun,
                self.unread,
                self.stalled,
                self.challenged,
                self.lingering,
                self.flooding,
            ),
        )
        self.liveness = Liveness(
            settings.ping_after_s, settings.dead_after_s, self._tick_s, lambda: gateway.runtime.now
        )
        self._loop.call_later(self._tick_s, self._tick)

    # -- opening

    def admit(self, request: HttpRequest) -> Admitted | Turned | RequestRefusal:
        """Admit a handshake or refuse it, as `Admission.admit_socket` does; 503 if the server is stopping, full or too busy, and 429
        if there are too many sockets of the address.
        """
        admitted = self._admission.admit_socket(request)
        if isinstance(admitted, RequestRefusal):
            return admitted
        if self.stopping:
            return self._later("stopping", "the server is stopping")
        if len(self.sockets) >= self.settings.max_connections:
            return self._later("full", "the server is full")
        if not self._arrivals.take(self.clock()):
            return self._later("too_many_at_once", "too many connect at once")
        if isinstance(admitted, Admitted):
            host = whose(admitted.client)
            if host != LOOPBACK and self._addresses[host] >= self.settings.sockets_per_address:
                refusal = self._later("too_many_of_address", "too many connections from your address")
                return RequestRefusal(HTTPStatus.TOO_MANY_REQUESTS, str(refusal), "rate_limited", refusal.headers)
        return admitted

    def _later(self, counted_as: str, why: str) -> RequestRefusal:
        """Come back, but not all at once: the more are connected, the longer the time over which they spread."""
        self.counters.shed[counted_as] += 1
        spread_ms = min(MAX_SPREAD_MS, max(COME_BACK_MS, len(self.sockets)))
        return RequestRefusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{why}; come back within {spread_ms} ms, spread at random",
            headers={"Retry-After": str(ceil(spread_ms / 1000))},
        )

    def proved(self, admitted: Admitted, token: str) -> Admitted | Turned:
        """The socket whose app has shown this token; or how it is turned away."""
        return self._admission.proved(admitted, token)

    def enters(self, admitted: Admitted) -> Turned | None:
        """Count a socket whose speaker is known. How it is turned away, if this person has too many; it is counted all the same."""
        claims = admitted.claims
        if claims is None:
            return None
        self._people[claims.principal.id] += 1
        too_many = self._people[claims.principal.id] > self.settings.sockets_per_person
        return Turned(TOO_MUCH, "too many connections of one person") if too_many else None

    def arrives(self, admitted: Admitted) -> None:
        """Count a socket from its address."""
        self._addresses[whose(admitted.client)] += 1

    def leaves(self, admitted: Admitted) -> None:
        """Count a socket no more. `admitted` as it was last."""
        _less(self._addresses, whose(admitted.client))
        if admitted.claims is not None:
            _less(self._people, admitted.claims.principal.id)

    def session(self, admitted: Admitted, link: Any) -> Session:
        """Make the session of an admitted handshake whose speaker is known. It is not open yet."""
        (kind, ident), principal, claims, _ = admitted
        assert principal is not None
        session: Session
        if kind == RIDE:
            session = self._gateway.passenger_session(principal, RideId(ident), link)
        elif kind == DRIVER:
            driver = session = self._gateway.driver_session(principal, link)
            driver.known_as = ident
        else:
            session = self._gateway.staff_session(principal, link)
        session.claims = claims
        return session

    def encoded(self, message: Any) -> bytes:
        """The frame of a message that several sockets are sent one after the other: encoded once."""
        if message is not self._encoded[0]:
            self._encoded = message, wire.encode(message)
        return self._encoded[1]

    # -- watching

    def begins(self, connection: Connection) -> None:
        """A part of a request's headers came."""
        self.headers.start(connection)
        self._begun.start(connection)

    def is_asked(self, connection: Connection) -> None:
        """A request is whole, or is waited for no longer."""
        self.headers.cancel(connection)
        self._begun.cancel(connection)

    def forget(self, thing: Any) -> None:
        """Cancel all deadlines of a socket or a connection."""
        for deadlines in self._deadlines:
            deadlines.cancel(thing)

    def _tick(self) -> None:
        self._loop.call_later(self._tick_s, self._tick)
        self.read_runtime_clock()
        for deadlines in self._deadlines:
            if deadlines.running:
                deadlines.tick()
        for socket in list(self.stalled.running):
            socket.cut_off_if_flooded()
        self._tell_of_cuts()
        self.liveness.tick()

    def _cut(self, counted_as: str, why: str, connection: Connection) -> None:
        self.is_asked(connection)
        self.counters.cut[counted_as] += 1
        cut, client = self._cuts.get(why) or (0, address_of(connection))
        self._cuts[why] = cut + 1, client
        connection.abort()

    def _tell_of_cuts(self) -> None:
        """A line for each reason, however many were cut off: to write them costs more than to cut them off. `client`: the first one."""
        cuts, self._cuts = self._cuts, {}
        for why, (cut, client) in cuts.items():
            log.info("connections were cut off", extra={"why": why, "connections": cut, "client": client})

    # -- stopping

    async def drain(self) -> None:
        """Close all sockets in batches, and wait until they are gone. A socket whose app does not end the connection is cut off."""
        self.stopping = True
        spread_ms = min(MAX_SPREAD_MS, max(500, len(self.sockets)))
        waiting = iter(list(self.sockets))
        while batch := list(islice(waiting, self.settings.stop_batch)):
            for socket in batch:
                socket.close(1012, f"restarting; come back within {spread_ms} ms, spread at random")
            await self._pause(self.settings.stop_pause_s)
        while self.sockets:
            await self._pause(0.02)
        for connection in list(self.headers.running):  # whoever has not asked by now
            connection.close()

    def hurry(self) -> None:
        """Cut off at once what `drain` has yet to close."""
        self._hurried.set()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurried.wait(), seconds)
            for transport in list(self.sockets.values()):
                transport.abort()
            await asyncio.sleep(0)


def address_of(connection: Connection) -> str:
    """The IP address and port at the other end, `?` if it has gone."""
    return ":".join(map(str, (connection.get_extra_info("peername") or ("?",))[:2]))


def _less(counts: Counter[str], name: str) -> None:
    """One less; whoever has none is forgotten."""
    counts[name] -= 1
    if counts[name] <= 0:
        del counts[name]
