"""What is decided stays as it is while the inside changes: the digests of twenty small towns, written down by hand.

A commit that changes a value here says why. The digests of messages may change with any commit. That of the shipped day is in
tests/test_docs.py, beside the figures of README.
"""

from __future__ import annotations

from msgspec.structs import replace

from dispatch.config import Settings
from dispatch.domain.payment import CARD
from dispatch.ids import DriverId
from sim.city.demand import Demand, poisson
from sim.city.model import City
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.world import World, WorldOptions

DRIVERS, RIDES, FOR_S = 25, 60, 3600.0
SETTINGS = Settings(explain_candidates=0, follow_drivers="off", payment="http", currency="ZAR")
KEPT = """
0 396 ee53eb3a77b1b8a354ed5ba586251317
1 458 b93e07c334291c392da242f1b63956ab
2 379 ac6f5ae87b28b039b25681698be8471a
3 418 86ccd6d69459d5b729ca86892aa1a41a
4 388 ef8f07a4f16b26ec8f2266bde1247de2
5 423 ccf182f8bc8203213dffce7740a59488
6 444 2b282c797dbe734073d4dcf21f0f93a0
7 396 2c0957f4bd4d09e87affa53e0127d0b8
8 436 ece8402329554a7bbb1e97f246aafc27
9 431 2e53bfb6bad229be471d33d6b02cb810
10 356 22a1154ff43caf63bc8883ddefb07883
11 459 359ef78474305e9369838f9af64e179a
12 380 a91b397445572568c5d0f682fbf26206
13 390 68c8149d83e16f33c3c90e30436c7250
14 425 ad72b45cd547317ca0c72c693a2f11d4
15 417 b3262d8b366c485827cc44ff9ac5fcd2
16 376 7a8b86bf7071c3048a6aafbfd357b68c
17 367 c801476535af445b4fd2293b29afc687
18 440 616d946676ee92a0ad1db68be48bb48d
19 420 15f58829d71ca291317190154884cc63
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
