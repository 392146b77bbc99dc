"""docs/deploy: every flag, setting, path and limit in these files is one of today's server, and the programs that read them take them.

nginx, Caddy and systemd are run where they are installed; where one is not, its file is read all the same, and a warning says so.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import click
import httpx2
import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry
from websockets.asyncio.client import connect

import cli
from dispatch.config import SETTINGS, Settings
from dispatch.config.sources import FILE_VARIABLE
from dispatch.transport.http.admission import FORWARDED
from dispatch.transport.http.routes.operator import operator_routes
from dispatch.transport.http.routes.people import LIST_BYTES
from tests.deployed import DEPLOY, NAME, UPSTREAM, Directive, Front, caddy, in_front, installed, nginx, unit
from tests.e2e.test_quotes import heard, served

SERVICE, BACKUP, TIMER = "dispatch.service", "dispatch-backup.service", "dispatch-backup.timer"
DEFAULT = Settings()
PRIVATE = {route.path for route in operator_routes(CollectorRegistry(), dict)}
VARIABLES = {row.env for row in SETTINGS} | {FILE_VARIABLE}
X_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host")
DRIVER = "27821234570"


def text_of(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def understood(words: list[str]) -> str:
    """The name of the command that these words are, all of which it knows."""
    command: click.Command = cli.main
    name = ""
    while isinstance(command, click.Group):
        name = f"{name} {words[0]}".strip()
        command = command.commands[words.pop(0)]
    command.make_context("dispatch", words)
    return name


def seconds(written: str) -> float:
    """`60s`, `1h` and `60` as systemd and nginx read them."""
    number, unit = re.fullmatch(r"(\d+)([smh]?)", written).groups()  # type: ignore[union-attr]
    return float(number) * {"": 1, "s": 1, "m": 60, "h": 3600}[unit]


def octets(written: str) -> float:
    """`4m` of nginx, in units of 1,024, and `4MB` of Caddy, of 1,000."""
    number, unit = re.fullmatch(r"(\d+)([a-zA-Z]+)", written).groups()  # type: ignore[union-attr]
    return float(number) * {"m": 2**20, "MB": 10**6, "MiB": 2**20}[unit]


class TestUnits:
    @pytest.mark.parametrize(("name", "wanted"), [(SERVICE, "serve"), (BACKUP, "db backup")])
    def test_a_unit_runs_a_command_of_today_by_settings_of_today(self, name: str, wanted: str) -> None:
        service = unit(name)["Service"]
        program, *words = shlex.split(service["ExecStart"][0])
        assert (program, understood(words)) == ("/opt/dispatch/bin/dispatch", wanted)
        named = {setting.partition("=")[0] for setting in service["Environment"]}
        assert named == {FILE_VARIABLE, "SQLITE_TMPDIR"}

    @pytest.mark.parametrize("name", [SERVICE, BACKUP])
    def test_a_unit_is_somebody_of_no_rights_and_writes_where_the_file_is_alone(self, name: str) -> None:
        service = {key: values[-1] for key, values in unit(name)["Service"].items()}
        assert service["User"] == service["Group"] == "dispatch"
        assert (service["NoNewPrivileges"], service["ProtectSystem"], service["ProtectHome"]) == (
            "yes",
            "strict",
            "yes",
        )
        assert (service["CapabilityBoundingSet"], service["UMask"], service["PrivateTmp"]) == ("", "0077", "yes")
        assert (service["SystemCallFilter"], service["SystemCallErrorNumber"]) == ("@system-service", "EPERM")

    def test_the_server_has_time_for_an_orderly_stop_and_files_for_all_its_sockets(self) -> None:
        service = {key: values[-1] for key, values in unit(SERVICE)["Service"].items()}
        closing_s = DEFAULT.max_connections / DEFAULT.stop_batch * DEFAULT.stop_pause_s
        assert seconds(service["TimeoutStopSec"]) > 2 * closing_s
        assert int(service["LimitNOFILE"]) > 2 * DEFAULT.max_connections
        assert (service["KillSignal"], service["Restart"]) == ("SIGTERM", "on-failure")
        assert "WatchdogSec" not in service and service["Type"] == "exec"  # the server speaks no protocol of systemd

    def test_backups_are_made_each_night_and_may_write_where_they_are_put(self) -> None:
        service, timer = unit(BACKUP)["Service"], unit(TIMER)["Timer"]
        folder = shlex.split(service["ExecStart"][0])[3]
        assert folder in service["ReadWritePaths"][0].split() and timer["Persistent"] == ["true"]
        assert re.fullmatch(r"\*-\*-\* 0[2-5]:\d\d:00", timer["OnCalendar"][0])

    def test_systemd_itself_takes_the_units_and_finds_little_that_they_could_still_give_up(
        self, tmp_path: Path
    ) -> None:
        analyze = installed("systemd-analyze")
        for name in (SERVICE, BACKUP, TIMER):
            (tmp_path / name).write_text(text_of(name).replace("/opt/dispatch/bin/dispatch", "/bin/true"))
        for name in (SERVICE, BACKUP, TIMER) if analyze else ():
            outcome = subprocess.run(
                [str(analyze), "verify", "--man=no", name], cwd=tmp_path, capture_output=True, text=True, check=False
            )
            assert [line for line in outcome.stderr.splitlines() if "dispatch" in line] == []
        for name in (SERVICE, BACKUP) if analyze else ():
            outcome = subprocess.run(
                [str(analyze), "security", "--offline=true", "--threshold=25", name],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert outcome.returncode == 0, outcome.stdout[-200:] + outcome.stderr


class TestContainer:
    LINES = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text_of("Containerfile"))).splitlines()

    def told(self, word: str) -> list[str]:
        return [line.partition(" ")[2] for line in self.LINES if line.startswith(f"{word} ")]

    def test_whom_to_trust_is_for_the_operator_to_say(self) -> None:
        assert self.told("ARG") == ["BASE"]
        assert {line.split()[0] for line in self.told("FROM")} == {"${BASE}"}

    def test_it_runs_as_nobody_on_a_volume_and_says_how_it_is(self) -> None:
        assert self.told("USER") == ["65534:65534"] and self.told("VOLUME") == self.told("WORKDIR") == ["/data"]
        health = self.told("HEALTHCHECK")[0]
        (asked,) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", health)
        assert asked == (str(DEFAULT.port), "/readyz") and self.told("EXPOSE") == [str(DEFAULT.port)]
        assert self.told("STOPSIGNAL") == ["SIGTERM"]
        assert json.loads(self.told("ENTRYPOINT")[0]) == ["dispatch"] and json.loads(self.told("CMD")[0]) == ["serve"]

    def test_its_variables_are_settings_and_what_is_copied_is_there_or_is_built(self) -> None:
        named = re.findall(r"(DISPATCH_\w+)=", " ".join(self.told("ENV")))
        assert len(named) == 3 and set(named) <= VARIABLES
        copied = [line.split()[0] for line in self.told("COPY") if not line.startswith("--from")]
        assert copied == ["requirements.lock", "dist/*.whl"] and (DEPLOY.parent.parent / copied[0]).is_file()


class TestProxyFiles:
    """What nginx and Caddy are told, whether they are here or not."""

    NGINX, CADDY = nginx(text_of("nginx.conf")), caddy(text_of("Caddyfile"))

    def test_what_is_for_this_machine_alone_is_not_handed_on(self) -> None:
        assert {"/metrics", "/-/versions"} <= PRIVATE
        closed = [
            each.words[1:] for each in self.NGINX.all("location") if each.inside == (Directive(("return", "404")),)
        ]
        exact = {words[1] for words in closed if words[0] == "="}
        prefixes = tuple(words[0] for words in closed if words[0] != "=")
        assert [path for path in PRIVATE if path not in exact and not path.startswith(prefixes)] == []
        (private,) = self.CADDY.all("@private", "path")
        assert list(self.CADDY.all("respond", "@private", "404"))
        assert [path for path in PRIVATE if not any(fnmatch(path, held) for held in private.words[2:])] == []

    def test_sockets_pass_and_no_silence_that_the_server_allows_ends_one(self) -> None:
        (proxied,) = (place for place in self.NGINX.all("location", "/") if list(place.all("proxy_pass")))
        headers = {each.words[1]: each.words[2] for each in proxied.all("proxy_set_header")}
        assert headers["Upgrade"] == "$http_upgrade" and headers["Connection"].startswith("$")
        (connection,) = self.NGINX.all("map", "$http_upgrade", headers["Connection"])
        assert Directive(("default", "upgrade")) in connection.inside
        assert list(proxied.all("proxy_http_version", "1.1"))
        for name in ("proxy_read_timeout", "proxy_send_timeout"):
            (timeout,) = proxied.all(name)
            assert seconds(timeout.words[1]) > 2 * max(DEFAULT.ping_after_s, DEFAULT.dead_after_s)
        assert not [each for each in self.CADDY.all("reverse_proxy") if list(each.all("transport"))]

    def test_what_strangers_say_of_who_they_are_is_written_over_or_taken_away(self) -> None:
        headers = {each.words[1]: each.words[2] for each in self.NGINX.all("proxy_set_header")}
        taken = {name.lower() for name, value in headers.items() if value == ""}
        assert headers["X-Forwarded-For"] == "$remote_addr" and headers["Host"] == "$host"
        assert taken >= FORWARDED and {name for name in X_FORWARDED if headers.get(name)} == set(X_FORWARDED)
        dropped = {each.words[1].removeprefix("-").lower() for each in self.CADDY.all("header_up")}
        assert dropped == FORWARDED - {"via"}

    def test_the_longest_body_that_the_server_reads_passes(self) -> None:
        (nginx_most,) = self.NGINX.all("client_max_body_size")
        (caddy_most,) = self.CADDY.all("max_size")
        for written in (nginx_most.words[1], caddy_most.words[1]):
            assert max(LIST_BYTES, DEFAULT.frame_bytes) <= octets(written) <= 2 * LIST_BYTES

    def test_they_reach_the_server_where_it_listens_and_speak_tls_to_the_world(self) -> None:
        assert f"{DEFAULT.host}:{DEFAULT.port}" == UPSTREAM
        assert list(self.NGINX.all("server", UPSTREAM)) and list(self.CADDY.all("reverse_proxy", UPSTREAM))
        assert {each.words[1] for each in self.NGINX.all("server_name")} == {NAME}
        assert [each.words[0] for each in self.CADDY.inside] == [NAME]  # Caddy makes https of a bare name
        assert list(self.NGINX.all("listen", "443", "ssl", "http2"))
        for line in (*text_of("nginx.conf").splitlines(), *text_of("Caddyfile").splitlines()):
            named = re.findall(r'(\w+) = "([^"]+)"', line)
            assert all(name in vars(DEFAULT) for name, _ in named)


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    """A server that answers each request with the headers that it got, as JSON."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        body = json.dumps([line.partition(": ")[::2] for line in head]).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def asked(front: Front, path: str, **said: Any) -> httpx2.Response:
    """What a client hears through this proxy."""
    headers = {"Host": NAME, **said.pop("headers", {})}
    async with httpx2.AsyncClient(verify=front.trust(), trust_env=False) as client:
        url = f"https://127.0.0.1:{front.port}{path}"
        return await client.request(
            said.pop("method", "GET"), url, headers=headers, extensions={"sni_hostname": NAME}, **said
        )


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_a_proxy_says_itself_who_asks_and_believes_nobody(name: str, tmp_path: Path) -> None:
    program = installed(name)
    lies = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Real-IP": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
        "X-Forwarded-Proto": "http",
    }

    async def story(program: str) -> None:
        async with echo() as upstream, in_front(name, program, tmp_path / name, upstream) as front:
            heard = dict((await asked(front, "/api/town", headers=lies)).json())
            told = {key.lower(): value for key, value in heard.items()}
            assert (told["x-forwarded-for"], told["x-forwarded-proto"], told["host"]) == ("127.0.0.1", "https", NAME)
            assert "6.6.6.6" not in json.dumps(heard)
            for path in PRIVATE:
                assert (await asked(front, path)).status_code == 404

    if program is not None:
        asyncio.run(story(program))


