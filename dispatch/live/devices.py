"""Devices of drivers on the live file, and the pushes that wake them: what routes and drivers' actors ask for."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from dispatch import addresses
from dispatch.errors import Unavailable
from dispatch.ids import DriverId, PersonId
from dispatch.live.file import RunsJobs
from dispatch.messages.matching import DevicesChanged
from dispatch.messages.providers import PushOffer
from dispatch.metric_families import Figures
from dispatch.principals import Principal
from dispatch.providers.outgoing import Outgoing
from dispatch.providers.push import MOST_AT_ONCE, Push, Pusher
from dispatch.runtime import Runtime
from dispatch.storage.log.on_file import Reader
from dispatch.storage.people import devices
from dispatch.timestamps import rfc3339

Told = dict[str, Any]


class LiveDevices:
    """`KeepsDevices` of the live file, and the sink at `addresses.PUSHES`. Made by the composition root, used on the event loop."""

    def __init__(self, do: RunsJobs, store: Reader, pusher: Pusher | None, runtime: Runtime) -> None:
        """`pusher`: None: nobody sends pushes here."""
        self._do = do
        self._store = store
        self._pusher = pusher
        self._runtime = runtime
        self._forgetting = Outgoing(MOST_AT_ONCE)

    async def stop(self) -> None:
        """Cancel what is under way."""
        await self._forgetting.stop()

    def figures(self) -> Figures:
        """For `/metrics`."""
        return {"dispatch_pushes": self._pusher.counts if self._pusher is not None else {}}

    # -- what routes ask

    async def register(self, who: Principal, session: str, token: str, platform: str) -> Told:
        """Keep this device for the driver. Returns it. Raises Unavailable."""
        job = partial(
            devices.register,
            person_id=PersonId(who.id),
            session=session,
            token=token,
            platform=platform,
            now=self._runtime.now,
        )
        device, before = await self._do(job)
        if before is not None:
            self.changed(DriverId(before))
        return {**_told(device), "pushes": self._pusher is not None}

    async def of_driver(self, who: Principal) -> Told:
        """The driver's devices."""
        found = await self._do(lambda writer: devices.of_person(writer.db, who.id))
        return {"devices": [_told(device) for device in found], "pushes": self._pusher is not None}

    async def drop(self, who: Principal, device_id: str) -> None:
        """Forget a device, if the driver has it. Raises Unavailable."""
        await self._do(partial(devices.drop, person_id=PersonId(who.id), device_id=device_id))
        self.changed(DriverId(who.id))

    def changed(self, driver_id: DriverId) -> None:
        """A device of this driver is gone: one who is in memory hears of it."""
        address = addresses.driver(driver_id)
        if self._runtime.actor(address) is not None:
            self._runtime.tell(address, DevicesChanged())

    def logins_ended(self, sessions: Iterable[str]) -> None:
        """These login sessions are over, and their devices with them."""
        for session in sessions:
            for driver_id in self._store.person_of_login(session):
                self.changed(driver_id)

    # -- what drivers' actors ask

    def deliver(self, message: PushOffer) -> None:
        """Push to all devices of the driver."""
        if self._pusher is None:
            return
        for device_id, token, platform in self._store.devices_of(message.driver_id):
            push = Push(token, platform, message.ride_id, message.offer_id, message.expires_at)
            self._pusher.send(push, partial(self._gone, message.driver_id, device_id))

    def _gone(self, driver_id: DriverId, device_id: str) -> None:
        """The push service does not know the device any more."""
        # If this fails, the next push finds out again.
        self._forgetting.begin(lambda: self._forget(driver_id, device_id))

    async def _forget(self, driver_id: DriverId, device_id: str) -> None:
        try:
            await self._do(partial(devices.drop, person_id=PersonId(driver_id), device_id=device_id))
        except Unavailable:
            return  # the next push finds out again
        self.changed(driver_id)


def _told(device: devices.Device) -> Told:
    return {"device_id": device.device_id, "platform": device.platform, "registered_at": rfc3339(device.at)}
