"""What a sandbox has come to, as another process reads it."""

import msgspec

from sim.demo.server import Usage
from sim.sandbox.figures import FiguresSoFar, SandboxGauges, nothing_yet


def test_before_anybody_connects_there_is_nothing_but_the_fleet() -> None:
    told = nothing_yet(3, 7)
    assert (told.figures["seed"], told.figures["drivers"], told.figures["requests"]) == (3, 7, 0)
    glance = SandboxGauges("a town", 30.0).look(told, None, 1.0, 0.0)
    assert (glance.fleet, glance.connected, glance.assign_p50_s, glance.server_cpu) == (7, 0, None, None)
    assert glance.doing == "starting the server"


def test_what_is_told_survives_its_way_to_the_other_process_and_speeds_are_those_between_two_looks() -> None:
    told = nothing_yet(1, 2)
    later = msgspec.structs.replace(
        told,
        figures={**told.figures, "assigned": 6, "positions": 40},
        rides={"completed": 2},
        connected=2,
        errors={"too_early": 3},
    )
    read = msgspec.json.decode(msgspec.json.encode(later), type=FiguresSoFar)
    assert read == later
    gauges = SandboxGauges("a town", None)
    gauges.look(told, Usage(1.0, 5), 100.0, 0.0)
    glance = gauges.look(read, Usage(1.5, 6), 102.0, 2.0)
    assert (glance.positions_per_s, glance.assignments_per_minute, glance.server_cpu) == (20.0, 180.0, 0.25)
    assert (glance.errors, glance.rides, glance.server_memory_bytes) == (3, {"completed": 2}, 6)
