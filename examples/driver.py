"""A driver's app in thirty lines: says where it is every five seconds and takes the rides that it is offered.

python examples/driver.py [driver id] [server]
"""

import asyncio
import json
import sys
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect


async def say(socket: ClientConnection, kind: str, **fields: object) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


async def report(socket: ClientConnection) -> None:
    while True:
        await say(socket, "location_update", latitude=-26.2000, longitude=28.0500)
        await asyncio.sleep(5)


async def drive(driver_id: str = "27821234568", server: str = "ws://127.0.0.1:8067") -> None:
    async with connect(f"{server}/ws/driver/{driver_id}/") as socket:
        reporting = asyncio.create_task(report(socket))
        async for frame in socket:
            print(frame, flush=True)
            message = json.loads(frame)
            if message["type"] == "ride_request":
                await say(socket, "accept_ride", ride_id=message["ride_id"], driver_id=driver_id)
            elif message["type"] == "ride_accepted":
                for step in ("arrived", "start_ride", "complete_ride"):
                    await say(socket, step, ride_id=message["ride_id"])
        reporting.cancel()


with suppress(KeyboardInterrupt):
    asyncio.run(drive(*sys.argv[1:]))
