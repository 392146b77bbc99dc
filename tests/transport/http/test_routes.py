"""The pages of `routes/` that ask no actor: health, the operator's, and what a socket's path answers to a page."""

import asyncio
import json
from collections.abc import Iterable

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from dispatch.config import Settings
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.ws.server import run
from tests.transport.echo import EchoGateway, serving
from tests.transport.http.test_app import Reads, answer, pages


def test_the_health_page_says_ok_while_the_loop_lives() -> None:
    assert answer("GET", "/healthz")[::2] == (200, "ok\n")


@pytest.mark.parametrize(
    ("missing", "status", "says"),
    [("", 200, "ready\n"), ("the journal cannot write", 503, "the journal cannot write\n")],
)
def test_the_readiness_page_says_whether_rides_can_be_dispatched_and_if_not_why(
    missing: str, status: int, says: str
) -> None:
    assert answer("GET", "/readyz", missing)[::2] == (status, says)


def test_the_metrics_page_is_prometheus_text() -> None:
    status, head, body = answer("GET", "/metrics")
    assert status == 200
    assert "content-type: text/plain; version=" in head
    assert "# TYPE dispatch_sockets gauge" in body


def test_all_who_ask_for_metrics_at_once_get_the_same_and_leave_at_once() -> None:
    made: list[object] = []

    class Counted(CollectorRegistry):
        def collect(self) -> Iterable[Metric]:
            made.append(self)
            return super().collect()

    async def ask() -> list[bytes]:
        reads = Reads()
        reads.registry = Counted()
        async with asyncio.timeout(10), serving(EchoGateway(), http_app(pages(reads), Admission(Settings()))) as served:
            connections = [await served.raw() for _ in range(50)]
            for _, writer in connections:
                writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answers = [await reader.read() for reader, _ in connections]
            for _, writer in connections:
                writer.close()
            return answers

    answers = run(ask())
    assert all(answer.startswith(b"HTTP/1.1 200 ") and b"connection: close" in answer.lower() for answer in answers)
    assert 1 <= len(made) <= 25


def test_the_versions_page_names_what_runs() -> None:
    assert json.loads(answer("GET", "/-/versions")[2]) == {"dispatch": "1.2.3"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_page_asked_for_where_a_socket_is_is_told_to_upgrade(method: str) -> None:
    status, head, body = answer(method, "/ws/ops/")
    assert (status, json.loads(body)["code"]) == (426, "upgrade_required")
    assert "upgrade: websocket" in head
