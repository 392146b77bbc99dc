"""Plays a script on a stage: with today's actors, sessions and codec, in virtual time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from dispatch import addresses
from dispatch.ids import DriverId, RideId
from dispatch.messages.commands import CancelRide
from dispatch.principals import OPERATIONS
from sim.city.model import MODEL_DAY
from sim.replay.script import BEFORE_S, RIDE, Script, ScriptLine
from sim.stories.stage import Stage, StageDriver, StagePassenger, StagePerson, near_pickup
from sim.world import WorldOptions

LEAD_S: Final = 5.0
"""The second of the stage at which the passenger books. Drivers come online before."""
AFTER_S: Final = 5.0
"""How long the stage runs after the last line."""


class Performance:
    """One performance. `history` afterwards: (stage second, event) as they reached the stage's journal."""

    def __init__(self, script: Script, **settings: Any) -> None:
        """`settings`: named as in `Settings`."""
        self.script = script
        self.stage = Stage(1, options=WorldOptions(**provider(script)), **{**settings, **stage_settings(script)})
        self.history: list[tuple[float, Any]] = []

    def play(self) -> list[tuple[float, Any]]:
        """Play all lines, and return the events that they led to."""
        self.stage.world.runtime.observe(self._watch)
        passenger = self.stage.passenger(RIDE, at=LEAD_S - BEFORE_S)
        people: dict[str, StagePerson] = {RIDE: passenger}
        for name, vehicle_type in self.script.vehicles.items():
            self.stage.world.register(DriverId(name), vehicle_type)
        for name, north_km in self.script.north_km.items():
            driver = StageDriver(self.stage, name, near_pickup(north_km), True)
            people[name] = self.stage.drivers[name] = driver
        for line in self.script.lines:
            self._perform(people[line.who], line)
        self.stage.run(until=LEAD_S + self.script.ends_at + AFTER_S)
        return self.history

    def _perform(self, person: StagePerson, line: ScriptLine) -> None:
        at = LEAD_S + line.at
        if line.what == "returns":
            person.returns(at=at)
        elif line.what == "leaves":
            person.leaves(at=at)
        elif line.what == "closes":
            cancel = CancelRide(OPERATIONS, RideId(RIDE), line.fields["reason"])
            person.does(lambda: self._tell_ride(cancel), at=at)
        elif line.what == "start_ride" and "pin" not in line.fields:
            person.does(lambda: person.says("start_ride", ride_id=RIDE, pin=self._pin()), at=at)
        elif isinstance(person, StagePassenger) and line.what == "find_driver":
            person.books(at=at, **booking(line.fields))
        else:
            person.says(line.what, at=at, **line.fields)

    def _tell_ride(self, cancel: CancelRide) -> None:
        self.stage.world.runtime.tell(addresses.ride(RideId(RIDE)), cancel)

    def _pin(self) -> str:
        """The pin that the passenger was told in this run."""
        told = self.stage.passengers[RIDE].heard("driver_assigned")
        return str(told[-1].get("start_pin", "")) if told else ""

    def _watch(self, now: float, address: str, message: Any) -> None:
        if address != addresses.JOURNAL:
            return
        for event in message.events:
            if getattr(event, "ride_id", None) == RIDE:
                self.history.append((self.stage.now, event))


def stage_settings(script: Script) -> dict[str, Any]:
    """Settings of the stage, whatever the rules are: nobody is followed there, and cards are taken if the ride was by card."""
    settings: dict[str, Any] = {"follow_drivers": "off"}
    if any("payment_method" in line.fields for line in script.lines):
        settings["payment"] = "http"
    charge = script.charge
    if charge is not None:
        settings["currency"], settings["currency_digits"] = charge.currency, str(charge.digits)
        settings |= {fee: minor / 10**charge.digits for fee, minor in script.fees_minor.items()}
    return settings


def provider(script: Script) -> dict[str, Any]:
    """What the stage's provider answers, as options of the world: the same as the real one. A charge that is still open is paid."""
    return {"decline_rate": 1.0} if script.charge_ended == "declined" else {}


def booking(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a script's `find_driver` as the stage's `books` takes them."""
    fields = dict(fields)
    pickup_in_s = fields.pop("pickup_in_s", None)
    fields["fare"] = fields.pop("fare_amount")
    if pickup_in_s is not None:
        fields["pickup_at"] = datetime.fromtimestamp(MODEL_DAY + LEAD_S + pickup_in_s, UTC).isoformat()
    return fields
