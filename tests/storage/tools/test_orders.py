"""Orders, as lines and as what is done to a file."""

import msgspec
import pytest

from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.blocks import NobodyThere
from dispatch.storage.tools.orders import BlockPair, SeedPeople, UnblockPair, decode, encode, perform
from dispatch.storage.tools.seed import MICHAEL, SARAH


@pytest.mark.parametrize(
    "order",
    [SeedPeople(), SeedPeople(0), BlockPair("p", "d"), BlockPair("0821234567", "d", "ZA"), UnblockPair("p", "d")],
)
def test_a_line_says_the_order_that_was_written(order: SeedPeople | BlockPair | UnblockPair) -> None:
    line = encode(order)
    assert b"\n" not in line and line.startswith(b'{"do":')
    assert decode(line) == order


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"", "truncated"),
        (b"\xff\x00", "malformed"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "missing required field `do`"),
        (b'{"do":"drop"}', "Invalid value 'drop'"),
        (b'{"do":"block","passenger":"p"}', "missing required field `driver`"),
        (b'{"do":"block","passenger":1,"driver":"d"}', r"Expected `str`, got `int` - at `\$.passenger`"),
        (b'{"do":"block","passenger":"","driver":"d"}', "length >= 1"),
        (b'{"do":"seed","fleet":-1}', r">= 0 - at `\$.fleet`"),
        (b'{"do":"seed","fleet":1000000000}', "<= 100000"),
        (b'{"do":"seed","flet":1}', "unknown field `flet`"),
    ],
)
def test_a_bad_line_is_no_order_and_says_what_is_wrong(line: bytes, says: str) -> None:
    with pytest.raises(msgspec.MsgspecError, match=says):
        decode(line)


def test_each_is_done_once_and_says_what_is_new(writer: Writer) -> None:
    pair = SARAH.passenger_id, MICHAEL.driver_id
    assert perform(writer, SeedPeople(3), 1.0) == {"passengers": 1, "drivers": 4}
    assert perform(writer, SeedPeople(3), 2.0) == {"passengers": 0, "drivers": 0}
    assert [perform(writer, BlockPair(*pair), 3.0) for _ in range(2)] == [{"news": True}, {"news": False}]
    assert [perform(writer, UnblockPair(*pair), 4.0) for _ in range(2)] == [{"news": True}, {"news": False}]
    with pytest.raises(NobodyThere):
        perform(writer, BlockPair("nobody", "d"), 5.0)
