"""A phone's link over a real WebSocket. It sends without waiting, and connects again when the server says that it may.

The phones are the same as in memory. Only this module and the demo's server know of sockets.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any, NamedTuple, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from dispatch.transport import wire

LOST = 1006
COME_BACK = frozenset({LOST, 1012, 1013, 4001, 4008, 4009, 429, 502, 503, 504})
"""Close codes, and HTTP statuses of a refused handshake, after which the same app may try again."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
OPEN_TIMEOUT_S, CLOSE_TIMEOUT_S = 20.0, 2.0

_SPREAD = re.compile(r"within (\d+) ms")

Decode = Callable[[bytes], wire.ServerMessage]


class Ending(NamedTuple):
    """How a connection ended: its close code, or the HTTP status that refused it."""

    code: int
    reason: str = ""


class App(Protocol):
    """The phone behind a link."""

    def on_open(self) -> None:
        """The link carries frames from now on."""

    def on_frame(self, frame: Any) -> None:
        """The server sent this."""

    def on_lost(self) -> None:
        """The link carries nothing until it is open again."""


def comeback_s(ending: Ending, attempt: int, rng: Random) -> float | None:
    """Seconds to wait before the next attempt to connect; None: stay away. `attempt`: how many have failed since the last that worked.

    The time is drawn from what the server advised (`come back within 500 ms`), or from a limit that doubles with each attempt: a
    thousand apps that lost their server at one moment must not return at one moment.
    """
    if ending.code not in COME_BACK:
        return None
    advised = _SPREAD.search(ending.reason)
    within_s = FIRST_PAUSE_S * 2.0 ** min(attempt, 10)
    if advised is not None and attempt == 0:
        within_s = int(advised[1]) / 1000.0
    return rng.random() * min(within_s, LONGEST_PAUSE_S)


class SocketLink:
    """Keeps one app connected to `url` while `run` runs. `send` and `close` may be called at any time.

    `doors` limits how many handshakes are under way at once. `came_back` counts connections that replaced a lost one.
    """

    def __init__(
        self,
        url: str,
        decode: Decode,
        rng: Random,
        doors: asyncio.Semaphore,
        token: Callable[[], str] | None = None,
    ) -> None:
        """`token`: makes the access token of a handshake; None: nobody has to log in."""
        self.url = url
        self.came_back = 0
        self._token = token
        self._socket: ClientConnection | None = None
        self._stays_away_s = 0.0
        self._decode = decode
        self._rng = rng
        self._doors = doors
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._hung_up = asyncio.Event()

    def send(self, message: wire.ClientMessage) -> None:
        """Send soon, in order. What a connection did not take before it ended is lost."""
        self._outgoing.put_nowait(wire.encode(message))

    def close(self) -> None:
        """Hang up for good after what was sent. `run` returns soon."""
        self._hung_up.set()
        self._outgoing.put_nowait(None)

    def cut(self, away_s: float) -> None:
        """Break the connection without a word, as a phone in a tunnel does, and come back after so many seconds."""
        self._stays_away_s = away_s
        if self._socket is not None:
            self._socket.transport.abort()

    async def run(self, app: App) -> Ending | None:
        """Carry frames both ways until the app hangs up (returns None) or the server tells it to stay away (returns how)."""
        attempt, was_open = 0, False
        while not self._hung_up.is_set():
            ending = await self._connect()
            if isinstance(ending, ClientConnection):
                self.came_back += was_open
                attempt, was_open = 0, True
                ending = await self._carry(ending, app)
            if self._hung_up.is_set():
                break
            pause_s = comeback_s(ending, attempt, self._rng)
            if pause_s is None:
                return ending
            attempt += 1
            pause_s, self._stays_away_s = max(pause_s, self._stays_away_s), 0.0
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hung_up.wait(), pause_s)
        return None

    async def _connect(self) -> ClientConnection | Ending:
        async with self._doors:
            if self._hung_up.is_set():
                return Ending(LOST)
            try:
                return await connect(
                    self.url,
                    compression=None,
                    proxy=None,
                    ping_interval=None,  # the app pings, as the seed's apps do
                    user_agent_header=None,
                    additional_headers={"Authorization": f"Bearer {self._token()}"} if self._token else None,
                    open_timeout=OPEN_TIMEOUT_S,
                    close_timeout=CLOSE_TIMEOUT_S,
                )
            except InvalidStatus as refused:
                return Ending(refused.response.status_code, "the handshake was refused")
            except (OSError, InvalidHandshake) as trouble:  # TimeoutError is an OSError
                return Ending(LOST, str(trouble))

    async def _carry(self, socket: ClientConnection, app: App) -> Ending:
        self._outgoing = asyncio.Queue()
        if self._hung_up.is_set():
            self.close()
        speaking = asyncio.create_task(self._speak(socket, self._outgoing))
        self._socket = socket
        app.on_open()
        try:
            while True:
                app.on_frame(self._decode(await socket.recv(decode=False)))
        except ConnectionClosed:
            app.on_lost()
        finally:
            self._socket = None
            speaking.cancel()
        return Ending(socket.close_code or LOST, socket.close_reason or "")

    async def _speak(self, socket: ClientConnection, outgoing: asyncio.Queue[bytes | None]) -> None:
        with suppress(ConnectionClosed):
            while (frame := await outgoing.get()) is not None:
                await socket.send(frame, text=True)
        await socket.close()
