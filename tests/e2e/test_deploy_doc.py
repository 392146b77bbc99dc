"""docs/DEPLOY.md, walked from top to bottom: its commands as they stand, by bash and curl, through a proxy with the shipped file to a
real server.

Folders, ports and the user are those of the test. What is for root and systemd is held against the files in docs/deploy. Where no proxy
is installed the server is asked without one, and a warning says so.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import sqlite3
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any, NamedTuple

from websockets.asyncio.client import connect

import cli
from dispatch.config import SETTINGS
from tests.deployed import DEPLOY, NAME, ROOT, Front, free_port, in_front, installed, unit
from tests.e2e.test_deploy import understood
from tests.e2e.test_quotes import heard

PAGE = (ROOT / "docs" / "DEPLOY.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```([a-z ]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DISPATCH = f"{shlex.quote(sys.executable)} {shlex.quote(cli.__file__)}"
DRIVERS, FIRST = 60, 4570
END = "\x1e"
PROXIES = ("caddy", "nginx")


class Machine(NamedTuple):
    """Where things lie on this machine that the page has elsewhere."""

    folder: Path
    port: int
    admin_port: int

    @property
    def moved(self) -> dict[str, str]:
        return {
            "runuser -u dispatch -- /opt/dispatch/bin/dispatch": DISPATCH,
            "/etc/dispatch": f"{self.folder}/etc",
            "/var/lib/dispatch": f"{self.folder}/lib",
            "/var/backups/dispatch": f"{self.folder}/backups",
            "/tmp/": f"{self.folder}/tmp/",
            "127.0.0.1:8067": f"127.0.0.1:{self.port}",
            "127.0.0.1:9067": f"127.0.0.1:{self.admin_port}",
            "= 9067": f"= {self.admin_port}\nport = {self.port}",
        }

    def here(self, text: str) -> str:
        """The text with the places of this machine."""
        moved = self.moved
        return re.sub("|".join(map(re.escape, moved)), lambda found: moved[found[0]], text)


class Shell:
    """One bash for all blocks, so that what a block sets stands in the next."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def does(self, block: str) -> str:
        """What it prints. Every line of it succeeds."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(f"{block}\nprintf '{END}\\n'\n".encode())
        said = (await asyncio.wait_for(stdout.readline(), 60)).decode()
        while not said.endswith(f"{END}\n"):
            more = (await asyncio.wait_for(stdout.readline(), 60)).decode()
            assert more, f"{block}\n{said}"
            said += more
        return said.removesuffix(f"{END}\n")


@asynccontextmanager
async def shell(folder: Path) -> AsyncIterator[Shell]:
    """In a folder, with bash's own rules for stopping at a mistake."""
    environ = {**os.environ, "CURL_HOME": str(folder), "HOME": str(folder)}
    process = await asyncio.create_subprocess_exec(
        *("bash", "--norc"),
        cwd=folder,
        env=environ,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        shell = Shell(process)
        await shell.does("set -euo pipefail")
        yield shell
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Service:
    """What `systemctl start` and `stop` do with the unit that is shipped."""

    def __init__(self, machine: Machine) -> None:
        told = unit("dispatch.service")["Service"]
        self._environ = dict(setting.split("=") for setting in map(machine.here, told["Environment"]))
        self._words = shlex.split(told["ExecStart"][0])[1:]
        self._folder = machine.folder / "lib"
        self._process: asyncio.subprocess.Process | None = None
        self.logged = ""

    async def start(self) -> None:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *shlex.split(DISPATCH),
                *self._words,
                cwd=self._folder,
                env={**os.environ, **self._environ},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            assert self._process.stdout is not None
            while "dispatch listens on " not in (line := (await self._process.stdout.readline()).decode()):
                assert line, self.logged
                self.logged += line

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            self.logged += (await process.communicate())[0].decode()
            assert process.returncode == 0, self.logged


def drivers() -> str:
    """What the operator has of sixty drivers."""
    rows = [f"082 123 {FIRST + n},Driver {n},sedan,CA {n} GP,2099-03-31" for n in range(DRIVERS)]
    return "\n".join(["phone,name,vehicle_type,registration,licence_expires", *rows])


async def driver_who_accepts(token: str, front: Front | None, machine: Machine) -> dict[str, Any]:
    """A phone that goes online, and what it hears of the ride that it accepts."""
    phone = f"082123{FIRST}"
    url = f"wss://{NAME}/ws/driver/{phone}/"
    where: dict[str, Any] = {"host": "127.0.0.1", "port": machine.port}
    where |= {"port": front.port, "ssl": front.trust()} if front is not None else {}
    async with connect(
        url if front is not None else url.replace("wss:", "ws:"),
        additional_headers={"Authorization": f"Bearer {token}"},
        proxy=None,
        **where,
    ) as app:
        await app.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05}))
        offer = await heard(app, "ride_request")
        await app.send(json.dumps({"type": "accept_ride", "ride_id": offer["ride_id"], "driver_id": phone}))
        return await heard(app, "ride_accepted")


def rides_in(file: Path) -> int:
    with closing(sqlite3.connect(file)) as opened:
        (found,) = opened.execute("SELECT count(*) FROM rides").fetchone()
    return int(found)


