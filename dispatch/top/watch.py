"""Looks at a running server as a desk does, and at its metrics, and makes a glance of both. It comes back when the server does."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from dispatch.errors import DispatchError
from dispatch.text import plain
from dispatch.top.access import Access
from dispatch.top.page import Measured, MetricsPage, Speeds, measured, read_page
from dispatch.top.town import Gap, TownView, online
from dispatch.top.view import Glance
from dispatch.transport import wire
from dispatch.words import DriverStatus

AGAIN_S: Final = 1.0
"""Between two tries to connect, and between two looks at the metrics."""
REFUSED_S: Final = 30.0
WITHIN_S: Final = 5.0
LARGEST_BOARD: Final = 64 * 1024 * 1024
LONGEST_PAGE: Final = 4 * 1024 * 1024
NOT_LET_IN: Final = frozenset((401, 403, 4501, 4503))
"""HTTP statuses of a handshake, and close codes, after which another try with the same token changes nothing."""
CONNECTING, CONNECTED = "connecting", "connected"


class NotLetIn(DispatchError, code="not_let_in"):
    """The server does not show its town to whoever this is."""


class TopWatch:
    """`town`, `page`: what was told last. Run it on an event loop, and ask for a `glance` as often as you like."""

    def __init__(self, access: Callable[[], Access]) -> None:
        """`access`: where the server is and what lets us in; called in a thread, before each try."""
        self._access = access
        self._at: Access | None = None
        self.town = TownView()
        self.page: MetricsPage | None = None
        self.doing = CONNECTING
        self._speeds, self._process = Speeds(), 0.0
        self._ended: Counter[str] = Counter()
        self._began = time.monotonic()
        self._has_tried, self._has_metrics = asyncio.Event(), asyncio.Event()
        self._is_connected = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled. Raises NotLetIn."""
        reading = asyncio.create_task(self._keep_reading())
        try:
            await self._keep_hearing()
        finally:
            reading.cancel()

    async def known(self) -> bool:
        """Wait until the first try to connect is over. Whether it succeeded: then the metrics were asked for as well."""
        await self._has_tried.wait()
        if self._is_connected.is_set():
            await self._has_metrics.wait()
        return self._is_connected.is_set()

    @property
    def url(self) -> str:
        """Where the server was looked for last."""
        return plain(self._at.url) if self._at is not None else ""

    # -- the town

    async def _keep_hearing(self) -> None:
        while True:
            why = "no answer"
            try:
                self._at = access = await asyncio.to_thread(self._access)
                await self._hear(access)
            except InvalidStatus as refused:
                self._give_up_if(refused.response.status_code)
                why = "turned away"
            except ConnectionClosed as closed:
                self._give_up_if(closed.rcvd.code if closed.rcvd is not None else 0)
            except ssl.SSLError as error:
                raise NotLetIn(f"the certificate of {self.url} is not one to trust: {error.reason or error}") from None
            except (OSError, TimeoutError, InvalidHandshake, Gap):
                pass
            except msgspec.MsgspecError as error:
                raise NotLetIn(f"the server speaks another version of the protocol: {error}") from None
            self._has_tried.set()
            if self._is_connected.is_set() or self.doing == CONNECTING:
                self._is_connected.clear()
                self.doing = f"{why} since {time.strftime('%H:%M:%S')}, trying again"
            await asyncio.sleep(AGAIN_S)

    async def _hear(self, access: Access) -> None:
        """One connection, to its end."""
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        async with connect(
            access.socket_url,
            additional_headers=headers,
            proxy=None,
            open_timeout=WITHIN_S,
            close_timeout=1.0,
            ping_interval=WITHIN_S,
            ping_timeout=WITHIN_S,
            max_size=LARGEST_BOARD,
            ssl=access.tls(),
        ) as socket:
            try:
                await self._hear_all(socket)
            except asyncio.CancelledError:
                await socket.close()  # as one who leaves, and not as one who failed
                raise

    async def _hear_all(self, socket: ClientConnection) -> None:
        town = TownView(self.town.news)
        async for data in socket:
            town.hear(wire.to_staff(data))
            if town.is_known and not self._is_connected.is_set():
                self._ended += self.town.ended
                self.town, self.doing = town, CONNECTED
                self._is_connected.set()
                self._has_tried.set()
        self._give_up_if(socket.close_code or 0)

    def _give_up_if(self, code: int) -> None:
        if code not in NOT_LET_IN:
            return
        assert self._at is not None
        if self._at.token:
            raise NotLetIn(
                "the server does not take this token: it needs that of somebody of staff (`dispatch token --as staff:…`)"
            )
        raise NotLetIn(
            "the server shows its town to staff alone: give --token-file, or run this where the server runs, with its --db"
        )

    # -- the metrics

    async def _keep_reading(self) -> None:
        while True:
            access = self._at
            if access is not None:
                try:
                    self._take(read_page(await asyncio.to_thread(_fetch, access.metrics_url, access.tls())))
                except HTTPError:
                    self.page = None
                    self._has_metrics.set()
                    await asyncio.sleep(REFUSED_S)  # it says so again and again, and logs it each time
                except (OSError, HTTPException, UnicodeError, ValueError):
                    self._has_metrics.set()
            await asyncio.sleep(AGAIN_S)

    def _take(self, page: MetricsPage) -> None:
        started = page.value("process_start_time_seconds") or 0.0
        if started != self._process:
            self._speeds, self._process = Speeds(), started
        self.page = page
        self._has_metrics.set()

    # -- what is shown

    def glance(self) -> Glance:
        """The state as it was told last."""
        town, now = self.town, time.monotonic()
        if self.page is not None:
            figures, elapsed_s = measured(self.page, self._speeds, now), max(0.0, time.time() - self._process)
        else:
            figures, elapsed_s = self._counted_here(), now - self._began
        drivers = town.drivers
        rides = {**town.rides, **figures.ended}
        rides["cancelled"] = rides.get("cancelled", 0) + rides.pop("no_show", 0)
        return Glance(
            title=self.url,
            doing=self._doing(),
            is_lost=not self._is_connected.is_set() and self.doing != CONNECTING,
            elapsed_s=elapsed_s,
            for_s=None,
            requests=figures.requests,
            rides=rides,
            offers_open=town.offers_open,
            declined=figures.declined,
            timed_out=figures.timed_out,
            assignments_per_minute=figures.assignments_per_minute,
            assign_p50_s=figures.assign_p50_s,
            assign_p95_s=figures.assign_p95_s,
            fleet=drivers.total(),
            connected=online(drivers),
            busy=drivers[DriverStatus.BUSY],
            positions_per_s=figures.positions_per_s,
            server_cpu=figures.server_cpu,
            server_memory_bytes=figures.server_memory_bytes,
            reconnects=0,
            errors=0,
            news=tuple(town.news),
            lags=figures.lags,
            program="dispatch top",
            stops_by="q quits",
        )

    def _counted_here(self) -> Measured:
        """What is known of a server that shows its metrics to its own machine alone: what its board told since this began."""
        ended = self._ended + self.town.ended
        return Measured(requests=ended.total() + self.town.rides.total(), ended=ended)

    def _doing(self) -> str:
        """What goes on, in words, and what of it is bad."""
        if self.doing != CONNECTED:
            return self.doing
        if self.page is None:
            return f"{CONNECTED}; it tells no metrics here"
        return (
            f"{CONNECTED}; takes no rides now, /readyz says why"
            if self.page.value("dispatch_ready") == 0.0
            else CONNECTED
        )


def _fetch(url: str, tls: ssl.SSLContext | None) -> str:
    with build_opener(ProxyHandler({}), HTTPSHandler(context=tls)).open(url, timeout=WITHIN_S) as answer:
        page: bytes = answer.read(LONGEST_PAGE)
    return page.decode()
