"""The plain pages, asked through a real server."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from prometheus_client import CollectorRegistry

from dispatch.transport.counters import EdgeCounters
from dispatch.transport.http import http_app
from dispatch.transport.metrics import edge_metrics, registry_of
from dispatch.transport.server import run
from tests.transport.echo import EchoGateway, serving


class Reads:
    """What the pages show in these tests."""

    def __init__(self, missing: str = "") -> None:
        self.missing = missing
        self.registry: CollectorRegistry = registry_of(edge_metrics(EdgeCounters()))
        self.versions: Mapping[str, str] = {"dispatch": "1.2.3"}

    def why_not_ready(self) -> str:
        if self.missing == "bug":
            raise RuntimeError("a bug")
        return self.missing


def answer(method: str, path: str, missing: str = "") -> tuple[int, str, str]:
    """Status, headers and body that the server answers with."""

    async def ask() -> bytes:
        async with serving(EchoGateway(), http_app(Reads(missing))) as served:
            reader, writer = await served.raw()
            writer.write(f"{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
            async with asyncio.timeout(5):
                whole = await reader.read()
            writer.close()
            return whole

    head, _, body = run(ask()).decode().partition("\r\n\r\n")
    return int(head.split()[1]), head, body


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


def test_the_versions_page_names_what_runs() -> None:
    assert json.loads(answer("GET", "/-/versions")[2]) == {"dispatch": "1.2.3"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "message"),
    [
        ("GET", "/helthz", 404, "not_found", "no such page /helthz; did you mean '/healthz'?"),
        ("GET", "/", 404, "not_found", "no such page /"),
        ("POST", "/healthz", 405, "refused", "Method Not Allowed"),
        (
            "GET",
            "/ws/ride/1/",
            426,
            "upgrade_required",
            "this is a WebSocket endpoint; connect with a WebSocket client",
        ),
        (
            "POST",
            "/ws/ride/1/",
            426,
            "upgrade_required",
            "this is a WebSocket endpoint; connect with a WebSocket client",
        ),
    ],
)
def test_errors_are_json_and_say_what_is_wrong(method: str, path: str, status: int, code: str, message: str) -> None:
    found, head, body = answer(method, path)
    assert found == status
    assert "content-type: application/json" in head
    assert json.loads(body)["error"] == code
    assert json.loads(body)["message"].startswith(message.removesuffix("?"))


def test_a_bug_in_a_page_tells_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    status, _, body = answer("GET", "/readyz", missing="bug")
    assert status == 500
    assert json.loads(body)["error"] == "internal"
    assert "a bug" not in body
    assert "a bug" in caplog.text
