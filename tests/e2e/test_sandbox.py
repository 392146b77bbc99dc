"""The sandbox as its user starts it: the real server with a fleet on real sockets, logins by the codes that are shown, steering."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from websockets.asyncio.client import ClientConnection, connect

import cli
from dispatch.storage.tools.seed import seed
from dispatch.storage.tools.show import rows
from tests.e2e.test_quotes import A_PHONE, heard

PATIENCE_S = 20.0
ANN, MICHAEL, SARAH = "358500999999", "27821234568", "27821234567"
AT_THE_STATION = {"latitude": 60.1711, "longitude": 24.9414}
FAR_OFF = {"latitude": 60.2200, "longitude": 24.9414}
"""Farther from the pickup than anybody who is simulated."""
A_TRIP = {
    "pickup_latitude": 60.1711,
    "pickup_longitude": 24.9414,
    "dropoff_latitude": 60.1675,
    "dropoff_longitude": 24.9521,
    "pickup_address": "Rautatientori",
    "dropoff_address": "Pohjoisesplanadi",
    "distance_km": 0.9,
    "estimated_duration_minutes": 4,
    "fare_amount": 0,
}


class Sandbox:
    """A running sandbox. `desk` asks in the name of Ann, once `log_in` was called."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.client = httpx2.AsyncClient(base_url=f"http://{host}", trust_env=False)

    async def told(self) -> dict[str, Any]:
        answer = await self.client.get("/api/sandbox")
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    async def until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while not fits(state := await self.told()):
                await asyncio.sleep(0.05)
        return state

    async def token(self, phone: str, role: str) -> str:
        """A login by the code that the sandbox shows."""
        asked = await self.client.post("/api/auth/otp/request", json={"phone": f"+{phone}", "role": role})
        assert asked.status_code == 202, asked.text
        state = await self.until(lambda state: any(code["phone"] == phone for code in state["codes"]))
        code = next(code["code"] for code in state["codes"] if code["phone"] == phone)
        proof = {"request_id": asked.json()["request_id"], "code": code}
        told = await self.client.post("/api/auth/otp/verify", json=proof)
        assert told.status_code == 200, told.text
        return str(told.json()["access_token"])

    async def log_in(self) -> None:
        self.client.headers["Authorization"] = f"Bearer {await self.token(ANN, 'staff')}"

    async def steer(self, **wanted: Any) -> dict[str, Any]:
        answer = await self.client.post("/api/sandbox/steer", json=wanted)
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    @asynccontextmanager
    async def app(self, path: str, phone: str, role: str) -> AsyncIterator[ClientConnection]:
        headers = {"Authorization": f"Bearer {await self.token(phone, role)}"}
        async with connect(f"ws://{self.host}{path}", additional_headers=headers, proxy=None) as app:
            yield app


Story = Callable[[Sandbox], Awaitable[None]]


@pytest.fixture
def played(tmp_path: Path) -> Callable[..., str]:
    """Runs a story in a sandbox with these flags, and returns what the server said."""

    async def play(story: Story, flags: tuple[str, ...]) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, cli.__file__, "serve", "--port", "0", *flags),
            stdout=subprocess.PIPE,
            stderr=(tmp_path / "stderr").open("w"),
            cwd=tmp_path,
        )
        try:
            assert process.stdout is not None
            found = re.search(rb"http://(\S+)", await process.stdout.readline())
            assert found is not None, (tmp_path / "stderr").read_text()
            await story(Sandbox(found[1].decode()))
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            out, _ = await process.communicate()
        assert process.returncode == 0
        return out.decode() + (tmp_path / "stderr").read_text()

    def run_it(story: Story, *flags: str) -> str:
        return asyncio.run(play(story, flags))

    return run_it


def serve(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, cli.__file__, "serve", "--port", "0", *flags]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_a_fleet_moves_people_log_in_by_the_codes_shown_and_the_desk_steers(
    played: Callable[..., str], tmp_path: Path
) -> None:
    async def story(sandbox: Sandbox) -> None:
        state = await sandbox.until(lambda state: state["connected"] == 10 and state["busy"] > 0)
        assert [person["name"] for person in state["people"]] == ["Sarah Johnson", "Michael Brown", "Ann Lindqvist"]
        refused = await sandbox.client.post("/api/sandbox/steer", json={"pause": True})
        assert refused.status_code == 401
        await sandbox.log_in()
        assert (await sandbox.steer(pause=True))["is_paused"] is True
        before = await positions(sandbox)
        assert len(before) == 10, "whoever stands still still says where"
        state = await sandbox.steer(pause=False, speed=4, demand=2, add_drivers=3, slow_link=2)
        assert (state["is_paused"], state["speed"], state["demand"], state["drivers"]) == (False, 4.0, 2.0, 13)
        assert state["misbehaving"]["slow_link"] == 2
        await sandbox.until(lambda state: state["connected"] == 13)
        async with asyncio.timeout(PATIENCE_S):
            while (after := await positions(sandbox)) == before or len(after) < 13:
                await asyncio.sleep(0.2)
        bad = await sandbox.client.post("/api/sandbox/steer", json={"speed": 9})
        assert (bad.status_code, bad.json()["code"], bad.json()["field"]) == (400, "bad_field", "speed")

    said = played(story, "--sandbox", "10")
    assert "a bug of the sandbox" not in said
    assert "Traceback" not in said
    assert len(rows(str(tmp_path / "sandbox.db"), "drivers", limit=100)) == 14, "and Michael"


async def positions(sandbox: Sandbox) -> dict[str, tuple[float, float]]:
    told = (await sandbox.client.get("/api/drivers")).json()["drivers"]
    return {row["driver_id"]: (row["latitude"], row["longitude"]) for row in told if "latitude" in row}


