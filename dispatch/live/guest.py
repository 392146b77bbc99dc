"""What may live in the server's process beside the product, as the sandbox does. The command line hands it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from starlette.routing import Route

    from dispatch.live.routes import ServerParts
    from dispatch.providers.notify import Notifier


class Guest(Protocol):
    """All of it is called on the server's event loop, in this order."""

    def notifier(self, report: Callable[[str], None]) -> Notifier:
        """Who sends texts here."""

    def routes(self, parts: ServerParts) -> list[Route]:
        """What it answers over HTTP."""

    async def settle(self) -> None:
        """Put on file what it needs. Nobody is served yet."""

    def begin(self, port: int) -> None:
        """Connections are accepted."""

    async def leave(self) -> None:
        """Let go of all connections: the server stops."""
