"""Each finding of `dispatch doctor`, with the real thing broken."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import cli
from dispatch.config import Settings
from dispatch.doctor.examine import examine
from dispatch.doctor.findings import Finding, Level
from dispatch.doctor.machine import room
from dispatch.storage.file.key_file import keys_of, keys_path
from dispatch.storage.file.owner import owned, owner_of
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.tables.region import keep_region
from dispatch.travel.streets import SHIPPED
from dispatch.words import PersonRole
from tests.providers.accounts import service_account
from tests.transport.ws.certificates import certificate

OK, WARNING, PROBLEM = Level.OK, Level.WARNING, Level.PROBLEM
STAFF = "27830000001"


def made(folder: Path) -> Path:
    """A sound file."""
    path = folder / "rides.db"
    Writer(path).close()
    return path


def found(about: str, folder: Path, send_to: str = "", **settings: Any) -> list[Finding]:
    """What is found about one thing, by default for a server of `rides.db` on a free port."""
    given = Settings(**{"db": str(folder / "rides.db"), "port": 0, **settings})
    return [finding for finding in examine(given, send_to) if finding.about == about]


def one(about: str, folder: Path, level: Level, words: str, send_to: str = "", **settings: Any) -> None:
    """The one finding about this is of that level and has these words."""
    findings = found(about, folder, send_to, **settings)
    assert [each.level for each in findings] == [level], findings
    assert re.search(words, findings[0].text), findings


def state_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mode) for file in folder.iterdir() if file.is_file()}


def test_before_a_first_start_all_is_well_and_nothing_is_made(tmp_path: Path) -> None:
    findings = list(examine(Settings(db=str(tmp_path / "rides.db"), port=0)))
    assert [each for each in findings if each.level is PROBLEM] == []
    assert {each.about for each in findings} == {
        "configuration", "proxy", "tls", "port", "disk", "file", "clock", "keys", "people", "phones", "map", "notifier", "push",
    }  # fmt: skip
    assert state_of(tmp_path) == {}


def test_a_file_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    path = made(tmp_path)
    keys_of(path, time.time())
    before = state_of(tmp_path)
    one("file", tmp_path, OK, "sound")
    assert state_of(tmp_path) == before


# -- settings, proxy


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"host": "0.0.0.0"}, "without TLS"),
        ({"pricing": "http"}, "pricing_url"),
        ({"payment": "http"}, "payment_url"),
        ({"roads": "/nowhere/map.osm.pbf"}, "roads /nowhere/map.osm.pbf cannot be read"),
        ({"policy": "/nowhere/mine.py:Mine"}, "mine.py"),
    ],
)
def test_settings_that_no_server_starts_with_are_a_problem(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    one("configuration", tmp_path, PROBLEM, words, **settings)


def test_what_a_start_warns_of_is_a_warning(tmp_path: Path) -> None:
    assert [each.level for each in found("configuration", tmp_path)] == [OK, WARNING]


def test_a_proxy_that_is_everybody_is_a_problem(tmp_path: Path) -> None:
    one("proxy", tmp_path, PROBLEM, "list the proxy's own", behind_proxy="0.0.0.0/0")
    one("proxy", tmp_path, OK, "10.0.0.5.*set admin_port", behind_proxy="10.0.0.5")
    one("proxy", tmp_path, OK, "alone are believed$", behind_proxy="10.0.0.5", admin_port=0)


# -- the port


def test_a_port_of_another_program_is_a_problem_that_names_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        one("port", tmp_path, PROBLEM, rf"port {port} is in use by .* \(process {os.getpid()}\)", port=port)
        findings = found("port", tmp_path, admin_port=port)
        assert [each.level for each in findings] == [OK, PROBLEM] and "admin_port" in findings[1].text
    one("port", tmp_path, OK, "is free", port=port)


def test_a_host_of_another_machine_is_a_problem(tmp_path: Path) -> None:
    one("port", tmp_path, PROBLEM, "not an address of this machine", host="192.0.2.1", port=1)


# -- disk, clock


def test_too_little_room_is_a_problem_and_little_a_warning(tmp_path: Path) -> None:
    path, much = str(tmp_path / "rides.db"), 2**80
    assert [level for level, _ in room(path)] == [OK]
    assert [level for level, _ in room(path, wished=much)] == [WARNING]
    assert [level for level, _ in room(path, needed=much)] == [PROBLEM]


def test_a_clock_behind_the_newest_event_is_a_problem(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "rides.db")
    with closing(writer):
        person = people.NewPerson(role=PersonRole.PASSENGER, name="Sarah", phone="27821234567")
        people.add(writer, person, time.time() + 7200.0)
    one("clock", tmp_path, PROBLEM, "set the clock")


# -- the file


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    one("file", tmp_path / "nowhere", PROBLEM, "does not exist: make it")


def no_database(path: Path) -> None:
    path.write_text("Dear diary, today nothing happened at all.\n" * 5)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def linked(path: Path) -> None:
    os.link(path, path.with_name("other.db"))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 8192)


def scribbled(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)


def without_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE blocked_pairs")
        db.commit()


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (no_database, "not an SQLite database"),
        (empty, "empty"),
        (linked, "names"),
        (cut, "ends after"),
        (scribbled, "damaged"),
        (without_a_table, "blocked_pairs is missing from its schema.*docs/DATABASE.md"),
    ],
)
def test_a_file_that_no_server_starts_with_is_a_problem(
    tmp_path: Path, break_it: Callable[[Path], None], words: str
) -> None:
    path = made(tmp_path)
    break_it(path)
    before = state_of(tmp_path)
    one("file", tmp_path, PROBLEM, words)
    assert state_of(tmp_path) == before


def test_a_file_of_an_older_version_is_a_warning(tmp_path: Path) -> None:
    path = made(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM _sqlite_migrations WHERE name = (SELECT max(name) FROM _sqlite_migrations)")
        db.commit()
    one("file", tmp_path, WARNING, "older version: back it up")


# -- keys, people


def test_keys_that_others_may_read_or_that_are_none_are_a_problem(tmp_path: Path) -> None:
    path = made(tmp_path)
    one("keys", tmp_path, OK, "the first start makes it")
    keys_of(path, time.time())
    one("keys", tmp_path, OK, "for its owner alone")
    keys_path(path).chmod(0o644)
    one("keys", tmp_path, PROBLEM, "chmod 600")
    keys_path(path).chmod(0o600)
    keys_path(path).write_text("{}")
    one("keys", tmp_path, PROBLEM, "no key file")


def test_an_old_key_is_a_warning(tmp_path: Path) -> None:
    keys_of(made(tmp_path), time.time() - 400 * 86_400.0)
    one("keys", tmp_path, WARNING, "dispatch keys rotate")


def test_nobody_at_the_desk_is_a_problem_where_people_log_in(tmp_path: Path) -> None:
    one("people", tmp_path, OK, "nobody has to log in")
    one("people", tmp_path, PROBLEM, "dispatch people add --role staff", auth="on")
    for is_manager, level in ((False, WARNING), (True, OK)):
        with closing(Writer(tmp_path / "rides.db")) as writer:
            person = people.NewPerson(role=PersonRole.STAFF, name="Ann", phone=STAFF, is_manager=is_manager)
            people.add(writer, person, time.time())
        one("people", tmp_path, level, "manager", auth="on")


def test_numbers_without_a_country_are_a_warning_where_people_log_in(tmp_path: Path) -> None:
    one("phones", tmp_path, OK, "two people here")
    one("phones", tmp_path, WARNING, "phone_region is not set", auth="on")
    one("phones", tmp_path, OK, "numbers of ZA", auth="on", phone_region="ZA")
    with closing(Writer(tmp_path / "rides.db")) as writer:
        keep_region(writer.db, "ZA")
    one("phones", tmp_path, OK, "numbers of ZA", auth="on")


# -- TLS


def test_a_certificate_that_fits_is_told_with_its_end_and_one_that_ends_soon_is_a_warning(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    one("tls", tmp_path, WARNING, "ends on 20.*renew it", tls_cert=str(cert), tls_key=str(key))
    lasting = signed(tmp_path, days=90)
    one("tls", tmp_path, OK, "fits its key and ends on 20", **lasting, hosts="localhost, a.example.org")


def test_a_certificate_of_another_key_that_ended_or_of_other_names_is_a_problem(tmp_path: Path) -> None:
    lasting, (other, _) = signed(tmp_path, days=90), certificate(tmp_path, "other")
    one("tls", tmp_path, PROBLEM, "PEM certificate and its key", tls_cert=str(other), tls_key=lasting["tls_key"])
    findings = found("tls", tmp_path, **lasting, hosts="rides.example.com")
    assert [each.level for each in findings] == [OK, PROBLEM]
    assert "not for rides.example.com" in findings[1].text
    one("tls", tmp_path, PROBLEM, "expired.*have a new one made", **signed(tmp_path, days=-1))


def test_no_certificate_on_a_private_address_is_a_warning(tmp_path: Path) -> None:
    one("tls", tmp_path, WARNING, "set tls_cert", host="10.0.0.7")


def signed(folder: Path, days: int) -> dict[str, str]:
    """The settings of a certificate for localhost and *.example.org that ends in so many days."""
    key, cert = folder / f"days{days}.key", folder / f"days{days}.pem"
    day = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86_400))
    began = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 10 * 86_400))
    subprocess.run(
        [
            *("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(folder / "asked.pem")),
        ],
        check=True,
        capture_output=True,
    )
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nserial=serial.txt\nnew_certs_dir=.\ndefault_md=sha256\n"
        "policy=any\nx509_extensions=names\n[any]\ncommonName=supplied\n"
        "[names]\nsubjectAltName=DNS:localhost,DNS:*.example.org\n"
    )
    (folder / "index.txt").write_text("")
    (folder / "serial.txt").write_text("01\n")
    subprocess.run(
        [
            *("openssl", "ca", "-batch", "-config", "ca.cnf", "-selfsign", "-keyfile", str(key), "-in", "asked.pem"),
            *("-startdate", began, "-enddate", day, "-out", str(cert), "-notext"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    return {"tls_cert": str(cert), "tls_key": str(key)}


# -- the map


def test_the_map_is_told_with_its_credit_or_how_to_make_one(tmp_path: Path) -> None:
    one(
        "map", tmp_path, OK, "77 street names .7 kB., and show '© OpenStreetMap contributors'", map_streets=str(SHIPPED)
    )
    one("map", tmp_path, OK, "cannot search for a street: make its streets by `dispatch map build")
    one("map", tmp_path, OK, "draw a map of https://tiles.example and", map_style_url="https://tiles.example/s.json")
    tiles = tmp_path / "town.pmtiles"
    tiles.write_bytes(b"PMTiles\x03")
    one("map", tmp_path, OK, "draw the tiles in .*town.pmtiles and", map_pmtiles=str(tiles))


def test_a_map_that_is_none_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    one("configuration", tmp_path, PROBLEM, "map_streets must name a file of `dispatch map build`", map_streets="gone")


# -- the notifier


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A real local server, and what was posted to it."""
    kept: list[dict[str, Any]] = []

    def keep(request: BaseHTTPRequestHandler) -> None:
        kept.append(json.loads(request.rfile.read(int(request.headers["Content-Length"]))))
        request.send_response(status)
        request.end_headers()

    kind = type("Hook", (BaseHTTPRequestHandler,), {"do_POST": keep, "log_message": lambda *_: None})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_webhook_is_reached_without_a_text_and_tried_with_one(tmp_path: Path) -> None:
    with webhook() as (url, posted):
        one("notifier", tmp_path, OK, "somebody listens", notify="webhook", notify_url=url)
        assert posted == []
        findings = found("notifier", tmp_path, "+27 82 123 4567", notify="webhook", notify_url=url)
        assert [each.level for each in findings] == [OK, OK]
        assert "27821234567" not in repr(findings)
    assert [each["to"] for each in posted] == ["+27821234567"]


