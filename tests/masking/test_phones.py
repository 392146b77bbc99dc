"""What is shown of a phone number, of an id that was made of one, and of a text that has one in it."""

import pytest

from dispatch.masking.phones import HIDDEN, mask_within, masked, masked_id
from dispatch.phones import next_holder


@pytest.mark.parametrize("length", range(1, 21))
def test_a_mask_hides_at_least_four_digits_and_half_of_a_short_number(length: int) -> None:
    phone = "27821234567890123456"[:length]
    shown = masked(phone).replace(HIDDEN, "")
    assert masked(phone).count(HIDDEN) == 1
    if length >= 11:
        assert shown == phone[:4] + phone[-4:]
    else:
        assert len(shown) <= length / 2
        assert length - len(shown) >= min(4, length)


def test_a_mask_is_the_same_for_every_way_of_writing_and_leaves_other_ids_readable() -> None:
    assert {masked(text) for text in ("27821234567", "+27 82 123-4567", "+\u06f2\u06f7821234567")} == {"2782•••4567"}
    assert masked("") == ""
    assert masked_id("27821234567") == "2782•••4567"
    assert masked_id("821234567") == "82•••67"
    assert [masked_id(ident) for ident in ("d1", "anna", "ride-r1", "1234")] == ["d1", "anna", "ride-r1", "1234"]


def test_the_id_of_a_later_holder_hides_its_number_too() -> None:
    ident = next_holder("27821234570", 2)
    assert (masked_id(ident), mask_within(f"driver/{ident}")) == ("2782•••4570_2", "driver/2782•••4570_2")
