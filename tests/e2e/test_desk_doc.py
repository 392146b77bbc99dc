"""docs/DESK.md: every example is sent as it stands there, to a real server with login on."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import connect

import cli
from tests.e2e.test_desk_http import at, say
from tests.e2e.test_quotes import heard, served

ROOT = Path(cli.__file__).parent
CURL = re.compile(r"^(curl .*?)  # (\d{3})$", re.MULTILINE)
DRIVER = "27821234568"


def dispatch(folder: Path, *arguments: str) -> str:
    """What this command prints."""
    command = [sys.executable, str(ROOT / "cli.py"), *arguments, "--db", str(folder / "rides.db")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


async def sent(client: httpx2.AsyncClient, curl: str, words: dict[str, str]) -> httpx2.Response:
    """Do what this call of curl does."""
    for name, value in words.items():
        curl = curl.replace(f"${name}", value)
    _, *arguments = shlex.split(curl)
    method, url, headers, body = "GET", "", {}, None
    rest = iter(arguments)
    for argument in rest:
        if argument == "-X":
            method = next(rest)
        elif argument == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif argument == "-d":
            body = next(rest)
        else:
            url = argument
    return await client.request(method, url, headers=headers, content=body)


def test_every_example_of_the_desks_page_is_answered_as_it_says(tmp_path: Path) -> None:
    examples = CURL.findall((ROOT / "docs" / "DESK.md").read_text(encoding="utf-8"))
    who = ("--phone", "+27 82 123 4500", "--name", "Grace Nkosi")
    dispatch(tmp_path, "people", "add", "--role", "staff", "--manager", *who)
    dispatch(tmp_path, "people", "add", "--role", "driver", "--phone", f"+{DRIVER}", "--name", "Dan")
    tokens = [dispatch(tmp_path, "token", "--as", person) for person in ("staff:+27821234500", f"driver:+{DRIVER}")]

    async def story() -> list[tuple[str, str, str]]:
        wrong: list[tuple[str, str, str]] = []
        async with (
            served(tmp_path, 'auth = "on"\nradius_km = 1\n') as (host, _),
            at(host) as client,
            connect(
                f"ws://{host}/ws/driver/{DRIVER}/", additional_headers={"Authorization": f"Bearer {tokens[1]}"}
            ) as driver,
        ):
            await say(driver, "location_update", latitude=-26.13, longitude=28.05, id="k1")  # where no round reaches
            await heard(driver, "ack")
            words = {"DESK": f"http://{host}", "AUTH": f"Authorization: Bearer {tokens[0]}"}
            words["JSON"] = "Content-Type: application/json"
            for curl, status in examples:
                answer = await sent(client, curl, words)
                if str(answer.status_code) != status:
                    wrong.append((curl, status, answer.text))
                if status == "201":
                    words["RIDE"] = told(answer)["ride_id"]
                if status == "202":
                    await heard(driver, "ride_accepted")
        return wrong

    assert len(examples) == 16
    assert asyncio.run(story()) == []


def told(answer: httpx2.Response) -> dict[str, Any]:
    """Its JSON."""
    body: dict[str, Any] = answer.json()
    return body
