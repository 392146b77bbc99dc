"""Where the figures of `/metrics` come from in the running server: read at each scrape, counted by whoever does the work."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.ride import RideActor
from dispatch.addresses import DISPATCHER, DRIVER, RIDE
from dispatch.assembly import ServedZone
from dispatch.domain.ride.record import TERMINAL, UNBOOKED
from dispatch.errors import DatabaseError
from dispatch.live.file import LiveFile
from dispatch.metric_families import Figures
from dispatch.runtime import Runtime

OVER: Final = (*TERMINAL, UNBOOKED)


def dispatchers_of(runtime: Runtime) -> list[DispatcherActor]:
    """Those that run."""
    awake = (runtime.actor(address) for address in runtime.addresses(DISPATCHER))
    return [actor for actor in awake if isinstance(actor, DispatcherActor)]


def zone_figures(runtime: Runtime, zone: ServedZone) -> Figures:
    """Rides, drivers and the mail between them, as they are in memory."""
    board, counters, post = zone.board, zone.gateway.counters, runtime
    awake = {kind: [*runtime.addresses(kind)] for kind in (RIDE, DRIVER)}
    rides = Counter(actor.ride.status for each in awake[RIDE] if isinstance(actor := runtime.actor(each), RideActor))
    at_work = dispatchers_of(runtime)
    searches = [search for actor in at_work for search in actor.searches.values()]
    drivers = sum((actor.supply.counts for actor in at_work), Counter[str]())
    return {
        "dispatch_rides": {status: count for status, count in rides.items() if status not in OVER},
        "dispatch_drivers": drivers,
        "dispatch_actors": {kind: len(addresses) for kind, addresses in awake.items()},
        "dispatch_searching": {"rides": len(searches), "offers": sum(len(search.open) for search in searches)},
        "dispatch_mail": {"waiting": post.waiting()},
        "dispatch_delivered": {"actors": post.delivered},
        "dispatch_dead_letters": dict(post.dead_letters.counts),
        "dispatch_positions": {"reported": board.reports, "refused": board.refused},
        "dispatch_refused": dict(counters.refused),
        "dispatch_frames_not_passed": {
            "bad": counters.bad_frames,
            "rate_limited": counters.rate_limited,
            "coalesced": counters.coalesced,
            "inaccurate": counters.inaccurate,
            "forbidden": counters.forbidden,
        },
    }


def file_figures(file: LiveFile, db: str, now: Callable[[], float]) -> Figures:
    """The journal and its file. `now`: Unix seconds of whoever records."""
    oldest_at = file.journal.oldest_at
    return {
        **file.committed.figures(),
        "dispatch_journal_lag_seconds": max(0.0, now() - oldest_at) if oldest_at is not None else 0.0,
        "dispatch_commit_failures": file.health.failures,
        "dispatch_file_bytes": {"db": _size(db), "wal": _size(f"{db}-wal")},
        **_disk(db),
        **_charges(file, now()),
    }


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _disk(db: str) -> Figures:
    try:
        disk = os.statvfs(Path(db).resolve().parent)
    except (OSError, AttributeError):  # not on every system
        return {}
    return {"dispatch_disk_free_bytes": disk.f_bavail * disk.f_frsize}


def _charges(file: LiveFile, now: float) -> Figures:
    """Of a file that cannot be read nothing is said here: `/readyz` and the log do."""
    try:
        count, oldest_at = file.store.unsettled()
    except DatabaseError:
        return {}
    return {
        "dispatch_charges_unsettled": count,
        "dispatch_charges_oldest_seconds": max(0.0, now - oldest_at) if oldest_at is not None else 0.0,
    }
