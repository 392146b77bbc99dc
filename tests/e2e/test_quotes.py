"""From quote to receipt: the real server as a process, a real database, a real pricing API where one is asked."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import httpx2
from websockets.asyncio.client import ClientConnection, connect

import cli
from dispatch.storage.tools.show import rows
from tests.providers.pricing_api import pricing_api
from tests.watched import COMMAND, leaks_in

ROOT = Path(cli.__file__).parent
TRIP: dict[str, Any] = {
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
}
BOOKING = {
    "type": "find_driver",
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "distance_km": 5.2,
    "estimated_duration_minutes": 15,
    "fare_amount": 85.5,
    **TRIP,
}
TARIFF = 'currency = "ZAR"\neta_model = "constant"\n[pricing]\npricing = "tariff"\n[tariff]\nbase_fare = 12.5\nper_km = 9.8\n'
KEY = "k3y-that-nobody-may-read"
A_PHONE = re.compile(r"(?<![0-9A-Za-z_.-])\+?27[0-9]{9}(?![0-9])")
"""Of the country of all people in these tests."""


def metrics_of(host: str) -> str:
    """What the server counts; nothing where it does not say so any more."""
    try:
        with urlopen(f"http://{host}/metrics", timeout=2) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


@asynccontextmanager
async def served(
    folder: Path, toml: str, kill: signal.Signals = signal.SIGTERM, **environ: str
) -> AsyncIterator[tuple[str, list[str]]]:
    """`dispatch serve` with this configuration: its address, and afterwards what it logged. It ends by `kill`."""
    (folder / "dispatch.toml").write_text(toml)
    command = [*COMMAND, "serve", "--port", "0", "--db", str(folder / "rides.db")]
    logged: list[str] = []
    address = None
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env={**os.environ, **environ}
    )
    try:
        assert process.stdout is not None
        address = re.search(r"http://(\S+)", (await process.stdout.readline()).decode())
        assert address is not None, await process.stderr.read() if process.stderr else ""
        yield address[1], logged
    finally:
        metrics = await asyncio.to_thread(metrics_of, address[1]) if address is not None else ""
        process.send_signal(kill)
        out, err = await process.communicate()
        logged += [out.decode(), err.decode()]
        assert leaks_in(logged[-1]) == [], "phones were seen by people whom they do not concern"
        assert not A_PHONE.findall("".join((metrics, *logged))), "no phone stands in a log line or a metric"
    assert process.returncode == (-kill if kill == signal.SIGKILL else 0)


async def heard(app: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of this type."""
    async with asyncio.timeout(10):
        while True:
            frame: dict[str, Any] = json.loads(await app.recv())
            if frame["type"] == kind:
                return frame


async def quoted(host: str, **changes: Any) -> dict[str, Any]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"http://{host}/api/quotes", json={**TRIP, **changes})
    assert answer.status_code == 201, answer.text
    quote: dict[str, Any] = answer.json()
    return quote


def test_a_quoted_price_is_what_passenger_and_driver_read_and_what_stands_on_the_receipt(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            served(tmp_path, TARIFF) as (host, _),
            connect(f"ws://{host}/ws/driver/27821234568/") as driver,
            connect(f"ws://{host}/ws/ride/ride-1/") as passenger,
            connect(f"ws://{host}/ws/ride/ride-2/") as latecomer,
        ):
            quote = await quoted(host)
            assert (quote["fare"], quote["breakdown"]) == (41.27, {"base": 12.5, "distance": 28.77})
            await driver.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05}))
            await passenger.send(json.dumps({**BOOKING, "quote_id": quote["quote_id"]}))
            searching = await heard(passenger, "searching")
            assert (searching["fare"], searching["currency"]) == (41.27, "ZAR")
            offer = await heard(driver, "ride_request")
            assert (offer["fare"], offer["distance"]) == (41.27, 2.936)
            await latecomer.send(json.dumps({**BOOKING, "quote_id": quote["quote_id"]}))
            assert (await heard(latecomer, "error"))["code"] == "quote_expired"
            accept = {"type": "accept_ride", "ride_id": "ride-1", "driver_id": "27821234568"}
            for frame in (accept, {"type": "complete_ride", "ride_id": "ride-1"}):
                await driver.send(json.dumps(frame))
            completed = await heard(passenger, "ride_completed")
            assert (completed["fare"], completed["breakdown"]) == (41.27, quote["breakdown"])

    asyncio.run(story())
    (ride,) = rows(tmp_path / "rides.db", "rides")
    (quote,) = rows(tmp_path / "rides.db", "quotes")
    assert (ride["fare_minor"], ride["currency"], ride["claimed_fare"]) == (4127, "ZAR", 85.5)
    assert (quote["ride_id"], quote["quote_id"], quote["fare_minor"]) == ("ride-1", ride["quote_id"], 4127)


def test_a_quote_outlives_the_process_that_made_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, TARIFF) as (host, _):
            quote = await quoted(host)
        async with served(tmp_path, TARIFF) as (host, _), connect(f"ws://{host}/ws/ride/ride-1/") as passenger:
            await passenger.send(json.dumps({**BOOKING, "quote_id": quote["quote_id"]}))
            assert (await heard(passenger, "searching"))["fare"] == quote["fare"]

    asyncio.run(story())


def test_another_companys_prices_hold_where_they_are_asked_for_and_its_key_is_never_logged(tmp_path: Path) -> None:
    async def story() -> None:
        async with pricing_api() as api:
            toml = f'currency = "ZAR"\n[pricing]\npricing = "http"\npricing_url = "{api.url}"\n'
            async with served(tmp_path, toml, DISPATCH_PRICING_KEY=KEY) as (host, logged):
                assert (await quoted(host))["fare"] == 93.1
                assert api.headers[0]["authorization"] == f"Bearer {KEY}"
                async with connect(f"ws://{host}/ws/ride/ride-1/") as passenger:
                    await passenger.send(json.dumps(BOOKING))
                    assert (await heard(passenger, "searching"))["fare"] == 93.1
                api.status = "503 Service Unavailable"
                async with connect(f"ws://{host}/ws/ride/ride-2/") as passenger:
                    await passenger.send(json.dumps(BOOKING))
                    assert (await heard(passenger, "error"))["code"] == "unavailable"
        assert "it answers with status 503" in "".join(logged)
        assert KEY not in "".join(logged)

    asyncio.run(story())


def test_a_server_with_a_tariff_that_has_no_rates_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "cli.py"), "serve", "--port", "0", "--pricing"]
    for pricing, sentence in (
        ("tariff", "there is no tariff"),
        ("http", "pricing_url must be an http or https address"),
    ):
        ended = subprocess.run([*command, pricing], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
        assert sentence in ended.stderr
