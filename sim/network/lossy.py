"""A bad network between phones and sessions in memory: frames come late, twice or not at all, and connections die.

As with TCP, no frame overtakes another one on the same connection, except the second copy of a doubled one. The dice are
`rng("network")`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, Final

import msgspec

from dispatch.messages.base import Message
from dispatch.runtime import VirtualRuntime
from dispatch.transport import wire
from dispatch.transport.sessions.memory import MemoryLink

NETWORK: Final = "network"
LOST, DOUBLED, DIED = "frame lost", "frame doubled", "connection died of it"


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """How bad the network is, in both directions.

    `lose` and `double`: the shares of frames that are lost and that come twice. `die`: the share of lost frames after which the
    connection is dead, without a word. `delay_s`: the shortest and the longest time that a frame takes.
    """

    lose: float = 0.2
    double: float = 0.2
    die: float = 0.0
    delay_s: tuple[float, float] = (0.01, 0.2)


FAIR: Final = Weather(lose=0.0, double=0.0)


class _Frame(Message, frozen=True, gc=False):
    """A frame on its way, `up` to the server or down from it."""

    line: int
    up: bool
    frame: Any


class Network:
    """A sink of the runtime that carries the frames of all lines. `calm` ends all trouble."""

    def __init__(self, runtime: VirtualRuntime, weather: Weather) -> None:
        self.weather = weather
        self.counts = Counter(dict.fromkeys((LOST, DOUBLED, DIED), 0))
        self._runtime = runtime
        self._dice = runtime.rng(NETWORK)
        self._lines: dict[int, PhoneLine] = {}
        self._numbers = count(1)
        runtime.sink(NETWORK, self)

    def line(self, on_frame: Callable[[Any], None]) -> PhoneLine:
        """A new line to a phone. `on_frame` gets the frames that arrive."""
        number = next(self._numbers)
        line = self._lines[number] = PhoneLine(self, number, on_frame)
        return line

    def calm(self) -> None:
        """Let every frame arrive once, from now on."""
        self.weather = FAIR

    def carry(self, line: PhoneLine, up: bool, frame: Any) -> None:
        """Take a frame, and draw now what becomes of it."""
        weather, dice = self.weather, self._dice
        roll = dice.random()
        if roll < weather.lose:
            self.counts[LOST] += 1
            if dice.random() < weather.die:
                self.counts[DIED] += 1
                line.silence()
            return
        now = self._runtime.now
        arrives_at = line.free_at[up] = max(line.free_at[up], now + self._delay_s())
        self._send(_Frame(line.number, up, frame), arrives_at - now)
        if roll < weather.lose + weather.double:
            self.counts[DOUBLED] += 1
            self._send(_Frame(line.number, up, frame), arrives_at - now + self._delay_s())

    def drop(self, line: PhoneLine) -> None:
        """Lose all frames that are on their way on this line."""
        self._lines.pop(line.number, None)

    def deliver(self, message: _Frame) -> None:
        """A frame arrives, unless its line has ended meanwhile."""
        line = self._lines.get(message.line)
        if line is not None:
            line.arrive(message.up, message.frame)

    def _send(self, frame: _Frame, delay_s: float) -> None:
        self._runtime.set_timer(delay_s, NETWORK, frame)

    def _delay_s(self) -> float:
        shortest, longest = self.weather.delay_s
        return shortest + (longest - shortest) * self._dice.random()


class PhoneLine:
    """The phone's end of a connection over a bad network."""

    def __init__(self, network: Network, number: int, on_frame: Callable[[Any], None]) -> None:
        self.number = number
        self.free_at = [0.0, 0.0]
        """When the last frame down, and the last frame up, will have arrived, in Unix seconds."""
        self._network = network
        self._on_frame = on_frame
        self._link: MemoryLink | None = None

    def plug(self, link: MemoryLink, on_close: Callable[[int], None]) -> None:
        """Connect the server's end, which must give its frames to `hear`."""
        self._link = link

        def ended(code: int) -> None:
            self._network.drop(self)
            on_close(code)

        link.on_close = ended

    def hear(self, frame: wire.ServerMessage) -> None:
        """The server sent this frame."""
        self._network.carry(self, False, frame)

    def send(self, message: wire.ClientMessage) -> None:
        """The phone sends this frame."""
        self._network.carry(self, True, message)

    def arrive(self, up: bool, frame: Any) -> None:
        """This frame has arrived."""
        if not up:
            self._on_frame(frame)
        elif self._link is not None:
            self._link.send(frame)

    def close(self) -> None:
        """The phone hangs up, and the server is told."""
        self._network.drop(self)
        if self._link is not None:
            self._link.close()

    def silence(self) -> None:
        """Nothing passes any more, and the server is not told."""
        self._network.drop(self)
        if self._link is not None:
            self._link.silence()
