"""The control socket `FILE.sock` of whoever serves a file: one line is asked, one line is answered. Only the same user may connect."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

from dispatch.errors import DispatchError, SettingError

LONGEST_LINE: Final = 4_194_304
"""A list of ten thousand people is one line."""
READ_AT_ONCE: Final = 65_536
PATIENCE_S: Final = 5.0
"""Who connects has said its line after so long."""
ANSWER_WITHIN_S: Final = 30.0
"""A server that starts takes a moment, and so does a busy disk."""
AT_ONCE: Final = 8
LONGEST_NAME: Final = 107
"""Bytes of a path that the system takes for a socket; so the socket is bound and opened from inside its directory."""

_ONE_DIRECTORY: Final = Lock()
AnswerLine = Callable[[bytes], Awaitable[bytes]]


class NoAnswer(DispatchError):
    """The owner of a file took an order and did not say what came of it."""


def control_path(path: Path) -> Path:
    """`rides.db.sock` for `rides.db`."""
    return path.with_name(f"{path.name}.sock")


@contextmanager
def control_socket(path: Path) -> Iterator[socket.socket]:
    """The listening socket beside the database `path`, which this process owns: one that lies there is a dead process's.

    Raises SettingError when the name is too long, or taken by something else.
    """
    at = control_path(path)
    if len(os.fsencode(at.name)) > LONGEST_NAME:
        raise SettingError("db", f"db must have a name of at most {LONGEST_NAME - 5} bytes, got {path.name}")
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        _remove(at)
        with _inside(at.parent):
            listener.bind(at.name)
        listener.listen()
    except OSError as error:
        listener.close()
        raise SettingError("db", f"cannot make the control socket {at}: {error.strerror}") from None
    finally:
        os.umask(before)
    listener.setblocking(False)
    try:
        yield listener
    finally:
        listener.close()
        with suppress(OSError):
            _remove(at)


@asynccontextmanager
async def orders_answered(listener: socket.socket, answer: AnswerLine) -> AsyncIterator[None]:
    """Answer whoever connects while the block runs. `answer` raises nothing."""
    places = asyncio.Semaphore(AT_ONCE)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with places:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                writer.write(await answer(await _line(reader)) + b"\n")
                await asyncio.wait_for(writer.drain(), PATIENCE_S)
            writer.close()

    server = await asyncio.start_unix_server(meet, sock=listener, limit=LONGEST_LINE)
    try:
        yield
    finally:
        server.close()


def ask(path: Path, line: bytes, within_s: float = ANSWER_WITHIN_S) -> bytes | None:
    """What the owner of the database `path` answers within so many seconds; None: nobody listens there. Raises NoAnswer."""
    at = control_path(path)
    with socket.socket(socket.AF_UNIX) as owner:
        owner.settimeout(within_s)
        try:
            with _inside(at.parent):
                owner.connect(at.name)
        except OSError:
            return None
        try:
            owner.sendall(line + b"\n")
            answer = b"".join(iter(lambda: owner.recv(READ_AT_ONCE), b""))
        except OSError:
            answer = b""
    if not answer:
        raise NoAnswer(f"whoever serves {path} did not answer; look whether it was done before you try again")
    return answer


async def _line(reader: asyncio.StreamReader) -> bytes:
    """What is said up to the end of its line. More than LONGEST_LINE is heard out, so that the answer arrives, and is no order."""
    is_short = True
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                line = await reader.readuntil()
            except asyncio.LimitOverrunError as much:
                is_short = False
                await reader.readexactly(much.consumed)
            except asyncio.IncompleteReadError as rest:
                return rest.partial if is_short else b""
            else:
                return line if is_short else b""


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """With `folder` as the working directory, so that a name alone is a path. Threads take turns: a process has one such directory."""
    with _ONE_DIRECTORY:
        before = os.open(".", os.O_RDONLY)
        try:
            os.chdir(folder)
            yield
        finally:
            os.fchdir(before)
            os.close(before)


def _remove(at: Path) -> None:
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.lstat(at).st_mode):
            at.unlink()
