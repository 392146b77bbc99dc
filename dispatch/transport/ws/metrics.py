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


def edge_metrics(counters: EdgeCounters) -> Source:
    """A source that reads `counters` at each scrape."""

    def read() -> Iterable[Metric]:
        yield gauge("dispatch_sockets", "Open WebSockets", "kind", counters.open)
        yield counted("dispatch_handshakes", "Answered opening handshakes", "status", counters.handshakes)
        yield counted("dispatch_closes", "Ended WebSockets by close code", "code", counters.closes)
        yield counted(
            "dispatch_frames", "Data frames", "direction", {"in": counters.frames_in, "out": counters.frames_out}
        )
        yield counted(
            "dispatch_bytes", "Bytes of WebSockets", "direction", {"in": counters.bytes_in, "out": counters.bytes_out}
        )
        for name, what, count in (
            (
                "dispatch_cut_headers",
                "Connections ended because their headers were late or endless",
                counters.cut_headers,
            ),
            ("dispatch_cut_readers", "Connections ended because a page's answer was not read", counters.cut_readers),
        ):
            yield CounterMetricFamily(name, what, value=count)

    return read


def gauge(name: str, help: str, label: str, values: Mapping[str, float]) -> Metric:
    """One gauge with one label."""
    family = GaugeMetricFamily(name, help, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def counted(name: str, help: str, label: str, values: Mapping[str, int] | Mapping[int, int]) -> Metric:
    """One counter with one label; Prometheus shows it as `<name>_total`."""
    family = CounterMetricFamily(name, help, labels=[label])
    for key, value in sorted((str(key), value) for key, value in values.items()):
        family.add_metric([key], value)
    return family
