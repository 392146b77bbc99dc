"""The table of who gets which answer to which message (messages.txt): every cell, over real sessions and actors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from dispatch.transport.wire.client import DRIVER_FRAMES, PASSENGER_FRAMES, STAFF_FRAMES
from dispatch.words import RefusalCode
from tests.authority.town import HERE, RIDE, TRIP, WAYS, WHO, Town

FIELDS: Final[Mapping[str, dict[str, Any]]] = {
    "find_driver": TRIP,
    "cancel_ride": {"ride_id": RIDE},
    "rate_driver": {"rating": 5},
    "location_update": HERE,
    "location_batch": {"positions": [HERE]},
    "accept_ride": {"ride_id": RIDE},
    "decline_ride": {"ride_id": RIDE},
    "set_availability": {"available": True},
    "arrived": {"ride_id": RIDE},
    "start_ride": {"ride_id": RIDE},
    "complete_ride": {"ride_id": RIDE},
    "no_show": {"ride_id": RIDE},
    "rate_passenger": {"ride_id": RIDE, "rating": 5},
    "resume": {"epoch": "", "last_seq": 0},
    "ping": {},
    "authenticate": {},
}
"""What stands in each message beside its type."""
ALWAYS: Final = "always"
CODES: Final = frozenset(map(str, RefusalCode))
SECRET: Final = ("Owner", "27820000001", "456 Oak", "-26.185", "28.055")
"""What drivers read of the passenger with the ride alone, and other passengers never."""
MAY_KNOW: Final = ("owner", "dispatcher", "manager")


def table() -> dict[tuple[str, str], dict[str, str]]:
    """By message and role, what comes in each state."""
    lines = (Path(__file__).parent / "messages.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    states = rows[0][2:]
    told: dict[tuple[str, str], dict[str, str]] = {}
    for message, role, *cells in rows[1:]:
        assert (message, role) not in told, "one row each"
        each = cells[:1] * len(states) if cells[1:] == [ALWAYS] else cells
        told[message, role] = dict(zip(states, each, strict=True))
    return told


TABLE: Final = table()


def fields_of(message: str, role: str, town: Town) -> dict[str, Any]:
    """The fields of this message as this person says it."""
    more: dict[str, Any] = {}
    if message == "accept_ride":
        more = {"driver_id": WHO[role].id}
    if message == "authenticate":
        more = {"token": town.token(role)}
    return {**FIELDS[message], **more}


def test_the_table_names_every_message_of_every_socket_for_everybody_in_every_state() -> None:
    kinds = {frame.__struct_config__.tag for frame in (*PASSENGER_FRAMES, *DRIVER_FRAMES, *STAFF_FRAMES)}
    assert set(FIELDS) == kinds
    assert set(TABLE) == {(message, role) for message in kinds for role in WHO}
    assert {tuple(row) for row in TABLE.values()} == {tuple(WAYS)}


@pytest.mark.parametrize(("message", "role"), TABLE)
def test_everybody_gets_the_answers_of_the_table(message: str, role: str) -> None:
    for state, expected in TABLE[message, role].items():
        town = Town(state)
        fields, before, since = fields_of(message, role, town), town.record(), town.stage.now
        told = town.says(role, message, id="k1", **fields)
        came = "+".join(frame.get("code") or frame["type"] for frame in told)
        assert came == expected, state
        if came in CODES:
            assert town.record() == before, f"{state}: what is refused changes nothing"
            assert town.heard_by_others(role, since) == {}, f"{state}: and nobody hears of it"
        if came == RefusalCode.NO_SUCH_RIDE:
            assert msgspec.json.encode(told) == unknown(message, role), state
        keeps_secrets(town, state)
        assert [broken for broken in town.end() if "still scheduled" not in broken] == []


UNKNOWN: Final[dict[tuple[str, str], bytes]] = {}


def unknown(message: str, role: str) -> bytes:
    """What comes of this message, byte for byte, at a ride that nobody has booked."""
    if (message, role) not in UNKNOWN:
        town = Town("unbooked")
        if message == "find_driver":  # which would book it
            told = [
                {
                    "type": "error",
                    "code": "no_such_ride",
                    "message": "there is no such ride",
                    "id": "k1",
                    "ride_id": RIDE,
                }
            ]
        else:
            told = town.says(role, message, id="k1", **fields_of(message, role, town))
        UNKNOWN[message, role] = msgspec.json.encode(told)
        town.end()
    return UNKNOWN[message, role]


def keeps_secrets(town: Town, state: str) -> None:
    """Nobody has read of the passenger what is not theirs to read, in any frame so far."""
    for name, person in town.people.items():
        knows_all = name in MAY_KNOW or person.heard("ride_accepted")
        has_booked = name == "other" and person.heard("searching")
        if not knows_all and not has_booked:
            assert not [secret for secret in SECRET if secret in str(person.frames)], (name, state)
