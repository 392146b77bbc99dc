"""Files for browsers: what is served, what never is, and with which policy."""

import asyncio
import gzip
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dispatch.config import Settings
from dispatch.transport.http.access import public
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.routes.web import PAGES, POLICY, TYPES, policy_for, web_routes
from dispatch.transport.ws.server import run
from dispatch.web import FOLDER
from tests.transport.echo import EchoGateway, serving

MODULE = "export const answer = 42;\n" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "module.js").write_text(MODULE, "utf-8")
    (tmp_path / "client" / "small.json").write_text("{}", "utf-8")
    (tmp_path / "client" / ".secret.js").write_text("hidden", "utf-8")
    (tmp_path / "client" / "rides.db").write_text("rides", "utf-8")
    (tmp_path / "outside.js").write_text("outside", "utf-8")
    os.symlink(tmp_path.parent, tmp_path / "client" / "up")
    (tmp_path.parent / "elsewhere.js").write_text("elsewhere", "utf-8")
    return tmp_path


def asked(
    folder: Path, path: str, headers: Mapping[str, str] | None = None, origins: Sequence[str] = ()
) -> httpx2.Response:
    (answer,) = all_asked(folder, [path], headers, origins)
    return answer


def all_asked(
    folder: Path, paths: Sequence[str], headers: Mapping[str, str] | None = None, origins: Sequence[str] = ()
) -> list[httpx2.Response]:
    """The answers of one server."""

    async def ask() -> list[httpx2.Response]:
        pages = http_app(public(web_routes(folder, origins)), Admission(Settings()))
        async with (
            asyncio.timeout(20),
            serving(EchoGateway(), pages) as served,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client,
        ):
            return [await client.get(path, headers=headers) for path in paths]

    return run(ask())


