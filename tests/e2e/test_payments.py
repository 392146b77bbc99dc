"""A charge over a real HTTP provider outlives the process that asked for it."""

from __future__ import annotations

import asyncio
import json
import signal
from asyncio import StreamWriter
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from dispatch.storage.tools.show import rows
from tests.e2e.test_quotes import BOOKING, KEY, heard, served
from tests.providers.pricing_api import answer_bytes, pricing_api, rude_api
from tests.watched import COMMAND as SERVE

CARDS = 'currency = "ZAR"\n[payment]\npayment = "http"\npayment_url = "{url}"\npayment_timeout = "30s"\n'


def test_a_charge_that_a_killed_server_asked_for_is_asked_again_by_the_next_and_collected_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with pricing_api() as api:
            api.silent = True
            toml = CARDS.format(url=api.url)
            async with (
                served(tmp_path, toml, kill=signal.SIGKILL, DISPATCH_PAYMENT_KEY=KEY) as (host, first),
                connect(f"ws://{host}/ws/driver/27821234568/") as driver,
                connect(f"ws://{host}/ws/ride/ride-1/") as passenger,
            ):
                await driver.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05}))
                await passenger.send(json.dumps({**BOOKING, "payment_method": "card"}))
                assert (await heard(driver, "ride_request"))["payment_method"] == "card"
                accept = {"type": "accept_ride", "ride_id": "ride-1", "driver_id": "27821234568"}
                for frame in (accept, {"type": "complete_ride", "ride_id": "ride-1"}):
                    await driver.send(json.dumps(frame))
                assert (await heard(passenger, "ride_completed"))["payment_status"] == "pending"
                await asyncio.wait_for(api.asked.wait(), 10)
            (charge,) = rows(tmp_path / "rides.db", "charges")
            assert (charge["status"], charge["amount_minor"], charge["currency"]) == ("pending", 8550, "ZAR")
            api.silent, api.answer = False, {"status": "paid", "reference": "ch_1"}
            async with (
                served(tmp_path, toml, DISPATCH_PAYMENT_KEY=KEY) as (host, second),
                connect(f"ws://{host}/ws/ride/ride-1/") as passenger,
            ):
                status = (await heard(passenger, "snapshot"))["payment_status"]
                assert status == "paid" or (
                    status == "pending" and (await heard(passenger, "payment"))["status"] == "paid"
                )
            assert [question["ride_id"] for question in api.heard] == ["ride-1", "ride-1"]
            assert {header["idempotency-key"] for header in api.headers} == {"ride-ride-1"}
            assert KEY not in "".join(first + second)

    asyncio.run(story())
    (charge,) = rows(tmp_path / "rides.db", "charges")
    assert (charge["status"], charge["reference"]) == ("paid", "ch_1")


def test_a_provider_that_says_everything_twice_settles_each_ride_by_its_own_answer(tmp_path: Path) -> None:
    """It says twice that ride-1 is paid, and once that ride-2 is declined."""

    async def talk(question: dict[str, Any], writer: StreamWriter) -> None:
        ride = question["ride_id"]
        paid = answer_bytes({"status": "paid", "reference": f"ch-{ride}"})
        writer.write(paid * 2 if ride == "ride-1" else answer_bytes({"status": "declined", "reason": "no funds"}))

    async def story() -> None:
        async with (
            rude_api(talk) as url,
            served(tmp_path, CARDS.format(url=url)) as (host, _),
            connect(f"ws://{host}/ws/driver/27821234568/") as driver,
        ):
            await driver.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05}))
            for ride, status in (("ride-1", "paid"), ("ride-2", "declined")):
                async with connect(f"ws://{host}/ws/ride/{ride}/") as passenger:
                    await passenger.send(json.dumps({**BOOKING, "payment_method": "card"}))
                    await heard(driver, "ride_request")
                    for step in ("accept_ride", "complete_ride"):
                        await driver.send(json.dumps({"type": step, "ride_id": ride, "driver_id": "27821234568"}))
                    assert (await heard(passenger, "payment"))["status"] == status
                    await heard(driver, "ride_completed")

    asyncio.run(story())
    charges = [(row["ride_id"], row["status"], row["reference"]) for row in rows(tmp_path / "rides.db", "charges")]
    assert sorted(charges) == [("ride-1", "paid", "ch-ride-1"), ("ride-2", "declined", None)]


def test_a_server_that_could_not_collect_does_not_start(tmp_path: Path) -> None:
    wrong = {
        CARDS.format(url="http://127.0.0.1:port/"): "payment_url must be an http or https address",
        CARDS.format(url="http://127.0.0.1:9/").replace("ZAR", ""): "currency must be set where cards pay",
    }

    async def story() -> None:
        for toml, why in wrong.items():
            (tmp_path / "dispatch.toml").write_text(toml)
            command = ["serve", "--port", "0", "--db", "rides.db"]
            process = await asyncio.create_subprocess_exec(
                *SERVE, *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            _, said = await process.communicate()
            assert process.returncode != 0
            assert why in said.decode() and "Traceback" not in said.decode()

    asyncio.run(story())
