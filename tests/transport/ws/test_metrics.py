"""The counts as Prometheus shows them."""

import re
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from dispatch.metric_families import Figures, Spread
from dispatch.transport.ws.edge import EdgeCounters
from dispatch.transport.ws.metrics import CLOSES, edge_figures, registry_of

PROTOCOL = Path(__file__).parents[3] / "docs" / "PROTOCOL.md"


def page_of(figures: Figures) -> list[str]:
    return generate_latest(registry_of(lambda: figures)).decode().splitlines()


def test_the_page_shows_what_the_edge_has_counted_by_now() -> None:
    counters = EdgeCounters()
    registry = registry_of(partial(edge_figures, counters))
    counters.open["driver"] += 2
    counters.handshakes[101] += 3
    counters.closes[4009] += 1
    counters.shed["full"] += 5
    counters.frames_in = 7
    counters.bytes_out = 99
    counters.cut["headers"] = 4
    page = generate_latest(registry).decode().splitlines()
    for line in (
        'dispatch_sockets{kind="driver"} 2.0',
        'dispatch_sockets{kind="ops"} 0.0',
        'dispatch_handshakes_total{status="101"} 3.0',
        'dispatch_handshakes_shed_total{why="full"} 5.0',
        'dispatch_closes_total{code="4009"} 1.0',
        'dispatch_frames_total{direction="in"} 7.0',
        'dispatch_bytes_total{direction="out"} 99.0',
        "dispatch_cut_headers_total 4.0",
    ):
        assert line in page


def test_codes_with_which_apps_close_as_they_like_are_one_figure() -> None:
    counters = EdgeCounters()
    counters.closes.update((1000, 4504, 4711, 3000, 3001))
    page = page_of(edge_figures(counters))
    assert [line for line in page if line.startswith("dispatch_closes_total{")] == [
        'dispatch_closes_total{code="1000"} 1.0',
        'dispatch_closes_total{code="4504"} 1.0',
        'dispatch_closes_total{code="other"} 3.0',
    ]


def test_every_code_that_the_protocol_lists_has_a_figure_of_its_own() -> None:
    listed = re.findall(r"^\| (4\d{3}) \|", PROTOCOL.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed and {int(code) for code in listed} == {code for code in CLOSES if code > 4000}


def test_other_sources_stand_beside_the_edge() -> None:
    page = page_of({"dispatch_rides_ended": {"completed": 5}, "dispatch_ready": 1.0})
    assert 'dispatch_rides_ended_total{status="completed"} 5.0' in page
    assert "dispatch_ready 1.0" in page
    assert any(line.startswith("process_resident_memory_bytes") for line in page)


def test_a_label_that_an_alarm_may_ask_for_is_there_before_anything_happened() -> None:
    assert 'dispatch_rides_ended_total{status="no_drivers"} 0.0' in page_of({"dispatch_rides_ended": {}})


def test_a_spread_is_a_histogram_whose_buckets_add_up() -> None:
    spread = Spread((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        spread.note(value)
    page = page_of({"dispatch_commit_seconds": spread})
    for line in (
        'dispatch_commit_seconds_bucket{le="0.1"} 2.0',
        'dispatch_commit_seconds_bucket{le="1.0"} 3.0',
        'dispatch_commit_seconds_bucket{le="+Inf"} 4.0',
        "dispatch_commit_seconds_count 4.0",
        "dispatch_commit_seconds_sum 7.65",
    ):
        assert line in page


def test_what_is_not_in_the_list_of_families_is_not_shown_by_accident() -> None:
    with pytest.raises(KeyError, match="dispatch_new"):
        page_of({"dispatch_new": 1.0})
