"""The actor with a thread of its own, for work that blocks: the journal of the live server."""

import os
from contextlib import suppress
from types import TracebackType
from typing import ClassVar

import pykka

Stopped = pykka.ActorDeadError
"""Raised by whoever tells an actor something when its thread has ended."""


def give_way() -> None:
    """From now on whoever wakes this thread is not interrupted for it. For work that waits for a lock which the waker still holds:
    to change over to it and back costs more than it does. Where the system cannot, nothing changes.
    """
    if hasattr(os, "sched_setscheduler"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


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
