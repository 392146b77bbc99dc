"""A driver's app in fifty lines: says where it is every five seconds, takes the rides that it is offered, outlives connections.

python examples/driver.py [driver id] [server]
"""

import asyncio
import json
import sys
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

STAY_AWAY = (4504, 4508)
STEPS = ("arrived", "start_ride", "complete_ride")


async def say(socket: ClientConnection, kind: str, **fields: object) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


async def report(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await say(socket, "location_update", latitude=-26.2000, longitude=28.0500)
            await asyncio.sleep(5)


async def finish(socket: ClientConnection, ride_id: str) -> None:
    for step in STEPS:  # a step that was taken before is only answered again: its id is the same
        await say(socket, step, ride_id=ride_id, id=f"{step}-{ride_id}"[:64])


async def drive(driver_id: str = "27821234568", server: str = "ws://127.0.0.1:8067") -> None:
    epoch, heard = "", 0
    async for socket in connect(f"{server}/ws/driver/{driver_id}/"):  # connects again whenever the loop comes round
        with suppress(ConnectionClosed):
            if epoch:  # what happened while we were away?
                await say(socket, "resume", epoch=epoch, last_seq=heard)
            reporting = asyncio.create_task(report(socket))
            async for frame in socket:
                message = json.loads(frame)
                if "seq" in message:
                    if message["epoch"] == epoch and message["seq"] <= heard:
                        continue  # heard before
                    epoch, heard = message["epoch"], message["seq"]
                print(frame, flush=True)
                if message["type"] == "ride_request":
                    await say(socket, "accept_ride", ride_id=message["ride_id"], driver_id=driver_id)
                elif message["type"] == "ride_accepted":
                    await finish(socket, message["ride_id"])
                elif message["type"] == "snapshot" and message["ride"]:
                    await finish(socket, message["ride"]["ride_id"])
            reporting.cancel()
        if socket.close_code in STAY_AWAY:
            return


with suppress(KeyboardInterrupt):
    asyncio.run(drive(*sys.argv[1:]))
