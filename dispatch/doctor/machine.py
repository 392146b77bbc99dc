"""Whether ports are free, the disk has room and the clock is right."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from dispatch.config import Settings
from dispatch.doctor.findings import OK, PROBLEM, WARNING, Found, Level
from dispatch.errors import DatabaseError, SettingError
from dispatch.storage.file.owner import owner_of
from dispatch.storage.log.on_file import newest_at
from dispatch.storage.tables.opening import reading
from dispatch.timestamps import rfc3339, time_told
from dispatch.transport.ws.listener import listening_socket

ROOM_NEEDED: Final = 100 * 2**20
ROOM_WISHED: Final = 2**30
CLOCK_SLACK_S: Final = 60.0
THE_PAST: Final = 1_735_689_600.0
"""2025-01-01. A clock before it was never set."""


def ports(settings: Settings) -> Found:
    """Whether each port is free, or who holds it."""
    served_by = owner_of(settings.db)
    yield _port(settings.host, settings.port, "", served_by)
    if settings.admin_port is not None:
        yield _port(settings.admin_host, settings.admin_port, "admin_", served_by)


def _port(host: str, port: int, of: str, served_by: str | None) -> tuple[Level, str]:
    if port == 0:
        return OK, f"{of}port is 0: a free one is taken at each start"
    try:
        listening_socket(host, port, of).close()
    except SettingError as error:
        holder = _holder(port)
        if holder is None:
            return PROBLEM, str(error)
        pid, program = holder
        if served_by is not None and served_by.startswith(f"process {pid} "):
            return OK, f"{of}port {port} is held by the server of this file, process {pid}"
        return PROBLEM, f"{of}port {port} is in use by {program} (process {pid}): stop it, or choose another port"
    return OK, f"{of}port {port} of {host} is free"


def _holder(port: int) -> tuple[int, str] | None:
    """The process that listens on this port, and its program; None: the system does not tell."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*") if inodes else ():
        with suppress(OSError):
            if any(os.readlink(opened) in inodes for opened in (process / "fd").iterdir()):
                return int(process.name), (process / "comm").read_text().strip()
    return None


def room(path: str, needed: int = ROOM_NEEDED, wished: int = ROOM_WISHED) -> Found:
    """Whether there is room for the file `path` to grow: bytes `needed`, and `wished`."""
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    told = f"{free / 2**20:,.0f} MiB are free in {folder}"
    if free < needed:
        yield PROBLEM, f"{told}: make room, or rides cannot be kept soon"
    elif free < wished:
        yield WARNING, f"{told}: make room"
    else:
        yield OK, told


def clock(settings: Settings) -> Found:
    """Whether the clock is set, and not behind the newest event on file."""
    now = time.time()
    newest = 0.0
    with suppress(DatabaseError), reading(settings.db) as db:
        newest = newest_at(db)
    if now < THE_PAST:
        yield PROBLEM, f"the clock says {rfc3339(now)}: set it, or have it set by NTP"
    elif newest > now + CLOCK_SLACK_S:
        yield (
            PROBLEM,
            f"the clock says {rfc3339(now)}, and the newest event on file is of {time_told(newest)}: set the clock; "
            "a server that starts now counts from that event on",
        )
    else:
        yield OK, f"the clock says {rfc3339(now)}; local time is that of {settings.time_zone}"
