"""Operations end a ride by a request: the desk, the ride and its passenger, over a real server."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2

from dispatch.actors.ride import RideActor
from dispatch.addresses import JOURNAL, RIDE
from dispatch.config import Settings
from dispatch.domain.ride.record import RideRules
from dispatch.messages.commands import FindDriver
from dispatch.runtime.realtime import RealtimeRuntime
from dispatch.storage.log.memory import MemoryJournal
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.requests import Requests
from dispatch.transport.http.routes.rides import ride_routes
from dispatch.transport.ws.server import run
from tests.actors.rig import ANN, AS_ANN, TRIP
from tests.actors.rig import RIDE as R1
from tests.transport.echo import EchoGateway, serving

Story = Callable[[httpx2.AsyncClient, RealtimeRuntime], Awaitable[None]]


def at_the_desk(story: Story) -> None:
    """Play it where r1 is searching and nobody else rides."""

    async def play() -> None:
        runtime = RealtimeRuntime("seed")
        journal = MemoryJournal(runtime)
        runtime.sink(JOURNAL, journal)

        def wake(address: str, message: object) -> RideActor | None:
            known = isinstance(message, FindDriver) or journal.events_of(address)
            return RideActor(runtime, address, journal, RideRules()) if known else None

        runtime.factory(RIDE, wake)
        runtime.tell("ride/r1", FindDriver(AS_ANN, R1, TRIP, ANN))
        routes = ride_routes(Requests(runtime, Settings()))
        async with (
            asyncio.timeout(20),
            serving(EchoGateway(), http_app(routes, Admission(Settings()))) as served,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client,
        ):
            await story(client, runtime)

    run(play())


def test_a_ride_is_ended_by_operations_with_their_reason() -> None:
    async def story(client: httpx2.AsyncClient, runtime: RealtimeRuntime) -> None:
        answer = await client.post("/api/rides/r1/cancel", json={"reason": "a complaint"})
        assert answer.status_code == 200
        assert answer.json() == {"ride_id": "r1", "status": "cancelled", "by": "ops", "reason": "a complaint"}
        ride = runtime.actor("ride/r1")
        assert isinstance(ride, RideActor) and (ride.ride.ended_by, ride.ride.reason) == ("ops", "a complaint")
        again = await client.post("/api/rides/r1/cancel", json={"reason": "another"})
        assert (again.status_code, again.json()["reason"]) == (200, "a complaint")

    at_the_desk(story)


def test_a_ride_that_nobody_booked_is_not_found() -> None:
    async def story(client: httpx2.AsyncClient, runtime: RealtimeRuntime) -> None:
        for name in ("r2", "a%20b"):
            answer = await client.post(f"/api/rides/{name}/cancel", json={})
            assert (answer.status_code, answer.json()["code"]) == (404, "no_such_ride")

    at_the_desk(story)


def test_what_is_wrong_with_a_request_is_said_and_nothing_happens() -> None:
    async def story(client: httpx2.AsyncClient, runtime: RealtimeRuntime) -> None:
        odd = {"Content-Type": "Application/JSON; charset=utf-8"}
        spelt = await client.post("/api/rides/r1/cancel", content="\ufeff[]", headers=odd)
        assert spelt.json()["message"] == "the body must be a JSON object, got an array"
        plain = await client.post("/api/rides/r1/cancel", content="{}", headers={"Content-Type": "text/plain"})
        assert (plain.status_code, plain.json()["message"]) == (415, "the Content-Type must be application/json")
        mistyped = await client.post("/api/rides/r1/cancel", json={"reason": 7})
        assert (mistyped.json()["code"], mistyped.json()["field"]) == ("bad_field", "reason")
        ride = runtime.actor("ride/r1")
        assert isinstance(ride, RideActor) and ride.ride.status == "pending"

    at_the_desk(story)
