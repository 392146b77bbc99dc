"""Apps of the demo: a phone of the simulation with a WebSocket, for a driver and for a passenger."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from dispatch.transport import wire
from sim.demo.rides import RidesSeen
from sim.network.socket_link import SocketLink
from sim.people.driver import DriverPhone
from sim.people.passenger import PassengerPhone
from sim.people.phone import AppLink, Phone
from sim.report.figures import RunFigures


class DemoApp:
    """What both kinds of apps share. `errors` counts what the server refused, in words."""

    def __init__(self, phone: Phone, link: SocketLink, errors: Counter[str]) -> None:
        self._phone = phone
        self._errors = errors
        self.link = link
        self.mouth: AppLink = link
        """The link that the phone sends by while it is connected."""
        self.opened = asyncio.Event()

    def on_open(self) -> None:
        """The phone may speak."""
        self._phone.clock.read_clock()
        self._phone.link = self.mouth
        self.opened.set()

    def on_frame(self, frame: Any) -> None:
        """The phone hears."""
        self._phone.clock.read_clock()
        if isinstance(frame, wire.Refused):
            self._errors[f"{frame.code}: {frame.message}"] += 1
        self._phone.on_frame(frame)

    def on_lost(self) -> None:
        """The phone may not speak for now."""
        self._phone.link = None

    def ping(self) -> None:
        """Send a ping, so that the server knows that the app is alive."""
        self._phone.send(_PING)


class DriverApp(DemoApp):
    """A driver's app."""

    def __init__(self, phone: DriverPhone, link: SocketLink, errors: Counter[str], figures: RunFigures) -> None:
        super().__init__(phone, link, errors)
        self.phone = phone
        self._figures = figures

    def on_open(self) -> None:
        """Send the position at once: it makes the driver available."""
        super().on_open()
        self.report()

    def report(self) -> None:
        """Send the position, if the app is connected."""
        if self.phone.link is not None:
            self.phone.report()
            self._figures.positions()


class PassengerApp(DemoApp):
    """A passenger's app. It stands between the phone and the link, and keeps the booking. `turn`: the beat at which it pings."""

    def __init__(
        self, phone: PassengerPhone, link: SocketLink, errors: Counter[str], seen: RidesSeen, turn: int
    ) -> None:
        super().__init__(phone, link, errors)
        self.phone = phone
        self.mouth = self
        self.turn = turn
        self._seen = seen
        self._booking: wire.FindDriver | None = None
        self._answered = False

    def on_open(self) -> None:
        """Book. A booking whose connection was lost before any answer is sent again: the ride's id makes both one booking."""
        super().on_open()
        if self._booking is None:
            self.phone.book()
        elif not self._answered:
            self.link.send(self._booking)

    def on_frame(self, frame: Any) -> None:
        """The phone hears, and the demo sees what it hears."""
        self._answered = True
        self.phone.clock.read_clock()
        self._seen.hear(self.phone.ride_id, frame, self.phone.clock.now - self.phone.booked_at)
        super().on_frame(frame)

    def send(self, message: wire.ClientMessage) -> None:
        """The phone says this."""
        if isinstance(message, wire.FindDriver):
            self._booking = message
        self.link.send(message)

    def close(self) -> None:
        """The phone hangs up."""
        self.link.close()


_PING = wire.Ping()
