"""Figures as Prometheus metrics, and those of the socket edge. The composition root adds other rooms' sources beside them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from dispatch.metric_families import COUNTER, FAMILIES, Figures, Spread
from dispatch.transport.ws.edge import EdgeCounters

CLOSES: Final = frozenset((*range(1000, 1016), 4001, 4008, 4009, 4501, 4503, 4504, 4508))
"""Codes of the standard, and those that docs/PROTOCOL.md lists."""
Source = Callable[[], Figures]
"""Asked at each scrape, on the event loop's thread: it must be quick."""


class _Sourced(Collector):
    def __init__(self, source: Source) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        for name, value in self._source().items():
            yield metric(name, value)


def registry_of(*sources: Source) -> CollectorRegistry:
    """A registry that asks these sources at each scrape, beside the process's own figures (memory, CPU, files, collections)."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    for source in sources:
        registry.register(_Sourced(source))
    return registry


def edge_figures(counters: EdgeCounters) -> Figures:
    """What the edge has counted by now."""
    return {
        "dispatch_sockets": counters.open,
        "dispatch_handshakes": _by_text(counters.handshakes),
        "dispatch_handshakes_shed": counters.shed,
        "dispatch_closes": _told(counters.closes),
        "dispatch_frames": {"in": counters.frames_in, "out": counters.frames_out},
        "dispatch_bytes": {"in": counters.bytes_in, "out": counters.bytes_out},
        "dispatch_cut_headers": counters.cut["headers"],
        "dispatch_cut_readers": counters.cut["readers"],
    }


def metric(name: str, value: float | Mapping[str, float] | Spread) -> Metric:
    """The family of this name with these figures. Raises KeyError for a name that is not in the list of families."""
    family = FAMILIES[name]
    if isinstance(value, Spread):
        return HistogramMetricFamily(name, family.help, buckets=list(_buckets(value)), sum_value=value.total)
    made = CounterMetricFamily if family.kind == COUNTER else GaugeMetricFamily
    if not isinstance(value, Mapping):
        return made(name, family.help, value=value)
    labelled = made(name, family.help, labels=[family.label])
    for label, count in sorted({**dict.fromkeys(family.always, 0.0), **value}.items()):
        labelled.add_metric([label], count)
    return labelled


def _buckets(spread: Spread) -> Iterable[tuple[str, float]]:
    """Each bound with how many were not above it."""
    return zip([*map(repr, spread.bounds), "+Inf"], accumulate(spread.counts), strict=True)


def _told(closes: Mapping[int, int]) -> dict[str, float]:
    """By code. An app may close with any of four thousand: those that mean nothing here are one figure."""
    told = Counter[str]()
    for code, count in closes.items():
        told[str(code) if code in CLOSES else "other"] += count
    return dict(told)


def _by_text(counts: Mapping[int, int]) -> dict[str, float]:
    return {str(number): count for number, count in counts.items()}
