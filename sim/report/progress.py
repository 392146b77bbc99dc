"""How far a long run is, on one line of a terminal, and the Ctrl-C that ends it in peace."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

INTERRUPTED = 130
"""The exit status of a run that was ended by Ctrl-C."""
QUIET_S, EVERY_S = 2.0, 0.25
CLEAR = "\r\x1b[K"


class Progress:
    """One line that is written over itself. It is not shown in the first seconds, nor where stderr is no terminal."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._next_s = clock() + QUIET_S if self._stream.isatty() else float("inf")
        self._is_shown = False

    def tell(self, say: Callable[[], str]) -> None:
        """Show this text, if it is time to."""
        now = self._clock()
        if now >= self._next_s:
            self._next_s, self._is_shown = now + EVERY_S, True
            self._stream.write(f"{CLEAR}{say()}")
            self._stream.flush()

    def clear(self) -> None:
        """Remove the line, since something else is to be printed."""
        if self._is_shown:
            self._is_shown = False
            self._stream.write(CLEAR)
            self._stream.flush()


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Within this context the first Ctrl-C is only remembered: the function that it gives says whether there was one. The second one
    ends the process as ever.
    """
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def press(number: int, frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield pressed.is_set  # signals are not this thread's, or whoever started the process wants them ignored
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