async def outcomes(sandbox: Sandbox, ride_id: str) -> list[str]:
    """What has become of each offer of this ride."""
    why = (await sandbox.client.get(f"/api/rides/{ride_id}/why")).json()
    return [row["outcome"] for each in why["rounds"] for row in each["considered"] if row["rule"] == "asked"]


def test_the_next_offer_goes_to_the_app_that_asked_for_it_and_then_to_all_again(played: Callable[..., str]) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.log_in()
        await sandbox.until(lambda state: state["connected"] == 6)
        async with sandbox.app(f"/ws/driver/{MICHAEL}/", MICHAEL, "driver") as michael:
            await michael.send(json.dumps({"type": "location_update", **AT_THE_STATION}))
            await michael.send(json.dumps({"type": "ping"}))
            await heard(michael, "pong")
            state = await sandbox.steer(next_offer_to=MICHAEL, book=1)
            assert state["next_offer_to"] == MICHAEL
            offer = await heard(michael, "ride_request")
            assert offer["pickup_distance_m"] < 300, "where the driver is"
            await sandbox.until(lambda state: state["next_offer_to"] is None)
            async with asyncio.timeout(PATIENCE_S):
                while "declined" not in await outcomes(sandbox, offer["ride_id"]):
                    await asyncio.sleep(0.1)
            accept = {
                "type": "accept_ride",
                "ride_id": offer["ride_id"],
                "driver_id": MICHAEL,
                "offer_id": offer["offer_id"],
            }
            await michael.send(json.dumps(accept))
            accepted = await heard(michael, "ride_accepted")
            assert accepted["ride_id"] == offer["ride_id"], "whoever else is asked leaves it to the app"

    played(story, "--sandbox", "6", "--sandbox-rides", "1")


def test_a_passengers_ride_is_priced_and_driven_by_somebody_who_is_simulated(played: Callable[..., str]) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.until(lambda state: state["connected"] == 40)  # so many that one of them is near
        await sandbox.log_in()
        await sandbox.steer(speed=4)
        async with sandbox.app("/ws/ride/mine/", SARAH, "passenger") as sarah:
            await sarah.send(json.dumps({"type": "find_driver", **A_TRIP}))
            searching = await heard(sarah, "searching")
            assert (searching["currency"], searching["fare"] > 7.0) == ("EUR", True)
            async with asyncio.timeout(60):
                assigned = await heard(sarah, "driver_assigned")
            assert re.fullmatch(r"[A-Z]{3}-\d{3}", assigned["vehicle_registration"])
            assert re.fullmatch(r"\d{4}", assigned["start_pin"])
            async with asyncio.timeout(90):
                while json.loads(await sarah.recv())["type"] != "ride_started":  # the driver was told the pin
                    pass

    played(story, "--sandbox", "40", "--sandbox-rides", "0", "--start-pin")


def test_a_sandbox_is_refused_on_a_file_of_people_and_people_on_the_file_of_a_sandbox(tmp_path: Path) -> None:
    seed(tmp_path / "people.db")
    refused = serve(tmp_path, "--sandbox", "3", "--db", "people.db")
    assert refused.returncode != 0
    assert refused.stderr.endswith("holds something that is no sandbox, so none is served from it: name another file\n")
    assert serve(tmp_path, "--sandbox", "3", "--host", "0.0.0.0").returncode != 0
    assert not (tmp_path / "sandbox.db").exists()


def test_serve_without_sandbox_refuses_the_file_of_one(played: Callable[..., str], tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.told()

    said = played(story, "--sandbox", "2")
    assert not A_PHONE.findall(said)
    refused = serve(tmp_path, "--db", "sandbox.db")
    assert refused.returncode != 0
    assert "is a sandbox, in which anybody can be anybody: add --sandbox N, or name another file" in refused.stderr
    db = str(tmp_path / "sandbox.db")
    checked = CliRunner().invoke(cli.main, ["db", "check", "--db", db])
    assert (checked.exit_code, checked.output) == (0, f"{db} is a sandbox, and sound\n")
    told = CliRunner().invoke(cli.main, ["doctor", "--json", "--db", db])
    about_file = [each for each in json.loads(told.output)["findings"] if each["about"] == "file"]
    assert about_file == [
        {
            "about": "file",
            "level": "problem",
            "text": f"{db} is a sandbox, in which anybody can be anybody: name another file with --db",
        }
    ]


def test_a_ride_of_ones_own_passenger_is_left_to_ones_own_driver_wherever_that_is(played: Callable[..., str]) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.until(lambda state: state["connected"] == 20)
        async with (
            sandbox.app(f"/ws/driver/{MICHAEL}/", MICHAEL, "driver") as michael,
            sandbox.app("/ws/ride/mine/", SARAH, "passenger") as sarah,
        ):
            await michael.send(json.dumps({"type": "location_update", **FAR_OFF}))
            await michael.send(json.dumps({"type": "ping"}))
            await heard(michael, "pong")
            await asyncio.sleep(2.5)  # it is looked every second who is online
            await sarah.send(json.dumps({"type": "find_driver", **A_TRIP}))
            async with asyncio.timeout(5.0):
                offer = await heard(michael, "ride_request")
            await asyncio.sleep(4.0)  # whoever is simulated would have answered
            accept = {"type": "accept_ride", "ride_id": "mine", "driver_id": MICHAEL, "offer_id": offer["offer_id"]}
            await michael.send(json.dumps(accept))
            assert (await heard(sarah, "driver_assigned"))["driver_name"] == "Michael Brown"

    played(story, "--sandbox", "20", "--sandbox-rides", "0")
