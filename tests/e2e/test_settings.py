"""The live server holds what it was told: one process with many settings, none of them at its default, and what its apps see of each.

What every setting changes is shown in `tests/settings`, mostly on virtual time; here it is the wiring of `dispatch serve`.
"""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path
from typing import Any

import httpx2
from websockets.sync.client import ClientConnection, connect

from dispatch.config import load
from sim.stories.stage import near_pickup
from tests.settings.server import hears, live, profile
from tests.settings.table import Given
from tests.transport.rig import FIND_DRIVER

TOLD = {
    "port": "0",
    "currency": "JPY",
    "eta_profile": "slow.json",
    "show_phone": "never",
    "free_cancel": "0s",
    "cancellation_fee": "250",
    "start_pin": "true",
    "batch": "1",
    "vehicle_types": "sedan: suv, suv",
    "schedule_ahead": "1h",
}
ONE_KM_S = 1000
"""By the profile, which is of no city."""


def say(app: ClientConnection, kind: str, **fields: Any) -> None:
    app.send(json.dumps({"type": kind, **fields}))


def stand(app: ClientConnection, north_km: float) -> None:
    lat, lon = near_pickup(north_km)
    say(app, "location_update", latitude=lat, longitude=lon, id="here")
    hears(app, "ack")


def test_what_serve_was_told_is_what_its_apps_see(tmp_path: Path) -> None:
    resolved = load(TOLD, {})
    with chdir(tmp_path):
        profile("slow.json", float(ONE_KM_S))

    def look(address: str) -> None:
        drivers = f"ws://{address}/ws/driver"
        with (
            connect(f"{drivers}/1/") as near,
            connect(f"{drivers}/2/") as far,
            connect(f"ws://{address}/ws/ride/r1/") as p,
        ):
            stand(near, 1.0)
            stand(far, 2.0)
            p.send(json.dumps({**FIND_DRIVER, "vehicle_type": "van", "id": "van"}))
            assert hears(p, "error")["field"] == "vehicle_type"
            p.send(json.dumps({**FIND_DRIVER, "pickup_at": "2099-01-01T00:00:00Z", "id": "later"}))
            assert hears(p, "error")["field"] == "pickup_at"
            p.send(json.dumps({**FIND_DRIVER, "passenger_phone": "27821234567"}))
            searching, offer = hears(p, "searching"), hears(near, "ride_request")
            assert (searching["currency"], searching["drivers_notified"]) == ("JPY", 1)
            assert abs(offer["pickup_eta_s"] - ONE_KM_S) <= 1
            assert not offer["passenger_phone"].endswith("27821234567")
            say(near, "accept_ride", ride_id="r1", driver_id="1")
            assert len(hears(p, "driver_assigned")["start_pin"]) == 4
            say(p, "cancel_ride")
            ended = hears(p, "ride_cancelled")
            assert (ended["fee"], ended["currency"]) == (250, "JPY"), "a yen has no smaller unit"
        with httpx2.Client(trust_env=False) as client:
            trip = {name: FIND_DRIVER[name] for name in FIND_DRIVER if name.endswith("tude")}
            assert client.post(f"http://{address}/api/quotes", json=trip).status_code == 409, "there is no tariff"

    live(Given(resolved.settings, resolved.simulate, tmp_path), look)
