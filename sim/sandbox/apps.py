"""Apps of the sandbox: phones with a WebSocket and a token, which they renew before it ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from dispatch.transport import wire
from sim.demo.apps import DriverApp
from sim.network.socket_link import SocketLink
from sim.report.figures import RunFigures
from sim.sandbox.driver import AWAY_S, SLOW_BY_S, SandboxDriver, Trouble


class SandboxDriverApp(DriverApp):
    """A driver's app. Over a slow link both ways take a while, and nothing is overtaken."""

    phone: SandboxDriver

    def __init__(self, phone: SandboxDriver, link: SocketLink, errors: Counter[str], figures: RunFigures) -> None:
        super().__init__(phone, link, errors, figures)
        self.mouth = self
        phone.on_vanish = lambda: link.cut(AWAY_S)

    def misbehave(self, trouble: Trouble) -> None:
        """Do this wrong from now on. What the server refuses for that is no error of ours."""
        self.phone.trouble = trouble
        self._errors = Counter()

    def on_open(self) -> None:
        """Also say again what the server may not know."""
        super().on_open()
        self.phone.came_back()

    def on_frame(self, frame: Any) -> None:
        """The phone hears, over a slow link later."""
        if self.phone.trouble is Trouble.SLOW_LINK:
            asyncio.get_running_loop().call_later(SLOW_BY_S, super().on_frame, frame)
        else:
            super().on_frame(frame)

    def send(self, message: wire.ClientMessage) -> None:
        """The phone says this, which a slow link carries later."""
        if self.phone.trouble is Trouble.SLOW_LINK:
            asyncio.get_running_loop().call_later(SLOW_BY_S, self.link.send, message)
        else:
            self.link.send(message)

    def close(self) -> None:
        """The phone hangs up."""
        self.link.close()
