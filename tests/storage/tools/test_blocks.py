"""Pairs that never meet, on file."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dispatch.ids import PassengerId
from dispatch.storage.failures import NotADatabase
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.tools import blocks
from dispatch.storage.tools.blocks import NobodyThere
from dispatch.storage.tools.seed import MICHAEL, SARAH, seed


def block(path: Path, passenger: str, driver: str, **options: Any) -> bool:
    with closing(Writer(path, "off")) as writer:
        return blocks.block(writer, passenger, driver, **options)


def unblock(path: Path, passenger: str, driver: str, **options: Any) -> bool:
    with closing(Writer(path, "off")) as writer:
        return blocks.unblock(writer, passenger, driver, **options)


@pytest.fixture()
def town(path: Path) -> Path:
    seed(path, fleet=1)
    return path


def blocked(path: Path, passenger: str = SARAH.passenger_id) -> tuple[str, ...]:
    reader = Reader(path)
    try:
        return reader.blocked_drivers(PassengerId(passenger))
    finally:
        reader.close()


def test_a_blocked_pair_is_read_by_the_passenger_and_nobody_else(town: Path) -> None:
    assert blocked(town) == ()
    assert block(town, SARAH.passenger_id, MICHAEL.driver_id, now=1.0)
    assert block(town, SARAH.passenger_id, "27830000001", now=2.0)
    assert blocked(town) == (MICHAEL.driver_id, "27830000001")
    assert blocked(town, "somebody") == ()


def test_blocking_twice_is_once_and_a_leading_plus_does_not_count(town: Path) -> None:
    assert block(town, "+27821234567", "+27821234568", now=1.0)
    assert not block(town, SARAH.passenger_id, MICHAEL.driver_id, now=2.0)
    assert blocked(town) == (MICHAEL.driver_id,)


def test_unblocking_lets_them_meet_again_once(town: Path) -> None:
    block(town, SARAH.passenger_id, MICHAEL.driver_id, now=1.0)
    assert unblock(town, "+" + SARAH.passenger_id, MICHAEL.driver_id)
    assert blocked(town) == ()
    assert not unblock(town, SARAH.passenger_id, MICHAEL.driver_id)


def test_somebody_who_is_not_on_file_is_named(town: Path) -> None:
    with pytest.raises(NobodyThere, match=r"there is no driver 999 in .*dispatch\.db"):
        block(town, SARAH.passenger_id, "999", now=1.0)
    with pytest.raises(NobodyThere, match="there is no passenger 998 in"):
        block(town, "998", MICHAEL.driver_id, now=1.0)
    assert blocked(town) == ()


def test_a_server_that_reads_the_file_meanwhile_sees_the_block(town: Path) -> None:
    reader = Reader(town)
    block(town, SARAH.passenger_id, MICHAEL.driver_id, now=1.0)
    assert reader.blocked_drivers(SARAH.passenger_id) == (MICHAEL.driver_id,)
    reader.close()


def test_a_file_that_is_something_else_is_left_alone(path: Path) -> None:
    path.write_text("a shopping list, and longer than a header of any database file would have to be, by far; " * 20)
    with pytest.raises(NotADatabase):
        block(path, "a", "b", now=1.0)
