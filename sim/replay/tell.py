"""A replayed ride for people: the timeline of what is on file, and where today's code does something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dispatch.masking.phones import masked_id
from dispatch.timestamps import time_told
from sim.replay.facts import Fact, FactDifference
from sim.replay.script import Script

SAME = "Today's code does the same."


def timeline(ride_id: str, script: Script, stored: Sequence[Fact], found: Sequence[FactDifference]) -> Iterator[str]:
    """Line by line. Times are seconds after the booking."""
    yield f"ride {ride_id}, {time_told(script.begins_at)}"
    for driver_id, name in script.names.items():
        yield f"{name} is driver {masked_id(driver_id)}, {script.north_km.get(name, 0.0):.2f} km from the pickup when asked"
    yield ""
    changed = {difference.fact for difference in found if difference.which == "stored"}
    for fact in stored:
        yield f"{fact.at:>9.1f} s  {fact.text}" + ("   <- not any more" if fact in changed else "")
    yield ""
    for what in script.unplayable:
        yield f"cannot be played again: {what}"
    if not found:
        yield SAME
        return
    yield "Today's code differs:"
    for which, fact in found:
        yield f"{fact.at:>9.1f} s  {'was' if which == 'stored' else 'now'}: {fact.text}"
