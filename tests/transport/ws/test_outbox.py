"""What waits for a slow reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.transport.ws.outbox import Outbox


def drained(outbox: Outbox) -> list[bytes]:
    return [outbox.take() for _ in range(len(outbox))]


def test_critical_frames_leave_in_the_order_in_which_they_came() -> None:
    outbox = Outbox(8, 1000)
    assert all(outbox.put(frame) for frame in (b"1", b"2", b"3"))
    assert drained(outbox) == [b"1", b"2", b"3"]


def test_of_the_others_the_newest_of_each_kind_leaves_behind_the_critical_ones() -> None:
    outbox = Outbox(8, 1000)
    assert outbox.put(b"old pong", "pong")
    assert outbox.put(b"place", "place")
    assert outbox.put(b"critical")
    assert outbox.put(b"new pong", "pong")
    assert drained(outbox) == [b"critical", b"place", b"new pong"]


def test_a_full_outbox_says_so_instead_of_losing_a_critical_frame() -> None:
    outbox = Outbox(2, 1000)
    assert outbox.put(b"1")
    assert outbox.put(b"2")
    assert not outbox.put(b"3")
    assert drained(outbox) == [b"1", b"2"]


def test_bytes_are_limited_too_and_room_comes_back_as_frames_leave() -> None:
    outbox = Outbox(100, 10)
    assert outbox.put(b"x" * 6)
    assert not outbox.put(b"x" * 5)
    outbox.take()
    assert outbox.put(b"x" * 10)


def test_a_frame_that_is_replaced_gives_its_room_back() -> None:
    outbox = Outbox(100, 10)
    for _ in range(5):
        assert outbox.put(b"x" * 10, "place")


def test_nothing_can_be_taken_from_an_empty_outbox() -> None:
    with pytest.raises(KeyError, match="empty"):
        Outbox(1, 1).take()


@given(st.lists(st.tuples(st.sampled_from(["critical", "a", "b", "take"]), st.binary(max_size=6))))
def test_whatever_happens_no_admitted_critical_frame_is_lost_and_no_limit_is_passed(
    moves: list[tuple[str, bytes]],
) -> None:
    outbox, admitted, taken = Outbox(4, 12), [], []
    for move, frame in moves:
        if move == "take":
            taken += [outbox.take()] if outbox else []
        elif move != "critical":
            outbox.put(b"-" + frame, move)
        elif outbox.put(b"!" + frame):
            admitted.append(b"!" + frame)
        assert len(outbox) <= 4
    rest = drained(outbox)
    assert len(b"".join(rest)) <= 12
    assert [frame for frame in taken + rest if frame.startswith(b"!")] == admitted
