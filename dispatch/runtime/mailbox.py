"""A mailbox: mail that waits for one address; and the slot for the one message that somebody is about to handle. Runtime only.

The mailbox belongs to the address, not to the actor: when an actor is rebuilt its mail stays where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import pykka

if TYPE_CHECKING:
    from dispatch.runtime.actor import Actor
    from dispatch.runtime.future import CooperativeFuture


class Envelope(msgspec.Struct, gc=False):
    """What pykka's loop expects of a letter: the message, and the future of an `ask`."""

    message: Any
    reply_to: CooperativeFuture | None = None

    def refuse(self, address: str) -> None:
        """Nobody will handle it: whoever asked is told so, as pykka tells what is left when an actor stops."""
        if self.reply_to is not None:
            dead = pykka.ActorDeadError(f"{address} stopped before handling the message")
            self.reply_to.set_exception((type(dead), dead, None))


class Mailbox:
    """pykka's inbox protocol. Its loop gets each turn's message by `take`, from a slot that all mailboxes of a runtime share."""

    __slots__ = ("actor", "address", "get", "limit", "mail", "post")

    def __init__(
        self, address: str, limit: int, post: Callable[[Mailbox, Envelope], bool], take: Callable[[], Any]
    ) -> None:
        self.address = address
        self.limit = limit
        self.mail: list[Envelope] = []
        self.get = take
        self.post = post
        self.actor: Actor = None  # type: ignore[assignment]  # set by the runtime before any mail arrives

    def put(self, envelope: Any) -> None:
        """pykka's way in (`ActorRef.tell`, `ask`, `stop`): the letter waits its turn like all others."""
        letter = Envelope(envelope.message, envelope.reply_to)
        if not self.post(self, letter):
            letter.refuse(self.address)

    def empty(self) -> bool:
        """Whether no mail waits."""
        return not self.mail
