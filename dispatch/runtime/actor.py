"""A cooperative actor: pykka's actor and loop, run a message at a time by a runtime instead of a thread."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import cycle
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pykka
from pykka.messages import _ActorStop

from dispatch.runtime.future import CooperativeFuture
from dispatch.runtime.mailbox import Mailbox

if TYPE_CHECKING:
    from dispatch.runtime.core import Runtime

Handler = TypeVar("Handler", bound=Callable[..., None])


def receives(*message_types: type) -> Callable[[Handler], Handler]:
    """Mark a method as the handler of these message types; the actor's table is made of the marks."""

    def mark(method: Handler) -> Handler:
        method.__receives__ = message_types  # type: ignore[attr-defined]
        return method

    return mark


class Turnstile:
    """What all actors of a runtime have for pykka's `actor_stopped`. Its loop asks before each message, and hears no, then yes:
    a turn is one message.

    A C iterator answers: an inbox that raises when it is empty would end a turn as well, and cost half of it.
    """

    __slots__ = ("is_set",)

    def __init__(self) -> None:
        self.is_set = cycle((False, True)).__next__


class _Life:
    """`threading.Event` for those who hold a reference: nobody's thread waits for it."""

    __slots__ = ("_actor",)

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def is_set(self) -> bool:
        return self._actor.is_stopped


class Actor(pykka.Actor):
    """Subclass it, mark handlers with `@receives(MessageType)`, and let `Runtime.spawn` or a factory make it.

    A failure in a handler is never swallowed: it is kept in `failure` and the runtime decides after the turn.
    """

    __slots__ = ("_ref", "actor_inbox", "actor_stopped", "actor_urn", "address", "failure", "is_stopped", "runtime")

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
        self.actor_stopped = runtime.turnstile  # type: ignore[assignment]
        self.is_stopped = False
        self.failure: BaseException | None = None
        self._ref: pykka.ActorRef[Any] | None = None

    @property
    def actor_ref(self) -> pykka.ActorRef[Any]:
        """pykka's reference, made when somebody wants one."""
        if self._ref is None:
            self._ref = pykka.ActorRef(self)
            self._ref.actor_stopped = _Life(self)  # type: ignore[assignment]
        return self._ref

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        raise NotImplementedError("the runtime gives an actor the mailbox of its address")

    @staticmethod
    def _create_future() -> CooperativeFuture:
        return CooperativeFuture()

    def _start_actor_loop(self) -> None:
        self._actor_loop_setup()

    def carry_over(self, before: Any) -> None:
        """Take from the incarnation before what no event tells (connections, numbers of streams). Called on a rebuild."""

    def on_set_aside(self, message: Any, error_id: str) -> None:
        """Tell whoever waits for `message` that its handler failed and it will not be handled. Called on the next incarnation."""

    def on_quarantine(self, error_id: str) -> None:
        """Tell whoever depends on this actor that it will not come back. Called on the last incarnation."""

    def _handle_receive(self, message: Any) -> Any:
        handler = self.handlers.get(type(message))
        if handler is None:
            return super()._handle_receive(message)
        return handler(self, message)

    def on_receive(self, message: Any) -> Any:
        """A message that no handler is marked for is a mistake of whoever sent it."""
        raise TypeError(f"{type(self).__name__} at {self.address} does not handle {type(message).__name__}")

    def _handle_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.failure = exception_value

    def _stop(self) -> None:
        # Called by pykka's loop alone, on a BaseException: it would stop every actor and go on. Ctrl-C must reach the runtime.
        self.actor_stopped.is_set()  # this turn ends here
        interrupt = sys.exc_info()[1]
        assert interrupt is not None
        raise interrupt
