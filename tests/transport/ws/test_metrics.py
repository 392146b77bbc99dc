"""The counts as Prometheus shows them."""

from functools import partial

from prometheus_client import generate_latest

from dispatch.transport.ws.edge import EdgeCounters
from dispatch.transport.ws.metrics import counted, edge_metrics, gauge, registry_of


def test_the_page_shows_what_the_edge_has_counted_by_now() -> None:
    counters = EdgeCounters()
    registry = registry_of(partial(edge_metrics, counters))
    counters.open["driver"] += 2
    counters.handshakes[101] += 3
    counters.closes[4009] += 1
    counters.frames_in = 7
    counters.bytes_out = 99
    counters.cut["headers"] = 4
    page = generate_latest(registry).decode().splitlines()
    for line in (
        'dispatch_sockets{kind="driver"} 2.0',
        'dispatch_handshakes_total{status="101"} 3.0',
        'dispatch_closes_total{code="4009"} 1.0',
        'dispatch_frames_total{direction="in"} 7.0',
        'dispatch_bytes_total{direction="out"} 99.0',
        "dispatch_cut_headers_total 4.0",
    ):
        assert line in page


def test_other_sources_stand_beside_the_edge() -> None:
    own = counted("dispatch_rides", "Rides by end", "status", {"completed": 5})
    waiting = gauge("dispatch_waiting", "Searches", "zone", {"0": 2})
    page = generate_latest(registry_of(lambda: [own], lambda: [waiting])).decode()
    assert 'dispatch_rides_total{status="completed"} 5.0' in page
    assert 'dispatch_waiting{zone="0"} 2.0' in page
    assert "process_resident_memory_bytes" in page
