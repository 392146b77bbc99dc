"""The listening socket and what the process needs to hold many connections. Called by `server` alone."""

import errno
import gc
import socket
import sys
from contextlib import suppress

from dispatch.errors import SettingError

BACKLOG = 4096
RECEIVE_BUFFER_BYTES = 16_384
"""What a flooding app can have read in one go; more only waits in the network."""
SEND_BUFFER_BYTES = 65_536
"""What the kernel holds for an app that reads nothing, before the outbox starts to count."""
UNACKNOWLEDGED_MS = 10_000
SWITCH_INTERVAL_S = 0.0005
"""The journal's thread gets the interpreter this soon; at Python's default of 5 ms an ack waits for a busy loop."""
COLLECT_AFTER = (10_000, 20, 100)
MALLOC = {-8: 1, -3: 128 * 1024, -1: 1024 * 1024}
"""What glibc's `mallopt` is told: how many heaps there may be; from how many bytes on a block is mapped alone; how many bytes stay free
at the end of the heap.
"""
_REFUSED = {
    errno.EADDRINUSE: ("port", "{name} {port} is in use; choose another with --{flag}"),
    errno.EACCES: ("port", "{name} {port} needs more rights than this user has; choose another with --{flag}"),
    errno.EADDRNOTAVAIL: ("host", "{name} {host!r} is not an address of this machine; choose another with --{flag}"),
}
"""Which setting is to blame for an error of the system, and the sentence that says so."""


def listening_socket(host: str, port: int, of: str = "") -> socket.socket:
    """A socket that listens; accepted connections inherit its buffers and time limits. Port 0 takes a free one.

    `of`: what the names of the settings of host and port begin with.

    The port is taken from now on: of two sockets that are bound and do not listen yet, neither is refused.

    Raises:
        SettingError: the port is taken or forbidden, or the host is no address of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError:
        raise SettingError(f"{of}host", f"{of}host {host!r} is not an address; try 127.0.0.1") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        _set_options(listener)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(error, host, port, of) from None
    listener.setblocking(False)
    return listener


def _set_options(listener: socket.socket) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)


def _refused(error: OSError, host: str, port: int, of: str) -> SettingError:
    kind, why = _REFUSED.get(error.errno or 0, ("port", "cannot listen on {host} port {port}: {error}"))
    name = of + kind
    flag = name.replace("_", "-")
    return SettingError(name, why.format(name=name, flag=flag, host=host, port=port, error=error.strerror))


def prepare_process() -> int:
    """Set the switch interval and the garbage collector for an event loop, and raise the limit of open files. Returns that limit."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(*COLLECT_AFTER)
    try:
        import resource
    except ImportError:  # no such limit on Windows
        return sys.maxsize
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else sys.maxsize


def give_memory_back() -> None:
    """Let what this process frees go back to the system, or serve whoever asks next. Call it before there are threads.

    glibc gives each thread a heap, which keeps what is free for threads to come: those that read the file for desks kept 2 MB each.
    And after the first large block that is freed, here the table of all names of the program, it keeps as much at the end of the heap
    for ever, and twice as much in time. Other C libraries do neither.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):  # Windows and musl know no such word
        for parameter, value in MALLOC.items():
            ctypes.CDLL(None).mallopt(parameter, value)


def forget_startup_garbage() -> None:
    """Collect once, and exclude everything that lives now from later collections, which would stop the loop for longer."""
    gc.collect()
    gc.freeze()
