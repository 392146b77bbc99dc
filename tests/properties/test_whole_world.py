"""Anything that people may do, in any order, to the whole dispatcher: no invariant breaks, and all ends well.

The people are those of the scenarios, so a story that breaks a rule is a scenario to be written down.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dispatch.messages.base import Message
from dispatch.runtime import Actor
from sim.stories.stage import Stage, StageDriver, StagePassenger, StagePerson
from sim.world import WorldOptions
from tests.thorough import times

DRIVERS, RIDES = ("d1", "d2", "d3", "d4"), ("r1", "r2", "r3")
drivers, rides = st.sampled_from(DRIVERS), st.sampled_from(RIDES)
STEPS = ("arrived", "start_ride", "complete_ride", "no_show", "cancel_ride")
NEXT = {"ride_accepted": "arrived", "driver_arrived": "start_ride", "ride_started": "complete_ride"}
QUICK: dict[str, Any] = {"search_cap_s": 90.0, "no_show_s": 20.0, "link_grace_s": 30.0, "retire_after_s": 20.0}

LONGEST_DOWN_S = 40.0


class Fault(Exception):
    """What a hurt handler raises."""


class WholeWorld(RuleBasedStateMachine):
    """Four drivers and three rides; deliveries of one instant come in any order, commits take a while."""

    @initialize(seed=st.integers(0, 999), live_offers=st.sampled_from((1, 2)), batch=st.sampled_from((1, 2, 5)))
    def a_stage(self, seed: int, live_offers: int, batch: int) -> None:
        options = WorldOptions(permute=True, commit_delay_s=(0.0, 0.02), supervise=True)
        self.stage = Stage(seed, options=options, live_offers=live_offers, batch=batch, **QUICK)
        for number, name in enumerate(DRIVERS):
            self.stage.driver(name, north_km=0.5 + number)
        for name in RIDES:
            self.stage.passenger(name)
        self.stage.run(until=0.5)

    # -- passengers

    @rule(ride=rides, fare=st.sampled_from((80.0, 90.0)), require_pin=st.booleans())
    def books(self, ride: str, fare: float, require_pin: bool) -> None:
        self.of(ride).books(fare=fare, require_pin=require_pin)

    @rule(ride=rides)
    def cancels(self, ride: str) -> None:
        self.of(ride).cancels()

    @rule(ride=rides, rating=st.integers(1, 5))
    def rates(self, ride: str, rating: int) -> None:
        self.of(ride).says("rate_driver", rating=rating)

    # -- drivers

    @rule(name=drivers, ride=rides, accepts=st.booleans())
    def answers(self, name: str, ride: str, accepts: bool) -> None:
        driver = self.who(name)
        (driver.accepts if accepts else driver.declines)(ride)

    @rule(number=st.integers(0, 9), accepts=st.sampled_from((True, True, False)))
    def answers_an_offer(self, number: int, accepts: bool) -> None:
        """An offer on a driver's screen, closed by now or not."""
        asked = [
            (driver, frame["ride_id"])
            for driver in self.stage.drivers.values()
            for frame in driver.heard("ride_request")
        ]
        if asked:
            driver, ride = asked[-1 - number % len(asked)]
            (driver.accepts if accepts else driver.declines)(ride)
            self.stage.run(until=self.stage.now + 0.1)

    @rule(number=st.integers(0, 3))
    def goes_on(self, number: int) -> None:
        """A driver takes the next step of the last ride that was given to that driver."""
        given = [
            (driver, frame["ride_id"])
            for driver in self.stage.drivers.values()
            for frame in driver.heard("ride_accepted")
        ]
        if given:
            driver, ride = given[-1 - number % len(given)]
            taken = [kind for kind in driver.story() if kind in NEXT]
            self.drives(driver.name, ride, NEXT[taken[-1]])
            self.stage.run(until=self.stage.now + 0.1)

    @rule(name=drivers, ride=rides, step=st.sampled_from(STEPS))
    def drives(self, name: str, ride: str, step: str) -> None:
        self.who(name).says(step, ride_id=ride, **(self.pin(ride) if step == "start_ride" else {}))

    def pin(self, ride: str) -> dict[str, str]:
        """The pin that the passenger says to the driver: the last one that was told."""
        told = [frame["start_pin"] for frame in self.of(ride).heard() if "start_pin" in frame]
        return {"pin": told[-1]} if told else {}

    @rule(name=drivers, wants=st.booleans())
    def wants_offers(self, name: str, wants: bool) -> None:
        self.who(name).wants_offers(wants)

    @rule(name=drivers, north_km=st.sampled_from((0.1, 2.0, 9.0)))
    def moves(self, name: str, north_km: float) -> None:
        self.who(name).moves(north_km)

    # -- links, faults and time

    @rule(name=drivers | rides, how=st.sampled_from(("leaves", "dies", "returns")))
    def link(self, name: str, how: str) -> None:
        person = self.stage.drivers.get(name) or self.stage.passengers[name]
        getattr(person, how)()

    @rule(address=st.sampled_from(("dispatcher/0", "driver/d1", "ride/r1")))
    @precondition(lambda self: self.stage.now - self.hurt_at > 10.0)
    def an_actor_fails(self, address: str) -> None:
        """Its next message is set aside and it is made anew."""
        actor = self.stage.world.runtime.actor(address)
        if actor is not None:
            hurt(actor)
            self.hurt_at = self.stage.now

    @rule(
        down_s=st.sampled_from((0.0, 0.0, 2.0, 40.0)), at_once=st.booleans(), seconds=st.sampled_from((0.0, 0.005, 0.1))
    )
    @precondition(lambda self: not self.stage.world.is_down)
    def the_process_dies(self, down_s: float, at_once: bool, seconds: float) -> None:
        """It does so a moment later, as it may with a commit under way, and starts again; some apps are back when it does."""
        self.stage.run(until=self.stage.now + seconds)
        connected = [person for person in self.everybody() if person.link is not None]
        self.stage.crashes(down_s=down_s)
        for person in connected if at_once else ():
            person.returns(at=self.stage.now + down_s)

    @rule(seconds=st.sampled_from((0.0, 0.1, 3.0, 31.0)))
    def time_passes(self, seconds: float) -> None:
        self.stage.run(until=self.stage.now + seconds)

    # -- what must hold

    @invariant()
    def no_invariant_broke(self) -> None:
        assert list(self.stage.world.watch.violations) == []

    def teardown(self) -> None:
        """Everybody comes back, passengers say their pins, and drivers finish what they are on."""
        self.stage.run(until=self.stage.now + LONGEST_DOWN_S)
        for person in self.everybody():
            person.connect()
        self.stage.run(until=self.stage.now + 1.0)
        for driver in self.stage.drivers.values():
            for ride in RIDES:
                driver.says("start_ride", ride_id=ride, **self.pin(ride))
        self.stage.run(until=self.stage.now + 1.0)
        assert self.stage.end() == []
        assert [text for _, error in self.stage.world.failures if (text := repr(error)) != repr(Fault())] == []

    hurt_at = -100.0

    def everybody(self) -> list[StagePerson]:
        return [*self.stage.passengers.values(), *self.stage.drivers.values()]

    def of(self, ride: str) -> StagePassenger:
        return self.stage.passengers[ride]

    def who(self, name: str) -> StageDriver:
        return self.stage.drivers[name]


def hurt(actor: Actor) -> None:
    """Its next message but the journal's answers finds a bug."""

    def take(message: Message, reply_to: None) -> None:
        if type(message).__name__ in ("Appended", "NotAppended"):
            type(actor).take(actor, message, reply_to)
        else:
            actor.failure = Fault()

    actor.take = take  # type: ignore[method-assign]


TestWholeWorld = WholeWorld.TestCase
TestWholeWorld.settings = settings(
    max_examples=times(60),
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
