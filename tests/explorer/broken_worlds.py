"""Stories in which a whole world is not as it should be, which the checks of small worlds look for between instants and at the end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dispatch import addresses
from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.driver import DriverActor
from dispatch.config import Settings
from dispatch.domain.matching.search import Search
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.commands import Detach
from dispatch.runtime import Actor
from dispatch.transport import wire
from dispatch.values import Passenger, Place, RideCard, Trip
from sim.checks.agreement import check_accounts, check_views
from sim.checks.streams import check_streams
from sim.explore.small import SmallWorld
from sim.people.behaviour import DriverBehaviour
from sim.people.resuming import ResumingDriver
from sim.stories.stage import DROPOFF, PICKUP
from sim.world import World
from tests.actors.rig import AS_ANN
from tests.explorer.breaking import breaks
from tests.sim.explore import test_lossy_day

D1, R1 = DriverId("d1"), RideId("r1")
TRIP = Trip(Place(*PICKUP), Place(*DROPOFF), 5.2, 15.0, 85.5)
CARD = RideCard(R1, 1, Passenger(PassengerId("p1"), "Ann", ""), TRIP)


class Town:
    """A world with one driver, d1, who is free; and what its actors know."""

    def __init__(self) -> None:
        self.world = World(1, Settings(explain_candidates=0))
        self.phone = ResumingDriver(
            D1,
            self.world.runtime,
            self.world.runtime.rng("d1"),
            DriverBehaviour(),
            self.world.travel,
            PICKUP,
            self.world.figures,
        )
        self.phone.connect = lambda: self.world.connect_driver(self.phone)
        self.world.enlist(self.phone)
        self.world.run(1.0)
        dispatcher = self.world.runtime.actor(addresses.dispatcher("0"))
        assert isinstance(dispatcher, DispatcherActor)
        self.dispatcher = dispatcher

    @property
    def driver(self) -> DriverActor:
        """d1's actor."""
        actor = self.world.runtime.actor("driver/d1")
        assert isinstance(actor, DriverActor)
        return actor


@breaks("check_views: same-view")
def the_dispatcher_believes_in_an_offer_that_the_driver_does_not_hold() -> None:
    town = Town()
    town.dispatcher.supply.get(D1).pending[OfferId("o1")] = R1
    check_views(town.world)


@breaks("check_views: same-view (2)")
def the_dispatcher_takes_a_free_driver_for_a_busy_one() -> None:
    town = Town()
    town.dispatcher.supply.get(D1).status = "busy"
    check_views(town.world)


@breaks("check_views: same-view (3)")
def a_search_waits_for_an_answer_to_an_offer_that_nobody_holds() -> None:
    town = Town()
    search = town.dispatcher.searches[R1] = Search(CARD, 1.0, town.dispatcher.rules)
    search.apply(search.asking([(10.0, D1)], 10_000.0, 1.0))
    assert search.open
    check_views(town.world)


@breaks("check_views: nobody-idle")
def a_search_has_a_place_and_the_driver_beside_it_is_not_asked() -> None:
    town = Town()
    now = town.world.runtime.now
    search = town.dispatcher.searches[R1] = Search(CARD, now, town.dispatcher.rules)
    search.apply(search.asking([], 10_000.0, now))
    town.dispatcher.supply.drain()
    town.dispatcher.supply.moved_since_sweep()
    check_views(town.world)


@breaks("check_accounts: replay")
def a_ride_ended_and_its_events_do_not_say_so() -> None:
    town = Town()
    town.world.watch.ledger.ended[R1] = "completed"
    check_accounts(town.world)


@breaks("check_accounts: passenger-knows")
def a_passenger_still_waits() -> None:
    town = Town()
    town.world.passengers[R1] = object()  # type: ignore[assignment]
    check_accounts(town.world)


@breaks("_check_driver: in-service")
def a_driver_has_no_actor() -> None:
    town = Town()
    town.world.drivers[DriverId("d2")] = town.phone
    check_accounts(town.world)


@breaks("_check_driver: replay")
def a_driver_is_still_reserved() -> None:
    town = Town()
    town.driver.driver.binding = "reserved"
    check_accounts(town.world)


@breaks("_check_driver: driver-knows", "_check_driver: driver-knows (2)", "_check_driver: answered")
def an_app_still_shows_a_ride_and_an_offer_and_waits_for_an_answer() -> None:
    town = Town()
    town.phone.ride = SimpleNamespace(ride_id=R1)  # type: ignore[assignment]
    town.phone.offers["o1"] = "r1"
    town.phone.unanswered["k1"] = wire.Ping(id="k1")
    check_accounts(town.world)


@breaks("check_streams: stream-known")
def an_app_has_not_heard_the_last_message() -> None:
    town = Town()
    town.driver.app.stream.seq += 7
    check_streams(town.world)


class Restless(Actor):
    """Tells itself the same for ever."""

    def on_receive(self, message: Any) -> None:
        self.runtime.tell(self.address, message)


class Broken(Actor):
    """Fails at whatever it is told."""

    def on_receive(self, message: Any) -> None:
        raise ZeroDivisionError("a mistake of the program")


def played_with(actor_type: type[Actor]) -> None:
    """A small world in which somebody tells this actor something."""
    world = SmallWorld(3, permute=True)
    world.runtime.spawn(actor_type(world.runtime, "ride/odd"))
    world.runtime.set_timer(1.0, "ride/odd", Detach(AS_ANN, (0, 1)))
    world.play()


@breaks("SmallWorld.play: no-livelock")
def messages_breed_messages_and_the_clock_stands() -> None:
    played_with(Restless)


@breaks("LossyDay.settle: no-livelock")
def messages_of_a_day_breed_messages_and_the_clock_stands() -> None:
    test_lossy_day.test_an_instant_without_an_end_is_a_violation_and_ends_the_run()


@breaks("SmallWorld._judge_failures: no-crash")
def an_actor_fails_that_nobody_hurt() -> None:
    played_with(Broken)
