"""Cheap starts: a test that starts `dispatch` as a process gets one forked off a process that has imported everything already.

What it gets is the real thing: the program's own `main` with these arguments, environment, folder and streams, a child of whoever
asked, with signals and an exit status of its own. Only the second of a core that the imports take is gone. What a fork cannot give is
started as always: another program, a terminal, an interpreter with variables of its own. `DISPATCH_TESTS_FORK=no` starts all so.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import CodeType, ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PROGRAMS: Final = tuple(str(ROOT / path) for path in ("cli.py", "tests/watched.py"))
BEFOREHAND: Final = (
    "cli",
    "dispatch.app",
    "dispatch.transport.ws.admin",
    "dispatch.transport.ws.server",
    "phonenumbers",
    "sim.sandbox.guest",
    "tests.canaries",
)
"""What a server imports, with a town, and watched."""
READ_AT_START: Final = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "TZ")
"""An interpreter reads the variables that begin like this before `main` runs."""
UNBUFFERED: Final = "PYTHONUNBUFFERED"
SUBREAPER: Final = 36
"""The option of prctl(2) by which the orphans of a process' children become its own children."""
ASKED_BYTES: Final = 1 << 18
NO_FD: Final = -1


def install() -> None:
    """From now on this process starts `dispatch` so."""
    if sys.platform == "linux" and os.environ.get("DISPATCH_TESTS_FORK") != "no":
        subprocess._fork_exec = Forks(subprocess._fork_exec)  # type: ignore[attr-defined]


class Forks:
    """Stands for the function that `subprocess` calls when it has prepared everything: it returns the pid of the new child."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self._alone = Lock()
        self._link: socket.socket | None = None
        self._at_start = _read_at_start(os.environ)

    def __call__(self, *asked: Any) -> int:
        args, _, close_fds, kept, cwd, env = asked[:6]
        streams = [own if fd == NO_FD else fd for own, fd in enumerate((asked[6], asked[9], asked[11]))]
        errpipe, session, more = asked[13], asked[15], asked[16:21]
        environ = dict(os.environ if env is None else (os.fsdecode(each).split("=", 1) for each in env))
        folder = os.fsdecode(cwd or os.getcwd())
        can_be_forked = (
            _is_program(list(args))
            and _read_at_start(environ) == self._at_start
            and close_fds
            and kept == (errpipe,)
            and all(each in (None, NO_FD) for each in more)
            and not any(map(os.isatty, streams))
            and os.path.isdir(folder)
        )
        if not can_be_forked:
            return int(self.real(*asked))
        told = {"argv": [os.fsdecode(arg) for arg in args[1:]], "environ": environ, "cwd": folder, "session": session}
        with self._alone:
            return self._forked(json.dumps(told).encode(), streams)

    def _forked(self, told: bytes, streams: list[int]) -> int:
        if self._link is None:
            self._link = self._parent()
        libc = ctypes.CDLL(None)
        libc.prctl(SUBREAPER, 1, 0, 0, 0)
        try:
            socket.send_fds(self._link, [told], streams)
            return int(self._link.recv(ASKED_BYTES))
        finally:
            libc.prctl(SUBREAPER, 0, 0, 0, 0)

    def _parent(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fd = theirs.fileno()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, __file__, str(fd)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[fd],
                env=os.environ | self._at_start,
            )
        process.returncode = 0  # it ends with this process, and nobody waits for it
        return ours


def _is_program(args: list[Any]) -> bool:
    return len(args) > 1 and args[0] == sys.executable and str(args[1]) in PROGRAMS


def _read_at_start(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(READ_AT_START) and name != UNBUFFERED}


def _main() -> None:
    """The parent of all: it forks for each message, and ends when whoever sends them does."""
    sys.path[0] = str(ROOT)
    for name in BEFOREHAND:
        import_module(name)
    codes = {path: compile(Path(path).read_bytes(), path, "exec") for path in PROGRAMS}
    link = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.collect()
    gc.freeze()
    while True:
        told, streams, _, _ = socket.recv_fds(link, ASKED_BYTES, 3)
        if not told:
            return
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            pid = os.fork()
            if pid == 0:
                for fd in (reading, writing, link.detach()):
                    os.close(fd)
                break
            os.write(writing, str(pid).encode())
            os._exit(0)
        os.waitpid(between, 0)  # now the child is one of whoever asked
        link.send(os.read(reading, ASKED_BYTES))
        for fd in (reading, writing, *streams):
            os.close(fd)
    asked = json.loads(told)
    _become(asked, streams)
    _run(codes[asked["argv"][0]])


def _become(asked: dict[str, Any], streams: list[int]) -> None:
    """This process has what it was asked to have."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if asked["session"]:
        os.setsid()
    for own, fd in enumerate(streams):
        os.dup2(fd, own)
    for fd in streams:
        os.close(fd)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    is_unbuffered = UNBUFFERED in os.environ
    for own, name in enumerate(("stdin", "stdout", "stderr")):
        was = getattr(sys, name)
        raw = os.fdopen(own, "wb" if own else "rb", 0 if own and is_unbuffered else -1, closefd=False)
        at_once = {"line_buffering": name == "stderr", "write_through": own > 0 and is_unbuffered}
        stream = io.TextIOWrapper(raw, was.encoding, was.errors, **at_once)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv = asked["argv"]
    sys.path[0] = str(Path(sys.argv[0]).parent)


def _run(code: CodeType) -> None:
    """As the interpreter runs a file."""
    main = ModuleType("__main__")
    main.__file__ = sys.argv[0]
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


if __name__ == "__main__":
    _main()
