"""A cooperative actor: pykka's `Actor`, given one message at a time by a runtime instead of by a thread of its own.

Beside it is what such an actor needs: the mailbox in which its messages wait, and the future of an `ask`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pykka
from pykka.messages import _ActorStop

if TYPE_CHECKING:
    from dispatch.runtime.core import Runtime

Handler = TypeVar("Handler", bound=Callable[..., None])


def receives(*message_types: type) -> Callable[[Handler], Handler]:
    """Mark a method as the handler of these message types. `Actor.handlers` is made of the marks."""

    def mark(method: Handler) -> Handler:
        method.__receives__ = message_types  # type: ignore[attr-defined]
        return method

    return mark


class WouldBlock(RuntimeError):
    """`get()` on an unanswered future: on one thread nobody could ever answer it."""


class CooperativeFuture(pykka.ThreadingFuture[Any]):
    """pykka's own future, but `get()` raises `WouldBlock` where a thread would wait."""

    def get(self, *, timeout: float | None = None) -> Any:
        if self._result is None and self._get_hook is None:
            raise WouldBlock(
                "this actor shares its thread with the one that would answer: tell and be told, do not ask and wait"
            )
        return super().get(timeout=timeout)


Letter = tuple["Mailbox", Any, CooperativeFuture | None, str | None]
"""(mailbox, message, the future of an `ask`, the address that hears if nobody handles the message). Letters of all mailboxes wait in
one queue, in the order in which they were told.
"""


class Mailbox:
    """How many letters wait for an address, and which actor takes them. For pykka's references it is the actor's inbox.

    It belongs to the address, not to the actor: a rebuilt actor finds the mail of the one before.
    """

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


class _Stopped:
    """Stands in for the `threading.Event` of a pykka reference. No thread waits for it."""

    __slots__ = ("_actor",)

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def is_set(self) -> bool:
        return self._actor.is_stopped


class Actor(pykka.Actor):
    """Subclass it and mark handlers with `@receives(MessageType)`. `Runtime.spawn` or a factory starts it.

    An exception in a handler is kept in `failure`; the runtime decides after the turn what becomes of the actor.
    """

    __slots__ = ("_ref", "actor_inbox", "actor_urn", "address", "at_turn_end", "failure", "is_stopped", "runtime")

    def _on_actor_stop(self, message: _ActorStop) -> None:
        self.is_stopped = True
        self.runtime.stopped(self)
        self.on_stop()

    handlers: ClassVar[dict[type, Callable[..., None]]] = {_ActorStop: _on_actor_stop}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        marked = {
            message_type: method
            for method in vars(cls).values()
            for message_type in getattr(method, "__receives__", ())
        }
        cls.handlers = {**cls.handlers, **marked}

    def __init__(self, runtime: Runtime, address: str) -> None:
        # pykka's own __init__ is not called: its uuid, lock and reference cost more than the rest of a ride's actor.
        self.runtime = runtime
        self.address = address
        self.actor_urn = address
        self.is_stopped = False
        self.failure: BaseException | None = None
        self.at_turn_end: Callable[[Any], None] | None = None
        """Called once with the message, when the handler that set it has returned. Not called if the handler raises."""
        self._ref: pykka.ActorRef[Any] | None = None

    @property
    def actor_ref(self) -> pykka.ActorRef[Any]:
        """pykka's reference, made when it is first asked for."""
        if self._ref is None:
            self._ref = pykka.ActorRef(self)
        return self._ref

    @property
    def actor_stopped(self) -> Any:  # type: ignore[override]
        """What pykka's reference asks whether this actor has stopped."""
        return _Stopped(self)

    @staticmethod
    def _create_actor_inbox() -> Any:
        raise NotImplementedError("the runtime gives an actor the mailbox of its address")

    @staticmethod
    def _create_future() -> CooperativeFuture:
        return CooperativeFuture()

    def _start_actor_loop(self) -> None:
        self._actor_loop_setup()

    def take(self, message: Any, reply_to: CooperativeFuture | None) -> None:
        """One turn: handle `message` and answer the `ask` that it came with, if any.

        An exception goes to whoever asked; if nobody asked it is kept in `failure`. What is no `Exception` (Ctrl-C) is raised.
        """
        try:
            handler = self.handlers.get(type(message))
            answer: Any = self._handle_receive(message) if handler is None else handler(self, message)
            if self.at_turn_end is not None:
                finish, self.at_turn_end = self.at_turn_end, None
                finish(message)
            if reply_to is not None:
                reply_to.set(answer)
        except Exception as error:
            if reply_to is not None:
                reply_to.set_exception()
            else:
                self.failure = error
                self.on_failure(*sys.exc_info())

    def carry_over(self, before: Any) -> None:
        """Take from the actor that this one replaces what no event tells (connections, numbers of streams). Called on a rebuild."""

    def on_set_aside(self, message: Any, error_id: str) -> None:
        """Tell whoever waits for `message` that its handler failed and it will not be handled. Called on the rebuilt actor."""

    def on_quarantine(self, error_id: str) -> None:
        """Tell whoever depends on this actor that it will not come back. Called on the actor that is put out of service."""

    def on_receive(self, message: Any) -> Any:
        """A message without a handler is an error of its sender. Raises TypeError."""
        raise TypeError(f"{type(self).__name__} at {self.address} does not handle {type(message).__name__}")

    def _handle_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.failure = exception_value


def refuse(address: str, reply_to: CooperativeFuture | None) -> None:
    """Nobody will handle the message of this `ask`: answer it with `ActorDeadError`, as pykka does when an actor stops."""
    if reply_to is not None:
        dead = pykka.ActorDeadError(f"{address} stopped before handling the message")
        reply_to.set_exception((type(dead), dead, None))
