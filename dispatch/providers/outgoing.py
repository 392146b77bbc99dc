"""Requests to the outside world that are under way, and for which nobody waits. Their number is limited. Providers alone use it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Work = Callable[[], Coroutine[Any, Any, None]]
"""Makes what is to be done. Each is a function of its own, by which it is known until it begins."""


class Outgoing:
    """Tasks of a provider, and those that begin later. To be used on the event loop."""

    def __init__(self, most: int) -> None:
        """`most`: how many may be under way, so that a slow provider cannot fill the memory."""
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()
        self._later: dict[Work, asyncio.TimerHandle] = {}

    def begin(self, work: Work, after_s: float = 0.0) -> bool:
        """Do this soon, or in so many seconds. Returns at once; False: too many are under way, and nothing is done."""
        if len(self._tasks) + len(self._later) >= self._most:
            return False
        if after_s:
            self._later[work] = asyncio.get_running_loop().call_later(after_s, self._begin, work)
        else:
            self._begin(work)
        return True

    async def end(self) -> None:
        """Wait until all that is under way is done. What was to begin later begins now."""
        for work, timer in tuple(self._later.items()):
            timer.cancel()
            self._begin(work)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Cancel what is under way."""
        for timer in self._later.values():
            timer.cancel()
        self._later.clear()
        for task in tuple(self._tasks):
            task.cancel()
        await self.end()

    def _begin(self, work: Work) -> None:
        self._later.pop(work, None)
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
