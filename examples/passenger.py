"""A passenger's app in thirty lines: books a ride and prints what happens until it is over.

python examples/passenger.py [ride id] [server]
"""

import asyncio
import json
import sys
import time

from websockets.asyncio.client import connect

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
OVER = ("ride_completed", "ride_cancelled", "no_drivers", "snapshot")  # a snapshot: this ride was booked before


async def ride(ride_id: str = f"ride-{time.time():.0f}", server: str = "ws://127.0.0.1:8067") -> None:
    async with connect(f"{server}/ws/ride/{ride_id}/") as socket:
        await socket.send(json.dumps({"type": "find_driver", **TRIP}))
        async for frame in socket:
            print(frame, flush=True)
            if json.loads(frame)["type"] in OVER:
                return


asyncio.run(ride(*sys.argv[1:]))