async def walk(machine: Machine) -> tuple[list[str], Service]:
    """Do all that the page says, and return what its commands printed."""
    said: list[str] = []
    service = Service(machine)
    async with AsyncExitStack() as opened:
        bash = await opened.enter_async_context(shell(machine.folder))
        opened.push_async_callback(service.stop)
        name, program = next(((name, found) for name in PROXIES if (found := installed(name))), ("", None))
        front = None
        if program is not None:
            upstream = f"127.0.0.1:{machine.port}"
            front = await opened.enter_async_context(in_front(name, program, machine.folder / name, upstream))
            lines = (f'cacert = "{front.authority}"', f'connect-to = "{NAME}:443:127.0.0.1:{front.port}"')
            (machine.folder / ".curlrc").write_text("\n".join((*lines, 'noproxy = "*"\n')))
        for info, block in BLOCKS:
            text = machine.here(block)
            if front is None:
                text = text.replace(f"https://{NAME}", f"http://127.0.0.1:{machine.port}")
            if info == "toml":
                (machine.folder / "etc" / "dispatch.toml").write_text(text)
            elif info == "sh stopped":
                await service.stop()
                said.append(await bash.does(text))
            elif info == "sh" and not text.startswith("make "):
                if "curl" in text or "keys" in text:
                    await service.start()
                if "/api/rides" in text:
                    token = await bash.does(f'$D token --as "driver:082 123 {FIRST}"')
                    async with asyncio.TaskGroup() as both:
                        accepted = both.create_task(driver_who_accepts(token.strip(), front, machine))
                        booked = both.create_task(bash.does(text))
                    said += [booked.result(), json.dumps(accepted.result())]
                else:
                    said.append(await bash.does(text))
    return said, service


def test_the_commands_of_the_page_lead_from_an_empty_folder_to_a_ride_a_backup_and_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path, free_port(), free_port())
    for folder in ("etc", "lib", "backups", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "drivers.csv").write_text(drivers())
    said, service = asyncio.run(walk(machine))
    printed = "\n".join(said)
    assert f"{DRIVERS} added, 0 changed" in printed and "Grace Nkosi (2782•••4500) is on file" in printed
    assert "problem " not in printed and printed.count("ready\n") >= 3
    accepted = next(json.loads(each) for each in said if each.startswith('{"type": "ride_accepted"'))
    assert accepted["passenger_name"] == "Nomsa Cele" and accepted["fare"] > 12.5
    (backup,) = (tmp_path / "backups").glob("dispatch-*.db")
    before = tmp_path / "lib" / "dispatch.db.before-1"
    assert rides_in(tmp_path / "lib" / "dispatch.db") == rides_in(before) == rides_in(backup) == 1
    assert f"restored from {backup}: 1 ride and" in printed and "is sound" in printed
    assert {file.name for file in (tmp_path / "backups").iterdir()} == {backup.name, "moving.db", "moving.db.keys"}
    assert re.search(r"^key \w+ signs; 1 older ones verify$", printed, re.MULTILINE)
    assert any(re.fullmatch(r"\d{2,3}\nready\n", each) for each in said), "the admin port told of metrics"
    assert "Traceback" not in service.logged and "dispatch has stopped" in service.logged


def test_what_the_page_has_root_do_is_about_files_units_and_commands_that_are_there() -> None:
    blocks = "\n".join(block for info, block in BLOCKS if info == "sh root")
    named = set(re.findall(r"docs/deploy/(\S+)", blocks))
    assert named == {"dispatch.service", "dispatch-backup.service", "dispatch-backup.timer", "Caddyfile"}
    assert [name for name in named if not (DEPLOY / name).is_file()] == []
    for line in re.findall(r"^systemctl .*$", blocks, re.MULTILINE):
        units = [word for word in shlex.split(line)[2:] if word not in ("--now", "caddy")]
        assert [name for name in units if not list(DEPLOY.glob(name if "." in name else f"{name}.service"))] == []
    for words in re.findall(r"\$D ((?:[^`\n]|\\\n)*)", "\n".join((blocks, *re.findall(r"`(\$D [^`]*)`", PAGE)))):
        understood(shlex.split(words))
    for service in ("dispatch.service", "dispatch-backup.service"):
        (program, *_) = shlex.split(unit(service)["Service"]["ExecStart"][0])
        assert program.startswith("/opt/dispatch/") and "python3 -m venv /opt/dispatch\n" in blocks
    folders = unit("dispatch-backup.service")["Service"]["ReadWritePaths"][0].split()
    assert all(folder in blocks for folder in folders)


def test_the_pages_of_settings_that_it_shows_are_settings_of_today_and_it_says_what_phones_want() -> None:
    (toml,) = (block for info, block in BLOCKS if info == "toml")
    told = tomllib.loads(toml)
    keys = {key for value in told.values() if isinstance(value, dict) for key in value}
    keys |= {key for key, value in told.items() if not isinstance(value, dict)}
    assert keys <= {row.key for row in SETTINGS}
    assert "**Phones give their position only over HTTPS.**" in PAGE
    assert {info for info, _ in BLOCKS} == {"sh", "sh root", "sh stopped", "toml", ""}
    assert [name.name for name in DEPLOY.iterdir() if f"deploy/{name.name}" not in PAGE] == []
