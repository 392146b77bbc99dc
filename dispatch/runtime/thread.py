"""The actor with a thread of its own, for work that blocks: the journal of the live server."""

from __future__ import annotations

from types import TracebackType
from typing import ClassVar

import pykka

Stopped = pykka.ActorDeadError
"""Raised by whoever tells an actor something when its thread has ended."""


class ThreadActor(pykka.ThreadingActor):
    """pykka's threading actor whose failures are reported to `on_fault` instead of only logged."""

    use_daemon_thread: ClassVar[bool] = True

    def on_fault(self, fault: BaseException) -> None:
        """Say it to whoever can act on it. Runs in the actor's thread; the actor stops afterwards."""

    def _handle_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super()._handle_failure(exception_type, exception_value, traceback)
        if exception_value is not None:
            self.on_fault(exception_value)
