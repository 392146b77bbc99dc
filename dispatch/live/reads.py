"""What the live server's pages read of it: rides, offers and mailboxes as metrics, versions, readiness. The composition root
makes it.
"""

from collections.abc import Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from dispatch.actors.dispatcher import DispatcherActor
from dispatch.addresses import DISPATCHER, DRIVER, RIDE
from dispatch.assembly import Zone
from dispatch.runtime import Runtime
from dispatch.storage.log.journal import JournalHealth
from dispatch.transport.ws.edge import EdgeCounters
from dispatch.transport.ws.metrics import counted, edge_metrics, gauge, registry_of

PRODUCT = "dispatch-ridehail"
DISTRIBUTIONS = (PRODUCT, "pykka", "websockets", "uvicorn", "sqlite-utils", "msgspec")


class LiveReads:
    """Asked at each request; keeps no figures of its own."""

    def __init__(self, runtime: Runtime, zone: Zone, edge: EdgeCounters, journal: JournalHealth) -> None:
        self._runtime = runtime
        self._zone = zone
        self._journal = journal
        self.registry: CollectorRegistry = registry_of(partial(edge_metrics, edge), self._metrics)

    @property
    def versions(self) -> Mapping[str, str]:
        """Of the product and of what it stands on."""
        return {name: _version(name) for name in DISTRIBUTIONS}

    def why_not_ready(self) -> str:
        """Empty while there is a dispatcher to take rides and a journal to keep them."""
        return self._journal.why_not if self._dispatchers() else "no dispatcher runs"

    def _dispatchers(self) -> list[DispatcherActor]:
        awake = (self._runtime.actor(address) for address in self._runtime.addresses(DISPATCHER))
        return [actor for actor in awake if isinstance(actor, DispatcherActor)]

    def _metrics(self) -> list[Metric]:
        runtime, board, counters = self._runtime, self._zone.board, self._zone.gateway.counters
        awake = {kind: float(sum(1 for _ in runtime.addresses(kind))) for kind in (RIDE, DRIVER)}
        searches = [search for actor in self._dispatchers() for search in actor.searches.values()]
        searching = {"rides": float(len(searches)), "offers": float(sum(len(search.open) for search in searches))}
        positions = {"reported": board.reports, "refused": board.refused}
        dropped = {
            "bad": counters.bad_frames,
            "rate_limited": counters.rate_limited,
            "coalesced": counters.coalesced,
            "inaccurate": counters.inaccurate,
            "forbidden": counters.forbidden,
        }
        return [
            gauge("dispatch_actors", "Actors in memory", "kind", awake),
            gauge("dispatch_searching", "Searches and their open offers", "what", searching),
            gauge("dispatch_mail", "Messages between actors", "state", {"waiting": runtime.waiting()}),
            counted("dispatch_delivered", "Messages delivered", "to", {"actors": runtime.delivered}),
            counted(
                "dispatch_dead_letters", "Messages nobody handled, by reason", "reason", runtime.dead_letters.counts
            ),
            counted("dispatch_positions", "Positions", "fate", positions),
            counted("dispatch_refused", "Commands refused by a ride or driver, by code", "code", counters.refused),
            counted("dispatch_frames_not_passed", "Frames that did nothing, by why", "why", dropped),
        ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
