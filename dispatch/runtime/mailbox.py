"""The mailbox of one address. It belongs to the address, not to the actor: a rebuilt actor finds the mail of the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pykka

if TYPE_CHECKING:
    from dispatch.runtime.actor import Actor
    from dispatch.runtime.future import CooperativeFuture

Letter = tuple["Mailbox", Any, "CooperativeFuture | None", str | None]
"""(mailbox, message, the future of an `ask`, the address that hears if nobody handles the message). Letters of all mailboxes wait in
one queue, in the order in which they were told.
"""


class Mailbox:
    """How many letters wait for an address, and which actor takes them. For pykka's references it is the actor's inbox."""

    __slots__ = ("_post", "actor", "address", "limit", "waiting")

    def __init__(self, address: str, limit: int, post: Callable[[Letter], None]) -> None:
        self.address = address
        self.limit = limit
        self.waiting = 0
        self._post = post
        self.actor: Actor = None  # type: ignore[assignment]  # set by the runtime before any mail arrives

    def put(self, envelope: Any) -> None:
        """Queue a letter of pykka's `ActorRef.tell`, `ask` or `stop`."""
        self._post((self, envelope.message, envelope.reply_to, None))


def refuse(address: str, reply_to: CooperativeFuture | None) -> None:
    """Nobody will handle the message of this `ask`: answer it with `ActorDeadError`, as pykka does when an actor stops."""
    if reply_to is not None:
        dead = pykka.ActorDeadError(f"{address} stopped before handling the message")
        reply_to.set_exception((type(dead), dead, None))
