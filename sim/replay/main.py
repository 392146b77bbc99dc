"""`dispatch replay`: one ride off the file, through today's code."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from dispatch.config import Rules, Settings
from dispatch.ids import DriverId
from dispatch.storage.tools.history import history_of
from dispatch.text import plain_lines, say
from sim.replay.as_test import as_test
from sim.replay.facts import differences, facts_of
from sim.replay.play import LEAD_S, Performance
from sim.replay.script import script_of
from sim.replay.tell import timeline
from sim.report.outputs import require_new


def replay(settings: Settings, ride_id: str, test_file: str | None, force: bool = False) -> int:
    """Play the ride again, print its timeline, and return 1 if today's code does something else.

    `test_file`: where a test of it is written; `-`: printed instead. `force`: over what is there already.
    """
    if test_file != "-":
        require_new("--as-test", test_file, force)
    history = [(recorded.at, recorded.event) for recorded in history_of(settings.db, ride_id)]
    script = script_of(history, settings.link_grace_s)
    player = Performance(script, **_rules(settings))
    played = player.play()
    if test_file == "-":
        print(plain_lines(as_test(ride_id, player)), end="")
        return 0
    amounts = not script.is_priced  # a stage has no tariff: there the fare of the booking is the last one
    stored = facts_of(history, script.begins_at, script.names, amounts=amounts)
    now = facts_of(played, LEAD_S, {DriverId(name): name for name in script.names.values()}, amounts=amounts)
    found = differences(stored, now)
    for line in timeline(ride_id, script, stored, found):
        say(line)
    if test_file is not None:
        Path(test_file).write_text(as_test(ride_id, player), encoding="utf-8")
        say(f"{test_file} holds it; put it into tests/scenarios")
    return 1 if found else 0


def _rules(settings: Settings) -> dict[str, Any]:
    """The rules among these settings. Where the server listens and stores does not matter on a stage."""
    names = {row.attribute for row in Rules.rows}
    return {name: value for name, value in asdict(settings).items() if name in names}
