"""Who asks, and by which word events and apps know them."""

import pytest

from dispatch import principals
from dispatch.messages import commands
from dispatch.messages.commands import Request
from dispatch.principals import OPERATIONS, SYSTEM, Principal


@pytest.mark.parametrize(
    ("principal", "word"),
    [
        (principals.passenger_of("r1"), "passenger"),
        (principals.driver("d1"), "driver"),
        (OPERATIONS, "ops"),
        (SYSTEM, "system"),
    ],
)
def test_events_and_frames_have_a_word_for_every_role(principal: Principal, word: str) -> None:
    assert principal.by == word


def test_every_command_names_its_principal_first() -> None:
    kinds = [kind for kind in vars(commands).values() if isinstance(kind, type) and issubclass(kind, commands.Message)]
    told = [kind for kind in kinds if kind.__module__ == commands.__name__]
    assert len(told) > 10
    assert [kind for kind in told if not issubclass(kind, Request) or kind.__struct_fields__[0] != "principal"] == []


def test_a_driver_and_a_passenger_of_the_same_name_are_two_principals() -> None:
    assert principals.driver("r1") != principals.passenger_of("r1")
