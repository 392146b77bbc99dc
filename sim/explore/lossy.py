"""Worlds on a bad network: what they share, and the small world among them.

Until the last ride is over a fifth of all frames is lost, and a fifth comes twice.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from dispatch.messages.commands import Attach, Resume
from dispatch.messages.notices import DriverSnapshot, PassengerSnapshot
from dispatch.transport.sessions.memory import MemoryLink, connect_driver, connect_passenger
from sim.checks.idempotency import COMMANDS_IN, IdempotencyCheck
from sim.checks.streams import check_streams, last_given
from sim.explore.small import SmallWorld
from sim.network.lossy import Network, Weather
from sim.people.driver import DriverPhone
from sim.people.passenger import PassengerPhone
from sim.people.phone import Phone
from sim.people.resuming import ResumingDriver, ResumingPassenger, ResumingPhone
from sim.world import World, longest_ride_s

CALM_S: Final = 60.0
"""For so long the network is good at the end, so that the last messages arrive."""


def weather_of(dice: Random) -> Weather:
    """All small worlds lose and double the same share of frames. How often connections die, and how long frames take, differs."""
    return Weather(die=dice.choice((0.0, 0.0, 0.02, 0.1)), delay_s=dice.choice(((0.0, 0.01), (0.01, 0.2), (0.05, 1.5))))


class OnBadLines(World):
    """A world whose phones resume, and repeat unanswered commands with the same id. `go_out` is called before the first one comes."""

    network: Network

    def go_out(self, weather: Weather) -> None:
        """From now on there is this network between phones and server, and no command may be done twice."""
        self.network = Network(self.runtime, weather)
        self.trouble = self.network.counts
        self.runtime.observe(IdempotencyCheck(self.watch.violations, partial(last_given, self.runtime)), COMMANDS_IN)

    def connect_driver(self, phone: DriverPhone) -> MemoryLink:
        link = self._plug(phone, partial(connect_driver, self.gateway, phone.driver_id))
        phone.report()
        return link

    def connect_passenger(self, phone: PassengerPhone) -> MemoryLink:
        return self._plug(phone, partial(connect_passenger, self.gateway, phone.ride_id))

    def calm_down(self) -> None:
        """Let the network be good for a while, so that every app hears what it missed."""
        self.network.calm()
        self.run(self.elapsed_s + CALM_S)

    def _plug(self, phone: Phone, connect: Callable[..., MemoryLink]) -> MemoryLink:
        """Connect this phone by a new line, whose frames the app hears only while it is the app's connection."""
        assert isinstance(phone, ResumingPhone)

        def hear(frame: Any) -> None:
            if phone.link is line:
                phone.on_frame(frame)

        line = self.network.line(hear)
        link = connect(line.hear, self.options.codec, may_resume=True)
        line.plug(link, partial(phone.lost_link, line))
        phone.link = line
        phone.ask_what_was_missed()
        return link


class LossyWorld(OnBadLines, SmallWorld):
    """The small world on such a network."""

    driver_type = ResumingDriver
    passenger_type = ResumingPassenger

    def __init__(self, seed: int, *, permute: bool, trace: Path | None = None) -> None:
        super().__init__(seed, permute=permute, trace=trace)
        self.go_out(weather_of(Random(f"{seed}/weather")))
        self.runtime.observe(self._note_resuming, (Resume, Attach, DriverSnapshot, PassengerSnapshot))

    def settle(self, step_s: float = 30.0, at_most_s: float | None = None) -> None:
        end = self.elapsed_s + (longest_ride_s(self.settings) if at_most_s is None else at_most_s)
        while not self.is_quiet and self.elapsed_s < end:
            self.run(self.elapsed_s + step_s)
        self.calm_down()
        super().settle(step_s, at_most_s)
        check_streams(self)
        self.goals.seen.update(self.network.counts)

    def _note_resuming(self, now: float, address: str, message: Any) -> None:
        kind = type(message)
        if kind is Resume or (kind is Attach and message.resume is not None):
            self.goals.note("resumed within a connection" if kind is Resume else "resumed on a new connection")
        elif kind is not Attach and message.recovered:
            self.goals.note("the whole gap was told")
