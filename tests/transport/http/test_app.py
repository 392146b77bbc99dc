"""The plain pages, asked through a real server."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from functools import partial

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.config import Settings
from dispatch.transport.http.access import for_this_machine
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.routes.health import health_routes
from dispatch.transport.http.routes.operator import operator_routes
from dispatch.transport.ws.edge import EdgeCounters
from dispatch.transport.ws.metrics import edge_figures, registry_of
from dispatch.transport.ws.server import run
from tests.transport.echo import EchoGateway, serving


class Reads:
    """What the pages show in these tests."""

    def __init__(self, missing: str = "") -> None:
        self.missing = missing
        self.registry: CollectorRegistry = registry_of(partial(edge_figures, EdgeCounters()))
        self.versions: Mapping[str, str] = {"dispatch": "1.2.3"}

    def why_not_ready(self) -> str:
        if self.missing == "bug":
            raise RuntimeError("a bug")
        return self.missing


def pages(reads: Reads) -> list[Route]:
    """The routes of the plain pages."""
    machines = for_this_machine(operator_routes(reads.registry, lambda: reads.versions))
    return [*health_routes(reads.why_not_ready), *machines]


def answer(
    method: str, path: str, missing: str = "", more: str = "", host: str = "localhost", **settings: str
) -> tuple[int, str, str]:
    """Status, headers and body that the server answers with. `more`: header lines, each ended."""

    admission = Admission(Settings(**settings))

    async def ask() -> bytes:
        async with serving(EchoGateway(), http_app(pages(Reads(missing)), admission)) as served:
            reader, writer = await served.raw()
            writer.write(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n".encode())
            async with asyncio.timeout(5):
                whole = await reader.read()
            writer.close()
            return whole

    head, _, body = run(ask()).decode().partition("\r\n\r\n")
    return int(head.split()[1]), head, body


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "message"),
    [
        ("GET", "/helthz", 404, "not_found", "no such page /helthz; did you mean '/healthz'?"),
        ("GET", "/", 404, "not_found", "no such page /"),
        ("POST", "/healthz", 405, "method_not_allowed", "POST is not possible on /healthz; use GET, HEAD"),
        ("GET", "/" + "x" * 500, 404, "not_found", "no such page /xxx"),
        ("GET", "/%1B[31m", 404, "not_found", r"no such page /\x1b[31m"),
        (
            "GET",
            "/ws/drver/1/",
            404,
            "not_found",
            "no such endpoint /ws/drver/1/; try /ws/ride/<ride_id>/, /ws/driver/<",
        ),
        ("GET", "/ws/ride/", 400, "bad_request", "ride_id must match [A-Za-z0-9_-]{1,64}, got ''"),
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
    assert "content-type: application/problem+json" in head
    told = json.loads(body)
    assert (told["type"], told["code"]) == ("error", code)
    assert told["message"].startswith(message.removesuffix("?"))


def test_a_bug_in_a_page_tells_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    status, _, body = answer("GET", "/readyz", missing="bug")
    assert status == 500
    assert json.loads(body)["code"] == "internal"
    assert "a bug" not in body
    assert "a bug" in caplog.text


def test_a_wrong_method_is_told_the_right_ones_where_programs_look_for_them() -> None:
    assert "allow: GET, HEAD" in answer("POST", "/healthz")[1]


def test_where_several_routes_are_at_one_path_all_their_methods_are_told() -> None:
    async def page(request: Request) -> Response:
        return Response()

    async def ask() -> httpx2.Response:
        routes = [Route("/two", page, methods=[method]) for method in ("GET", "POST")]
        async with (
            asyncio.timeout(10),
            serving(EchoGateway(), http_app(routes, Admission(Settings()))) as served,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client,
        ):
            return await client.put("/two")

    refused = run(ask())
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/metrics", 200), ("/nothing", 404)])
def test_head_is_answered_as_get_without_a_body(path: str, status: int) -> None:
    assert answer("HEAD", path)[::2] == (status, "")


class TestForeignPages:
    """Who may not ask, and what a browser is told about who may."""

    PREFLIGHT = "Origin: {}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n"

    @pytest.mark.parametrize("path", ["/metrics", "/-/versions", "/nothing", "/ws/ride/1/", "/healthz/"])
    def test_a_foreign_host_or_page_gets_nothing_but_a_reason(self, path: str) -> None:
        for code, more, host in (
            ("wrong_host", "", "evil.example"),
            ("wrong_origin", "Origin: https://evil.example\r\n", "localhost"),
            ("wrong_origin", "Origin: null\r\n", "localhost"),
        ):
            status, _, body = answer("GET", path, more=more, host=host)
            assert (status, json.loads(body)["code"]) == (403, code)
            assert "setting `" in json.loads(body)["message"]

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_whether_the_server_is_well_may_be_asked_under_any_name(self, path: str) -> None:
        assert answer("GET", path, more="Origin: https://evil.example\r\n", host="evil.example")[0] == 200

    def test_a_browser_learns_by_a_preflight_that_a_page_of_the_settings_may_ask(self) -> None:
        page = "http://localhost:5173"
        status, head, _ = answer("OPTIONS", "/-/versions", more=self.PREFLIGHT.format(page), origins=page)
        assert status == 200
        assert f"access-control-allow-origin: {page}" in head
        assert "POST" in head.partition("access-control-allow-methods:")[2]
        assert "access-control-allow-headers: content-type" in head.lower()

    def test_a_preflight_of_any_other_page_is_refused(self) -> None:
        status, head, _ = answer("OPTIONS", "/-/versions", more=self.PREFLIGHT.format("https://evil.example"))
        assert (status, "access-control-allow-origin" in head) == (403, False)

    def test_a_preflight_for_a_method_that_nothing_here_knows_is_refused_in_the_shape_of_all_errors(self) -> None:
        more = self.PREFLIGHT.format("https://app.example").replace("POST", "PUT")
        status, _, body = answer("OPTIONS", "/-/versions", more=more, origins="https://app.example")
        assert (status, json.loads(body)["code"]) == (400, "bad_request")

    def test_a_page_of_the_settings_may_read_answers_and_refusals(self) -> None:
        for path in ("/-/versions", "/nothing"):
            _, head, _ = answer("GET", path, more="Origin: https://app.example\r\n", origins="https://app.example/")
            assert "access-control-allow-origin: https://app.example" in head
            assert "vary: Origin" in head


def test_refusals_are_counted_by_the_code_of_the_error_that_was_answered() -> None:
    refused = Counter[str]()

    async def ask() -> None:
        async with (
            asyncio.timeout(10),
            serving(EchoGateway(), http_app(pages(Reads()), Admission(Settings()), refused)) as served,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client,
        ):
            for path in ("/-/versions", "/nothing", "/nothing"):
                await client.get(path)
            await client.get("/metrics", headers={"Origin": "https://evil.example"})

    run(ask())
    assert refused == {"not_found": 2, "wrong_origin": 1}


def test_a_refused_request_is_logged_with_its_reason_and_a_page_that_was_answered_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="dispatch.transport.http.app")
    for path in ("/healthz", "/-/versions", "/nothing", "/metrics"):
        answer("GET", path, host="evil.example" if path == "/metrics" else "localhost")
    told = [
        (record.getMessage(), *(record.__dict__[name] for name in ("path", "status", "code")))
        for record in caplog.records
        if record.name == "dispatch.transport.http.app"
    ]
    assert told == [
        ("a request was refused", "/nothing", 404, "not_found"),
        ("a request was refused", "/metrics", 403, "wrong_host"),
    ]
