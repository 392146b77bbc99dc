"""The future of an `ask` between cooperative actors: it may be read once set, and refuses to block before."""

from typing import Any

import pykka


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
