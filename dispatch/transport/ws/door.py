"""Accepts connections, a few at a time, and holds each as its raw socket until it asks for something. Called by `server` and `admin`.

uvicorn would have the loop accept all that wait in one turn, and make a transport of each: whoever connects thousands of times at once
would make everybody else wait.
"""

import asyncio
import logging
import selectors
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from heapq import nlargest
from itertools import islice
from typing import Any, Final

import uvicorn

from dispatch.transport.ws.edge import SocketEdge
from dispatch.transport.ws.listener import BACKLOG
from dispatch.transport.ws.newcomer import Newcomer, is_half_a_head

AT_ONCE: Final = 32
"""So many connections are accepted in a turn of the loop, and so many newcomers are heard. The others have their turn in between."""
IN_A_ROW: Final = 256
"""So many are heard before it is looked anew who has said something."""
REST_S: Final = 1.0
"""Nobody is accepted for so long when the system has no files or memory for one more."""
LAST_S: Final = 1.0
"""A stop waits so long for those to be let in who have just asked."""
DATE_EVERY_S: Final = 1.0
"""How often the header `Date` is written anew."""

log = logging.getLogger(__name__)
Front = Callable[[bytes], asyncio.Protocol]
"""Makes what speaks HTTP on a connection that has said this so far."""


def _number(heard: tuple[selectors.SelectorKey, int]) -> int:
    """Which newcomer this is, counted as they were accepted."""
    newcomer: Newcomer = heard[0].data
    return newcomer.number


class Door:
    """To be made and used on the loop that serves."""

    def __init__(self, listener: socket.socket, edge: SocketEdge, front: Front, tls: ssl.SSLContext | None) -> None:
        """`listener` is closed by the door. `tls`: what newcomers speak is encrypted so."""
        self._listener, self._edge, self._front = listener, edge, front
        self._loop = asyncio.get_running_loop()
        limit_s = edge.settings.header_timeout_s
        self._tls: dict[str, Any] = {} if tls is None else {"ssl": tls, "ssl_handshake_timeout": limit_s}
        self._newcomers = selectors.DefaultSelector()
        self._accepted = 0
        self._heard: Iterator[tuple[selectors.SelectorKey, int]] = iter(())
        self._entering: set[asyncio.Task[None]] = set()
        self._loop.add_reader(listener, self._accept)
        self._loop.add_reader(self._newcomers, self._listen)

    async def shut(self) -> None:
        """Accept nobody any more. Whoever has connected by now is accepted, and whoever has asked by now is let in."""
        if self._listener.fileno() < 0:
            return
        self._accept(BACKLOG)
        self._loop.remove_reader(self._listener)
        self._listener.close()
        self._heard = iter(())
        self._listen(BACKLOG)
        if self._entering:
            await asyncio.wait(self._entering, timeout=LAST_S)

    def close(self) -> None:
        """End all who have not asked. To be called after `shut`."""
        for key in list(self._newcomers.get_map().values()):
            key.data.close()
        self._loop.remove_reader(self._newcomers)
        self._newcomers.close()

    # -- who comes

    def _accept(self, most: int = AT_ONCE) -> None:
        for _ in range(most):
            try:
                accepted, _ = self._listener.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:  # it has left already
                continue
            except OSError as error:
                self._rest(error)
                return
            self._accepted += 1
            newcomer = Newcomer(accepted, self._accepted, self._leaves)
            self._newcomers.register(accepted, selectors.EVENT_READ, newcomer)
            self._edge.headers.start(newcomer)

    def _rest(self, error: OSError) -> None:
        """The system has no files or memory for another connection: that passes, and until then to try would be all that is done."""
        log.warning("no connection is accepted for a while", extra={"why": error.strerror, "seconds": REST_S})
        self._loop.remove_reader(self._listener)
        self._loop.call_later(REST_S, self._go_on)

    def _go_on(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener, self._accept)

    # -- what they say

    def _listen(self, most: int = AT_ONCE) -> None:
        """Hear some of those who have said something, the youngest first: where a crowd that has waited speaks all at once, those who
        have come since need not wait for it.
        """
        some = list(islice(self._heard, most))
        if not some:
            self._heard = iter(nlargest(max(most, IN_A_ROW), reversed(self._newcomers.select(0)), key=_number))
            some = list(islice(self._heard, most))
        for key, _ in some:
            newcomer: Newcomer = key.data
            if newcomer.socket.fileno() >= 0:  # it was not cut off meanwhile
                self._hear(newcomer)

    def _hear(self, newcomer: Newcomer) -> None:
        if self._tls:
            self._let_in(newcomer)
        elif not newcomer.reads():
            newcomer.abort()
        elif is_half_a_head(newcomer.early):
            self._edge.begins(newcomer)
        else:
            self._let_in(newcomer)

    def _let_in(self, newcomer: Newcomer) -> None:
        self._leaves(newcomer)
        entering = self._loop.create_task(self._enter(newcomer))
        self._entering.add(entering)
        entering.add_done_callback(self._entering.discard)

    async def _enter(self, newcomer: Newcomer) -> None:
        with suppress(OSError):  # it has gone, or does not speak TLS
            await self._loop.connect_accepted_socket(lambda: self._front(newcomer.early), newcomer.socket, **self._tls)

    def _leaves(self, newcomer: Newcomer) -> None:
        self._newcomers.unregister(newcomer.socket)
        self._edge.is_asked(newcomer)


class BehindDoor(uvicorn.Server):
    """uvicorn behind a door: it serves whoever is let in, and accepts nobody by itself."""

    door: Door

    def __init__(
        self,
        config: uvicorn.Config,
        listener: socket.socket,
        edge: SocketEdge,
        front: Callable[..., asyncio.Protocol],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`front`: makes what speaks HTTP, of the edge, of what was said so far and of what uvicorn gives its protocols. `listener`,
        `tls`: see `Door`.
        """
        super().__init__(config)
        self._loop = asyncio.get_running_loop()
        self._is_to_stop = asyncio.Event()
        self._edge = edge
        speaks = partial(front, edge, config=config, server_state=self.server_state, app_state={})
        self._door = partial(Door, listener, edge, speaks, tls)

    def stop(self) -> None:
        """Stop soon. A handler of a signal may call it."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._is_to_stop.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
        self.door = self._door()

    async def main_loop(self) -> None:
        """uvicorn's own wakes up ten times a second to see whether it should stop. This one is woken, or sets the header `Date`."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(DATE_EVERY_S):
                    await self._is_to_stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.door.shut()
        await super().shutdown([])
        self.door.close()
