"""The source of a scenario test that plays a stored ride again and holds what everybody hears today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dispatch.timestamps import time_told
from sim.replay.play import AFTER_S, LEAD_S, Performance, booking, provider, stage_settings
from sim.replay.script import RIDE, Script, ScriptLine

HEAD = '''"""A ride that was on file, from {when}, played again: everybody hears what they heard."""

{imports}from sim.stories.stage import StageDriver, near_pickup
{options}from tests.scenarios.theatre import Theatre


def test_the_ride_{name}_goes_as_it_went(play: Theatre) -> None:
    stage = play({settings})
    {ride} = stage.passenger("{ride}", at={opens})
'''
OPS_IMPORTS = "from dispatch.messages.commands import CancelRide\nfrom dispatch.principals import OPERATIONS\n"
OPTIONS_IMPORT = "from sim.world import WorldOptions\n"


def as_test(ride_id: str, player: Performance) -> str:
    """A file for tests/scenarios, of a ride that `player` has played."""
    script = player.script
    head = HEAD.format(
        when=time_told(script.begins_at),
        imports=OPS_IMPORTS if any(line.what == "closes" for line in script.lines) else "",
        options=OPTIONS_IMPORT if provider(script) else "",
        name="".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in ride_id.lower()),
        settings=_settings(script),
        ride=RIDE,
        opens=LEAD_S - 1.0,
    )
    return head + "".join(f"    {line}\n" for line in _body(player))


def _settings(script: Script) -> str:
    """The arguments of `play`."""
    arguments = [f"{name}={value!r}" for name, value in stage_settings(script).items()]
    options = ", ".join(f"{name}={value!r}" for name, value in provider(script).items())
    return ", ".join(([f"options=WorldOptions({options})"] if options else []) + arguments)


def _body(player: Performance) -> Iterator[str]:
    script = player.script
    for name, north_km in script.north_km.items():
        yield f'{name} = stage.drivers["{name}"] = StageDriver(stage, "{name}", near_pickup({north_km!r}), True)'
    for name, vehicle_type in script.vehicles.items():
        yield f'stage.world.register("{name}", {vehicle_type!r})'
    for line in script.lines:
        yield _CALLS.get(line.what, _says)(line)
    yield f"stage.run(until={round(LEAD_S + script.ends_at + AFTER_S, 3)!r})"
    yield f"assert {RIDE}.story() == {player.stage.passengers[RIDE].story()!r}"
    for name in script.north_km:
        yield f"assert {name}.story() == {player.stage.drivers[name].story()!r}"


def _at(line: ScriptLine) -> str:
    return f"at={round(LEAD_S + line.at, 3)!r}"


def _arguments(fields: dict[str, Any]) -> str:
    return "".join(f", {name}={value!r}" for name, value in fields.items())


def _says(line: ScriptLine) -> str:
    return f'{line.who}.says("{line.what}", {_at(line)}{_arguments(line.fields)})'


def _starts(line: ScriptLine) -> str:
    """With the pin, if the passenger was told one: it is drawn anew in every run."""
    if "pin" in line.fields:
        return _says(line)
    pin = f'{RIDE}.last("driver_assigned").get("start_pin", "")'
    return f'{line.who}.does(lambda: {line.who}.says("start_ride", ride_id="{RIDE}", pin={pin}), {_at(line)})'


def _closes(line: ScriptLine) -> str:
    cancel = f'CancelRide(OPERATIONS, "{RIDE}", {line.fields["reason"]!r})'
    return f'{RIDE}.does(lambda: stage.world.runtime.tell("ride/{RIDE}", {cancel}), {_at(line)})'


_CALLS: dict[str, Callable[[ScriptLine], str]] = {
    "returns": lambda line: f"{line.who}.returns({_at(line)})",
    "leaves": lambda line: f"{line.who}.leaves({_at(line)})",
    "find_driver": lambda line: f"{line.who}.books({_at(line)}{_arguments(booking(line.fields))})",
    "cancel_ride": _says,
    "start_ride": _starts,
    "closes": _closes,
}