def said(folder: Path, *arguments: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(cli.main, [*arguments, "--db", str(folder / "rides.db")])
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_pages_people_and_sockets_pass_both_proxies_to_a_real_server(tmp_path: Path) -> None:
    programs = {name: program for name in ("nginx", "caddy") if (program := installed(name)) is not None}

    async def served_through(front: Front, token: str) -> None:
        assert (await asked(front, "/readyz")).text == "ready\n"
        assert "<html" in (await asked(front, "/driver")).text
        assert (await asked(front, "/api/me")).status_code == 401
        bearer, page = {"Authorization": f"Bearer {token}"}, {"Origin": f"https://{NAME}"}
        assert (await asked(front, "/api/me", headers=bearer)).json()["name"] == "Dan"
        assert (await asked(front, "/api/town", headers=page)).status_code == 200
        assert (await asked(front, "/api/town", headers={"Origin": "https://evil.example"})).status_code == 403
        where: dict[str, Any] = {"host": "127.0.0.1", "port": front.port, "ssl": front.trust(), "proxy": None}
        url = f"wss://{NAME}/ws/driver/{DRIVER}/"
        async with connect(url, additional_headers={**bearer, **page}, **where) as app:
            await app.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05, "id": "1"}))
            assert (await heard(app, "ack"))["result"] == "ok"

    async def story() -> None:
        said(tmp_path, "people", "add", "--role", "driver", "--phone", f"+{DRIVER}", "--name", "Dan")
        token = said(tmp_path, "token", "--as", f"driver:+{DRIVER}")
        toml = f'[server]\nbehind_proxy = "127.0.0.1"\nhosts = "{NAME}"\n'
        async with served(tmp_path, toml) as (host, _):
            for name, program in programs.items():
                async with in_front(name, program, tmp_path / name, host) as front:
                    await served_through(front, token)

    if programs:
        asyncio.run(story())
