"""Who may read metrics of a real server: this machine, while no proxy is listed; else whoever reaches the admin port."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.test_quotes import ROOT

OPERATORS = ("/metrics", "/-/versions")
EVERYBODYS = ("/healthz", "/readyz")


async def statuses(folder: Path, flags: list[str], headers: Mapping[str, str]) -> dict[str, list[int]]:
    """What each port of `dispatch serve` answers to the four pages."""
    command = [sys.executable, str(ROOT / "cli.py"), "serve", "--port", "0", "--admin-port", "0", *flags]
    process: Any = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
    )
    try:
        said = [(await process.stdout.readline()).decode() for _ in range(2)]
        main, admin = (re.search(r"http://[^:]+:(\d+)", line) for line in said)
        assert main is not None and admin is not None and "admin port" in said[1], said
        found = {}
        async with httpx2.AsyncClient(trust_env=False, headers=headers) as client:
            for name, port in (("main", main[1]), ("admin", admin[1])):
                asked = [await client.get(f"http://127.0.0.1:{port}{path}") for path in (*OPERATORS, *EVERYBODYS)]
                found[name] = [answer.status_code for answer in asked]
        return found
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


@pytest.mark.parametrize(
    ("flags", "headers", "main"),
    [
        ([], {}, [200, 200, 200, 200]),
        (["--auth", "on"], {"X-Forwarded-For": "10.0.0.9"}, [403, 403, 200, 200]),
        (["--behind-proxy", "10.0.0.5"], {}, [403, 403, 200, 200]),
        (["--behind-proxy", "127.0.0.1"], {"X-Forwarded-For": "127.0.0.1"}, [403, 403, 200, 200]),
    ],
)
def test_metrics_are_for_this_machine_or_for_the_admin_port(
    tmp_path: Path, flags: list[str], headers: dict[str, str], main: list[int]
) -> None:
    assert asyncio.run(statuses(tmp_path, flags, headers)) == {"main": main, "admin": [200, 200, 200, 200]}
