"""`dispatch top`: shows a running server until somebody presses q, or once."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from rich.console import Console

from dispatch.errors import DispatchError
from dispatch.top.access import Access
from dispatch.top.screen import LogScreen, Screen, TerminalScreen, has_panel
from dispatch.top.view import view
from dispatch.top.watch import NotLetIn, TopWatch

STOP_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
ONCE_WITHIN_S: Final = 10.0
COMPARED_AFTER_S: Final = 1.5
"""Two looks at the metrics lie between the begin and a picture, so that speeds are known."""


class NothingSeen(DispatchError, code="nothing_seen"):
    """There is no server to show."""


def top(access: Callable[[], Access], *, once: bool) -> int:
    """Show the server until q, Ctrl-C or a signal, or print one picture of it. Returns the exit status.

    Raises DispatchError: the server does not let us in, or, `once`, it does not answer.
    """
    console = Console(highlight=False)
    watch = TopWatch(access)
    if once:
        asyncio.run(_picture(watch, console))
    else:
        screen = TerminalScreen(console, whole=True) if has_panel(console) else LogScreen()
        with screen:
            asyncio.run(_keep_showing(watch, screen))
    return 0


async def _picture(watch: TopWatch, console: Console) -> None:
    watching = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(ONCE_WITHIN_S):
            known = asyncio.create_task(watch.known())
            await asyncio.wait({watching, known}, return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()
            if not known.result():
                raise TimeoutError
            watch.glance()
            await asyncio.sleep(COMPARED_AFTER_S)
    except TimeoutError:
        raise NothingSeen(f"there is nothing to show: {watch.doing.partition(' since')[0]} from {watch.url}") from None
    finally:
        watching.cancel()
    console.print(view(watch.glance(), console.width))


async def _keep_showing(watch: TopWatch, screen: Screen) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in STOP_SIGNALS:
        with suppress(AttributeError, NotImplementedError):  # not on every system
            loop.add_signal_handler(getattr(signal, name), stopped.set)
    watching, stopping = asyncio.create_task(watch.run()), asyncio.create_task(stopped.wait())
    with _keys(loop, stopped):
        while not stopped.is_set() and not watching.done():
            screen.show(watch.glance())
            await asyncio.wait({watching, stopping}, timeout=screen.every_s, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if watching.done():
        watching.result()
    watching.cancel()


@contextmanager
def _keys(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> Iterator[None]:
    """While the block runs, q sets `stopped`, without Enter. Where there is no terminal to read from, there are no keys."""
    try:
        import termios
        import tty

        fd = sys.stdin.fileno()
        before = termios.tcgetattr(fd)
    except (ImportError, OSError, ValueError, AttributeError, termios.error):
        yield
        return

    def read() -> None:
        pressed = sys.stdin.buffer.raw.read(64) if hasattr(sys.stdin.buffer, "raw") else b""
        if not pressed:
            loop.remove_reader(fd)
        elif pressed.lower().startswith(b"q"):
            stopped.set()

    tty.setcbreak(fd)
    loop.add_reader(fd, read)
    try:
        yield
    finally:
        loop.remove_reader(fd)
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


__all__ = ["NotLetIn", "NothingSeen", "top"]