def test_a_webhook_that_nobody_serves_or_that_refuses_is_a_problem(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    one("notifier", tmp_path, PROBLEM, "cannot be reached", notify="webhook", notify_url=f"http://127.0.0.1:{port}/x")
    with webhook(503) as (url, _):
        findings = found("notifier", tmp_path, "+27821234567", notify="webhook", notify_url=url)
    assert [each.level for each in findings] == [OK, PROBLEM]
    assert url not in repr(findings), "it may hold a secret"


def test_nobody_who_sends_codes_is_a_warning_where_people_log_in(tmp_path: Path) -> None:
    one("notifier", tmp_path, WARNING, "set notify", host="10.0.0.7")
    one("notifier", tmp_path, OK, "set notify", notify="none")
    assert [each.level for each in found("notifier", tmp_path, "+27821234567", notify="none")] == [OK, PROBLEM]
    assert found("notifier", tmp_path, "12", notify="console")[-1].level is PROBLEM


def test_an_address_that_apprise_does_not_know_is_a_problem(tmp_path: Path) -> None:
    one(
        "notifier",
        tmp_path,
        PROBLEM,
        "no address that apprise knows",
        notify="apprise",
        notify_url="nonsense://{phone}",
    )
    one("notifier", tmp_path, OK, "apprise knows", notify="apprise", notify_url="json://127.0.0.1:9/{phone}")


# -- pushes


def test_who_sends_pushes_is_told_and_whether_anybody_listens(tmp_path: Path) -> None:
    one("push", tmp_path, OK, "nobody sends pushes")
    with webhook() as (url, posted):
        one("push", tmp_path, OK, "somebody listens.*push_url", push="webhook", push_url=url)
        assert posted == []
        findings = found("push", tmp_path, push="webhook", push_url=url, sleep_max_s=0.0)
        assert [each.level for each in findings] == [OK, WARNING] and "sleep_max" in findings[1].text
    one("push", tmp_path, PROBLEM, "push_url cannot be reached", push="webhook", push_url=url)
    one("push", tmp_path, OK, "apprise knows", push="apprise", push_url="json://127.0.0.1:9/{token}")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"push": "webhook"}, "push_url"),
        ({"push": "webhook", "push_url": "ftp://127.0.0.1/x"}, "push_url"),
        ({"push": "apprise", "push_url": "json://127.0.0.1:9/"}, "must hold {token}"),
        ({"push": "apprise", "push_url": "nonsense://secret/{token}"}, "no address that apprise knows"),
        ({"push": "fcm"}, "needs push_key_file"),
        ({"push": "fcm", "push_key_file": "/nowhere/key.json"}, "cannot be read"),
    ],
)
def test_push_settings_that_send_nothing_are_a_problem(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    one("push", tmp_path, PROBLEM, words, **settings)
    assert "secret" not in repr(found("push", tmp_path, **settings))


def test_the_key_of_a_push_service_is_for_its_owner_alone(tmp_path: Path) -> None:
    key = service_account(tmp_path / "account.json", "http://127.0.0.1:9/token")
    with webhook() as (url, _):
        sends = {"push": "fcm", "push_key_file": str(key), "push_url": url}
        one("push", tmp_path, OK, "for this user alone; somebody listens", **sends)
        key.chmod(0o640)
        one("push", tmp_path, PROBLEM, "chmod 600", **sends)
        key.chmod(0o600)
        key.write_text('{"project_id": "a-secret"}')
        one("push", tmp_path, PROBLEM, "no key of a service account", **sends)


# -- the command


def test_the_command_says_it_in_lines_or_as_json_and_its_exit_status_tells_problems(tmp_path: Path) -> None:
    flags = ["doctor", "--port", "0", "--db", str(tmp_path / "rides.db")]
    well = CliRunner().invoke(cli.main, flags)
    assert well.exit_code == 0, well.output
    assert re.search(r"^ok +file +.* is not there yet", well.output, re.MULTILINE)
    broken = CliRunner().invoke(cli.main, [*flags, "--auth", "on", "--json"])
    assert broken.exit_code == 1
    told = json.loads(broken.stdout)
    assert told["is_well"] is False
    assert {"about", "level", "text"} == set(told["findings"][0])
    assert [each["about"] for each in told["findings"] if each["level"] == "problem"] == ["people"]


def test_beside_a_running_server_its_port_and_file_are_its_own(tmp_path: Path) -> None:
    async def story() -> list[Finding]:
        command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", "rides.db"]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path
        )
        try:
            assert process.stdout is not None
            ready = re.search(r"http://[^:]+:(\d+)", (await process.stdout.readline()).decode())
            assert ready is not None
            settings = Settings(db=str(tmp_path / "rides.db"), port=int(ready[1]), notify="none")
            findings = await asyncio.to_thread(lambda: list(examine(settings)))
            assert f"held by the server of this file, process {process.pid}" in repr(findings)
            assert f"served by process {process.pid} since" in repr(findings)
            return findings
        finally:
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0

    assert [each for each in asyncio.run(story()) if each.level is PROBLEM] == []


def test_who_owns_a_file_is_told_without_taking_it(tmp_path: Path) -> None:
    path = made(tmp_path)
    assert owner_of(path) is None
    with owned(path):
        told = owner_of(path)
        assert told is not None and told.startswith(f"process {os.getpid()} since ")
    assert owner_of(path) is None
