"""The socket edge's counts as Prometheus metrics. The composition root adds other rooms' sources beside them."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dispatch.transport.ws.edge import EdgeCounters

Source = Callable[[], Iterable[Metric]]


class _Sourced(Collector):
    def __init__(self, source: Source) -> None:
        self._source = source

    def collect(self) -> Iterable[Metric]:
        return self._source()


def registry_of(*sources: Source) -> CollectorRegistry:
    """A registry that asks these sources at each scrape, beside the process's own figures (memory, CPU, files, collections)."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    for source in sources:
        registry.register(_Sourced(source))
    return registry


def edge_metrics(counters: EdgeCounters) -> list[Metric]:
    """What the edge has counted by now."""
    return [
        gauge("dispatch_sockets", "Open WebSockets", "kind", counters.open),
        counted("dispatch_handshakes", "Answered opening handshakes", "status", counters.handshakes),
        counted("dispatch_closes", "Ended WebSockets by close code", "code", counters.closes),
        counted("dispatch_frames", "Data frames", "direction", {"in": counters.frames_in, "out": counters.frames_out}),
        counted(
            "dispatch_bytes", "Bytes of WebSockets", "direction", {"in": counters.bytes_in, "out": counters.bytes_out}
        ),
        CounterMetricFamily(
            "dispatch_cut_headers",
            "Connections ended because their headers were late or endless",
            counters.cut["headers"],
        ),
        CounterMetricFamily(
            "dispatch_cut_readers", "Connections ended because a page's answer was not read", counters.cut["readers"]
        ),
    ]


def gauge(name: str, help: str, label: str, values: Mapping[str, float]) -> Metric:
    """One gauge with one label."""
    return _filled(GaugeMetricFamily(name, help, labels=[label]), values)


def counted(name: str, help: str, label: str, values: Mapping[str, int] | Mapping[int, int]) -> Metric:
    """One counter with one label; Prometheus shows it as `<name>_total`."""
    return _filled(CounterMetricFamily(name, help, labels=[label]), {str(key): value for key, value in values.items()})


def _filled(family: GaugeMetricFamily | CounterMetricFamily, values: Mapping[str, float]) -> Metric:
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
