"""Two passengers with tokens on the sockets of a real server: a ride is its passenger's, and for the other one it does not exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from dispatch.principals import Role
from dispatch.transport.ws.server import run
from tests.e2e.test_quotes import BOOKING, heard, served
from tests.e2e.test_tokens import ON, Town

FRAMES: tuple[dict[str, Any], ...] = (
    {"type": "resume", "epoch": "", "last_seq": 0, "id": "k1"},
    {"type": "cancel_ride", "id": "k2"},
    {"type": "rate_driver", "rating": 1, "id": "k3"},
    {"type": "cancel_ride", "id": "k2"},
    {"type": "ping"},
)


async def answers(app: ClientConnection) -> list[str]:
    """What comes of all frames, byte for byte, but for the id of the ride."""
    for frame in FRAMES:
        await app.send(json.dumps(frame))
    return [str(await app.recv()).replace("r1", "r?").replace("r9", "r?") for _ in FRAMES]


def test_a_ride_of_somebody_else_is_one_that_does_not_exist_and_its_passenger_notices_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path)

    def as_passenger(person: str) -> dict[str, Any]:
        return {"additional_headers": {"Authorization": f"Bearer {town.token(Role.PASSENGER, person)}"}}

    async def story() -> None:
        async with (
            served(tmp_path, ON) as (host, _),
            connect(f"ws://{host}/ws/ride/r1/", **as_passenger(town.passenger)) as ann,
            connect(f"ws://{host}/ws/ride/r1/", **as_passenger("pstranger")) as early,
        ):
            await ann.send(json.dumps(BOOKING))
            await heard(ann, "searching")
            await early.send(json.dumps({**BOOKING, "id": "mine"}))
            refused = await heard(early, "error")
            assert (refused["code"], refused["id"]) == ("no_such_ride", "mine")
            async with (
                connect(f"ws://{host}/ws/ride/r1/", **as_passenger("pstranger")) as foreign,
                connect(f"ws://{host}/ws/ride/r9/", **as_passenger("pstranger")) as unknown,
            ):
                told = await answers(foreign)
                assert told == await answers(unknown)
                assert [json.loads(frame).get("code") for frame in told] == ["no_such_ride"] * 4 + [None]
            await ann.send(json.dumps({"type": "ping"}))
            assert json.loads(await ann.recv())["type"] == "pong", "nobody replaced the passenger, who heard of nothing"
            async with connect(f"ws://{host}/ws/ride/r1/", **as_passenger(town.passenger)) as again:
                assert (await heard(again, "snapshot"))["status"] == "pending"

    run(story())
