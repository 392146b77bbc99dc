"""What is decided stays as it is while the inside changes: the digests of twenty small towns, written down by hand.

A commit that changes a value here says why. The digests of messages may change with any commit. That of the shipped day is in
tests/test_docs.py, beside the figures of README.
"""

from __future__ import annotations

from msgspec.structs import replace

from dispatch.config import Settings
from dispatch.ids import DriverId
from dispatch.values import CARD
from sim.city.demand import Demand, poisson
from sim.city.model import City
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.world import World, WorldOptions

DRIVERS, RIDES, FOR_S = 25, 60, 3600.0
SETTINGS = Settings(explain_candidates=0, follow_drivers="off", payment="http", currency="ZAR")
KEPT = """
0 396 e5c817dda4965f3ea11a9312ad62b66a
1 458 6a3ddfeb7be5d32977cbea0572bf9535
2 379 b19da6f4d0f3fa0d2bf1ea5caad9fb90
3 418 ab1707be9d090b5a345a400d84415f38
4 388 96d7f731f564690fa1676158607c8e4b
5 423 94f2eb643277a06747448c6c6c0e84d7
6 444 e7c2ea024add34d34864d536ee466ad1
7 396 c0449513ee6d795fc89269e389e1a1c1
8 436 742eccf4a339430b00987bfce7208995
9 431 84034b5da2c50600ee47f018d5610df8
10 356 0487e0cf2f0bb4436372e210d3244761
11 459 f14ebc9b02110ac3c913086156dfad0f
12 380 1a2f0285d63370d124dc3c5bee816948
13 390 7078ad276fe4a4e869e90d48c46bcf81
14 425 df86af6f97c11aeac8ea5ae10d0394c4
15 417 93ce297dc414e216d7863287f19f7fda
16 376 3e241e4cd53344a57626355893f3fa1f
17 367 fce7663259a370a606aeb0d172875c31
18 440 c18d626127e44454884d263e81dbbe13
19 420 c2b85bf31effd0edeff7166099e74d00
"""


def paid(demand: Demand, method: str) -> Demand:
    return demand._replace(trip=replace(demand.trip, payment_method=method))


def decided(seed: int) -> str:
    """An hour of a town with too few drivers, half of its passengers paying by card: how many decisions, and their digest."""
    world = World(seed, SETTINGS, WorldOptions(plain=True, decline_rate=0.1))
    dice, city = world.runtime.rng, City()
    for number in range(DRIVERS):
        world.add_driver(DriverId(f"d{number}"), city.sample(dice("fleet")), DriverBehaviour())
    world.report_positions()
    demands = poisson(city, dice("demand"), rides=RIDES, for_s=FOR_S)
    world.expect(
        [paid(demand, CARD if number % 2 else "") for number, demand in enumerate(demands)], PassengerBehaviour()
    )
    world.settle()
    world.close()
    assert not world.watch.violations
    made = world.watch.ledger.decisions
    return f"{seed} {made.count} {made.digest()}"


def test_twenty_towns_decide_what_they_decided_before() -> None:
    found = [decided(seed) for seed in range(20)]
    assert found == KEPT.split("\n")[1:-1], "\n".join(found)
