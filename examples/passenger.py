"""A passenger's app in fifty lines: books a ride and prints what happens until it is over, whatever becomes of its connection.

python examples/passenger.py [ride id] [server]
"""

import asyncio
import json
import sys
import time
from contextlib import suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

TRIP = {
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "distance_km": 5.2,
    "estimated_duration_minutes": 15,
    "fare_amount": 85.50,
}
OVER = ("ride_completed", "ride_cancelled", "no_drivers", "completed", "cancelled", "no_show")
STAY_AWAY = (4504, 4508)


async def ride(ride_id: str = f"ride-{int(time.time()):x}", server: str = "ws://127.0.0.1:8067") -> None:
    epoch, heard = "", 0
    async for socket in connect(f"{server}/ws/ride/{ride_id}/"):  # connects again whenever the loop comes round
        with suppress(ConnectionClosed):
            if epoch:  # what happened while we were away?
                await socket.send(json.dumps({"type": "resume", "epoch": epoch, "last_seq": heard}))
            await socket.send(json.dumps({"type": "find_driver", "id": "book", **TRIP}))  # with its id: booked once
            async for frame in socket:
                message = json.loads(frame)
                if "seq" in message:
                    if message["epoch"] == epoch and message["seq"] <= heard:
                        continue  # heard before
                    epoch, heard = message["epoch"], message["seq"]
                print(frame, flush=True)
                if message["type"] in OVER or message.get("status") in OVER:
                    return
        if socket.close_code in STAY_AWAY:
            return


asyncio.run(ride(*sys.argv[1:]))
