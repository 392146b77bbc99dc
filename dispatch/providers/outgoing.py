"""Requests to the outside world that are under way, and for which nobody waits. Their number is limited. Providers alone use it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Outgoing:
    """Tasks of a provider. To be used on the event loop."""

    def __init__(self, most: int) -> None:
        """`most`: how many may be under way, so that a slow provider cannot fill the memory."""
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Do this soon. Returns at once; False: too many are under way, and nothing is done."""
        if len(self._tasks) >= self._most:
            return False
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def end(self) -> None:
        """Wait until all that is under way is done."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Cancel what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await self.end()
