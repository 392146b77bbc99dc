"""TLS on the port: real certificates, real connections, a renewal while the server runs."""

import asyncio
import logging
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect

from dispatch.config import Settings
from dispatch.errors import SettingError
from dispatch.transport.http.access import public
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.routes.health import health_routes
from dispatch.transport.http.routes.web import web_routes
from dispatch.transport.ws.server import run
from dispatch.transport.ws.tls import Certificate
from dispatch.web import FOLDER
from tests.transport.echo import EchoGateway, said, serving
from tests.transport.ws.certificates import certificate, trusting


def test_an_app_speaks_tls_and_a_renewed_certificate_serves_who_connects_after_it(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    old = trusting(cert)

    async def scenario() -> None:
        async with asyncio.timeout(20), serving(EchoGateway(), tls_cert=str(cert), tls_key=str(key)) as served:
            url = f"wss://127.0.0.1:{served.port}/ws/driver/1/"
            async with connect(url, ssl=old) as app:
                assert await said(app, "hello") == "hello"
                renewed, its_key = certificate(tmp_path, "renewed")
                new = trusting(renewed)
                its_key.replace(key)
                renewed.replace(cert)
                while True:
                    try:
                        async with connect(url, ssl=new) as later:
                            assert await said(later, "and again") == "and again"
                            break
                    except OSError:  # the old one is served until the server has looked
                        await asyncio.sleep(0.05)
                assert await said(app, "still here") == "still here"

    run(scenario())


def test_what_is_asked_over_http_is_answered_whole_over_tls(tmp_path: Path) -> None:
    """Short and long, on a connection that is kept and on one that ends with the answer."""
    cert, key = certificate(tmp_path)
    settings = Settings(tls_cert=str(cert), tls_key=str(key))
    pages = http_app([*health_routes(lambda: ""), *public(web_routes(FOLDER))], Admission(settings))
    longest = (FOLDER / "client" / "types.d.ts").read_text("utf-8")

    async def scenario() -> None:
        async with (
            asyncio.timeout(20),
            serving(EchoGateway(), pages, tls_cert=str(cert), tls_key=str(key)) as served,
            httpx2.AsyncClient(
                base_url=f"https://127.0.0.1:{served.port}", verify=trusting(cert), trust_env=False
            ) as client,
        ):
            for headers in ({}, {"Connection": "close"}, {"Accept-Encoding": "identity"}):
                assert (await client.get("/healthz", headers=headers)).text == "ok\n"
                assert (await client.get("/client/types.d.ts", headers=headers)).text == longest
                assert (await client.get("/client/nothing.js", headers=headers)).json()["code"] == "not_found"

    run(scenario())


def test_files_that_are_no_certificate_and_key_are_refused_at_the_start(tmp_path: Path) -> None:
    cert, _ = certificate(tmp_path)
    _, other_key = certificate(tmp_path, "other")
    for key in (other_key, tmp_path / "nothing.key", cert):
        with pytest.raises(SettingError, match="must be a PEM certificate and its key"):
            Certificate(str(cert), str(key))
    assert Certificate.of(Settings()) is None


def test_a_changed_file_that_cannot_be_used_leaves_the_certificate_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cert, key = certificate(tmp_path)
    served = Certificate(str(cert), str(key))
    cert.write_text("nothing")
    with caplog.at_level(logging.ERROR, logger="dispatch"):
        served.look()
        served.look()
    assert [record.message for record in caplog.records] == [
        "the changed TLS certificate cannot be used; the one before stays"
    ]
