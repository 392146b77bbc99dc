"""What the live server's pages read of it: metrics, versions, readiness. The composition root makes it."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry

from dispatch.live.metrics import dispatchers_of
from dispatch.metric_families import Figures
from dispatch.runtime import Runtime
from dispatch.storage.log.journal import JournalHealth
from dispatch.transport.ws.metrics import Source, registry_of

PRODUCT = "dispatch-ridehail"
DISTRIBUTIONS = (PRODUCT, "pykka", "websockets", "uvicorn", "sqlite-utils", "msgspec")


class LiveReads:
    """Asked at each request; keeps no figures of its own."""

    def __init__(self, runtime: Runtime, journal: JournalHealth, *sources: Source) -> None:
        """`sources`: where the figures of `/metrics` come from, beside what is known here."""
        self._runtime = runtime
        self._journal = journal
        self.registry: CollectorRegistry = registry_of(self._figures, *sources)

    @property
    def versions(self) -> Mapping[str, str]:
        """Of the product and of what it stands on."""
        return {name: _version(name) for name in DISTRIBUTIONS}

    def why_not_ready(self) -> str:
        """Empty while there is a dispatcher to take rides and a journal to keep them."""
        return self._journal.why_not if dispatchers_of(self._runtime) else "no dispatcher runs"

    def _figures(self) -> Figures:
        return {"dispatch_ready": 0.0 if self.why_not_ready() else 1.0, "dispatch_info": {_version(PRODUCT): 1.0}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
