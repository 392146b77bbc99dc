"""The future of an ask: pykka's, but it never waits."""

import pykka
import pytest

from dispatch.runtime.actor import CooperativeFuture, WouldBlock


def test_reading_an_unanswered_future_refuses_with_the_reason() -> None:
    with pytest.raises(WouldBlock, match="tell and be told"):
        CooperativeFuture().get()


def test_a_timeout_makes_no_difference_because_nobody_could_answer_meanwhile() -> None:
    with pytest.raises(WouldBlock):
        CooperativeFuture().get(timeout=60.0)


def test_an_answered_future_is_read_as_often_as_wanted() -> None:
    future = CooperativeFuture()
    future.set("assigned")
    assert [future.get(), future.get(timeout=0)] == ["assigned", "assigned"]


def test_an_answer_of_none_is_an_answer() -> None:
    future = CooperativeFuture()
    future.set(None)
    assert future.get() is None


def test_a_failure_is_raised_where_the_future_is_read() -> None:
    future = CooperativeFuture()
    try:
        raise ValueError("no such ride")
    except ValueError:
        future.set_exception()
    with pytest.raises(ValueError, match="no such ride"):
        future.get()


def test_a_future_made_of_another_refuses_as_long_as_that_is_unanswered() -> None:
    asked = CooperativeFuture()
    doubled = asked.map(lambda number: number * 2)
    with pytest.raises(WouldBlock):
        doubled.get()
    asked.set(21)
    assert doubled.get() == 42


def test_several_answers_can_be_read_together() -> None:
    futures = [CooperativeFuture() for _ in range(3)]
    for number, future in enumerate(futures):
        future.set(number)
    assert pykka.get_all(futures) == [0, 1, 2]