def test_a_module_comes_packed_with_its_type_and_a_strict_policy(folder: Path) -> None:
    answer = asked(folder, "/client/module.js", {"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.text == MODULE
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(MODULE.encode(), 9))
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_policy_has_nothing_inline_and_no_other_host() -> None:
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none';")
    assert {word for part in POLICY.split("; ") for word in part.split()[1:]} == {"'self'", "'none'", "data:"}


def test_a_host_of_the_operator_may_be_asked_and_runs_nothing() -> None:
    parts = policy_for(["https://tiles.example"]).split("; ")
    assert [part for part in parts if "tiles" in part] == ["connect-src 'self' https://tiles.example"]
    assert [part for part in parts if "tiles" not in part] == [
        part for part in POLICY.split("; ") if not part.startswith("connect-src")
    ]


def test_every_file_comes_with_the_policy_for_these_hosts(folder: Path) -> None:
    for path in ("/client/module.js", "/web/client/module.js"):
        told = asked(folder, path, origins=["https://tiles.example"]).headers["content-security-policy"]
        assert told == policy_for(["https://tiles.example"])


def test_who_does_not_take_gzip_gets_it_plain(folder: Path) -> None:
    answer = asked(folder, "/client/module.js", {"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.text == MODULE


def test_what_a_browser_has_is_not_sent_again_until_it_changes(folder: Path) -> None:
    tag = asked(folder, "/client/module.js").headers["etag"]
    again = asked(folder, "/client/module.js", {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    (folder / "client" / "module.js").write_text("changed", "utf-8")
    assert asked(folder, "/client/module.js", {"If-None-Match": tag}).text == "changed"


@pytest.mark.parametrize(
    "path",
    [
        "/client/no-such.js",
        f"/client/{'x' * 300}.js",
        f"/client/{'x/' * 3_000}x.js",
        "/client/rides.db",
        "/client/.secret.js",
        "/client/%2e%2e/outside.js",
        "/client/..%2foutside.js",
        "/client/up/elsewhere.js",
        "/client//etc/passwd.js",
        "/client/module.js%00.js",
        "/client/",
        "/client/up",
    ],
)
def test_nothing_else_is_served(folder: Path, path: str) -> None:
    answer = asked(folder, path)
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"] == "not_found"


@pytest.fixture
def spoken(folder: Path) -> Path:
    (folder / "texts").mkdir()
    sentences = {"desk.why": "Why", "driver.go": "Go", "login.code": "Code", "passenger.book": "Book"}
    (folder / "texts" / "en.json").write_text(json.dumps(sentences), "utf-8")
    return folder


def test_a_page_gets_its_own_words_and_those_of_all(spoken: Path) -> None:
    first = asked(spoken, "/web/texts/en/passenger.json")
    assert first.json() == {"login.code": "Code", "passenger.book": "Book"}
    assert asked(spoken, "/web/texts/en/passenger.json", {"If-None-Match": first.headers["etag"]}).status_code == 304
    assert asked(spoken, "/web/texts/en/driver.json").json() == {"driver.go": "Go", "login.code": "Code"}


def test_words_that_were_changed_are_sent_anew(spoken: Path) -> None:
    async def ask() -> list[Any]:
        pages = http_app(public(web_routes(spoken)), Admission(Settings()))
        told = []
        async with serving(EchoGateway(), pages) as served, httpx2.AsyncClient(trust_env=False) as client:
            for word in ("Book", "Book now"):
                (spoken / "texts" / "en.json").write_text(json.dumps({"passenger.book": word}), "utf-8")
                told.append((await client.get(f"http://127.0.0.1:{served.port}/web/texts/en/passenger.json")).json())
        return told

    assert run(ask()) == [{"passenger.book": "Book"}, {"passenger.book": "Book now"}]


@pytest.mark.parametrize(
    "path", ["en/nobody", "de/passenger", "../passenger", "..%2ftexts%2fen/passenger", f"{'x' * 300}/desk"]
)
def test_there_are_no_words_of_other_pages_or_languages(spoken: Path, path: str) -> None:
    assert asked(spoken, f"/web/texts/{path}.json").status_code == 404


def test_every_file_of_the_client_is_of_a_kind_that_is_served() -> None:
    files = [file for file in (FOLDER / "client").rglob("*") if file.is_file()]
    assert {"dispatch-client.js", "types.d.ts"} <= {file.name for file in files}
    assert {file.suffix for file in files} <= set(TYPES)
    paths = [f"/client/{file.relative_to(FOLDER / 'client')}" for file in files]
    assert {answer.status_code for answer in all_asked(FOLDER, paths)} == {200}


@pytest.mark.parametrize(
    "path", [path for path, file in PAGES.items() if (FOLDER / file).is_file() and file.endswith("html")]
)
def test_a_page_has_an_address_of_its_own_and_asks_for_files_that_are_served(path: str) -> None:
    page = asked(FOLDER, path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="(/(?:web|client)/[^"]+)"', page.text)
    assert named
    answers = all_asked(FOLDER, [file for file in named if "/vendor/" not in file])
    assert [str(answer.url) for answer in answers if answer.status_code != 200] == []


def test_the_service_worker_looks_after_the_whole_server_and_no_more() -> None:
    worker = asked(FOLDER, "/sw.js")
    assert (worker.status_code, worker.headers["content-type"]) == (200, "text/javascript; charset=utf-8")


def test_no_page_has_anything_inline_or_of_another_host() -> None:
    for file in FOLDER.rglob("*.html"):
        text = file.read_text("utf-8")
        assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=|https?://", text), file
        assert re.search(r'<html lang="\w+"', text), file
        assert 'rel="icon"' in text, f"{file}: a browser asks for /favicon.ico otherwise"


@pytest.mark.parametrize("page", ["passenger", "driver"])
def test_a_page_for_phones_can_be_installed(page: str) -> None:
    html = (FOLDER / page / "index.html").read_text("utf-8")
    assert f'<link rel="manifest" href="/web/{page}/manifest.webmanifest">' in html
    told = asked(FOLDER, f"/web/{page}/manifest.webmanifest")
    assert told.headers["content-type"] == "application/manifest+json"
    manifest = told.json()
    assert manifest["display"] == "standalone"
    assert PAGES[manifest["start_url"]] == f"{page}/index.html"
    for icon in manifest["icons"]:
        assert (FOLDER / icon["src"].removeprefix("/web/")).is_file(), icon
