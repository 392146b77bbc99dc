"""The demo's server: the real one, in a process and session of its own, watched and stopped. Called by `sim.demo.main`."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from dispatch.config import RetentionSettings, Settings
from dispatch.config.kinds import SECRET
from dispatch.errors import DispatchError

LINES_KEPT = 20
LONGEST_LINE_BYTES = 1_048_576
STOP_WITHIN_S = 20.0
ROUTINE = '"level": "info"'
"""In lines of the log about connections and the like, which say nothing about why the server ended."""

_READY = re.compile(r"dispatch listens on http://(?P<host>\S+):(?P<port>\d+) ")


class ServerFailed(DispatchError):
    """The server ended by itself."""

    code = "server_failed"


class Usage(NamedTuple):
    """What the process has used: CPU seconds since its start, and bytes of memory now."""

    cpu_s: float
    memory_bytes: int


def flags_of(settings: Settings) -> list[str]:
    """The flags that make `dispatch serve` hold exactly these settings, whatever its environment and files say.

    But for what is not set, for what only `db purge` takes, and for secrets: what is running can be listed by anybody, with its flags.
    The server finds them where this process did.
    """
    rows = (row for row in Settings.rows if row.kind is not SECRET and row.group != RetentionSettings.group)
    held = [(row, getattr(settings, row.attribute)) for row in rows]
    return [row.given_as_flag(value) for row, value in held if value is not None]


class ServerProcess:
    """`async with ServerProcess(script, settings) as server: await server.ready()`. Leaving stops it.

    It has a session of its own: the Ctrl-C that ends a demo goes to every process of the terminal's foreground, and a server that
    died of it first would cut off those who are still to hang up.
    """

    def __init__(self, script: str, settings: Settings, *more: str) -> None:
        """`script`: the file of the command line, run by this interpreter. `more`: flags that are no settings."""
        self.url = ""
        self.exit_status: int | None = None
        self.last_lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._command: Sequence[str] = (sys.executable, script, "serve", *flags_of(settings), *more)
        self._ready = asyncio.Event()

    async def __aenter__(self) -> ServerProcess:
        self._process: Process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            limit=LONGEST_LINE_BYTES,
            start_new_session=True,
        )
        self.ended = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    async def ready(self) -> None:
        """Wait until it accepts connections at `url`.

        Raises:
            ServerFailed: it ended instead; the sentence ends with its last words.
        """
        waiting = asyncio.create_task(self._ready.wait())
        await asyncio.wait({waiting, self.ended}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not self._ready.is_set():
            words = self.last_lines[-1] if self.last_lines else "it said nothing"
            raise ServerFailed(f"the server did not start: {words.removeprefix('dispatch: ')}")

    async def stop(self) -> int:
        """Stop the server, kill it if it takes too long, and return its exit status (negative: minus the signal that killed it)."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        done, _ = await asyncio.wait({self.ended}, timeout=STOP_WITHIN_S)
        if not done:
            self._process.kill()
        return await self.ended

    def usage(self) -> Usage | None:
        """What the process has used; None: the system does not tell that in /proc."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            ticks, pages = int(fields[11]) + int(fields[12]), int(fields[21])
            return Usage(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE"))
        except (OSError, ValueError, IndexError):
            return None

    async def _watch(self) -> int:
        """Read all that the server says: a full pipe would stop it."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            text = line.decode(errors="replace").rstrip()
            if ROUTINE not in text:
                self.last_lines.append(text)
            if (announced := _READY.match(text)) is not None:
                self.url = _socket_url(announced["host"], announced["port"])
                self._ready.set()
        self.exit_status = await self._process.wait()
        return self.exit_status


def _socket_url(host: str, port: str) -> str:
    """`ws://[::1]:8067`: an address with colons of its own stands in brackets."""
    return f"ws://[{host}]:{port}" if ":" in host and host[0] != "[" else f"ws://{host}:{port}"
