"""Any order that a network could give: all of them, and none that it could not."""

from itertools import pairwise, permutations
from typing import Any, NamedTuple

import msgspec
import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.runtime import Actor, PermutedRuntime, receives


class Go(msgspec.Struct, frozen=True):
    letters: int = 1


class Letter(msgspec.Struct, frozen=True):
    sender: str
    number: int


class Sender(Actor):
    @receives(Go)
    def _on_go(self, message: Go) -> None:
        for number in range(message.letters):
            self.runtime.tell("driver/1", Letter(self.address, number))


class Receiver(Actor):
    read: list[Letter]
    """Belongs to the world, so that a successor goes on where this one left."""

    @receives(Letter)
    def _on_letter(self, message: Letter) -> None:
        self.read.append(message)


class Passing(Receiver):
    """Leaves memory after every letter."""

    @receives(Letter)
    def _on_letter(self, message: Letter) -> None:
        self.read.append(message)
        self.runtime.retire(self.address)


class World(NamedTuple):
    """Senders who wait to be told to go, and what `driver/1` has read."""

    runtime: PermutedRuntime
    read: list[Letter]


def world(seed: int, senders: int = 0, receiver: type[Receiver] = Receiver) -> World:
    made = World(PermutedRuntime(seed), [])

    def make(address: str, message: Any) -> Receiver:
        actor = receiver(made.runtime, address)
        actor.read = made.read
        return actor

    made.runtime.factory("driver", make)
    for number in range(senders):
        made.runtime.spawn(Sender(made.runtime, f"ride/{number}"))
    return made


def heard(seed: int, senders: int, letters: int = 1, receiver: type[Receiver] = Receiver) -> list[Letter]:
    """What the receiver read, when all were told to go at once."""
    runtime, read = world(seed, senders, receiver)
    for number in range(senders):
        runtime.tell(f"ride/{number}", Go(letters))
    runtime.run()
    return read


SEEDS = range(60)


def test_three_independent_senders_are_heard_in_every_order_over_some_seeds() -> None:
    orders = {tuple(letter.sender for letter in heard(seed, senders=3)) for seed in SEEDS}
    assert orders == set(permutations(["ride/0", "ride/1", "ride/2"]))


def test_what_comes_from_outside_at_one_instant_is_heard_in_every_order_too() -> None:
    orders = set()
    for seed in SEEDS:
        runtime, read = world(seed)
        for number in range(3):
            runtime.tell("driver/1", Letter("outside", number))
        runtime.run()
        orders.add(tuple(letter.number for letter in read))
    assert orders == set(permutations(range(3)))


def test_timers_of_one_instant_are_heard_in_every_order_but_never_before_their_time() -> None:
    orders = set()
    for seed in SEEDS:
        runtime, read = world(seed)
        runtime.tell("driver/1", Letter("now", 0))
        for number in range(1, 4):
            runtime.set_timer(1.0, "driver/1", Letter("timer", number))
        runtime.set_timer(2.0, "driver/1", Letter("late", 9))
        runtime.run()
        numbers = [letter.number for letter in read]
        assert (numbers[0], numbers[-1], len(numbers)) == (0, 9, 5)
        orders.add(tuple(numbers[1:4]))
    assert orders == set(permutations((1, 2, 3)))


@given(st.integers(), st.integers(1, 4), st.integers(1, 8), st.sampled_from([Receiver, Passing]))
def test_letters_from_one_sender_to_one_receiver_keep_their_order_even_when_the_receiver_sleeps_between_them(
    seed: int, senders: int, letters: int, receiver: type[Receiver]
) -> None:
    read = heard(seed, senders, letters, receiver)
    for number in range(senders):
        own = [letter.number for letter in read if letter.sender == f"ride/{number}"]
        assert own == list(range(letters))
    assert len(read) == senders * letters


def test_two_senders_interleave() -> None:
    mixed = [[letter.sender for letter in heard(seed, senders=2, letters=5)] for seed in SEEDS]
    assert any(order != sorted(order) and order != sorted(order, reverse=True) for order in mixed)


def test_the_same_seed_gives_the_same_order() -> None:
    orders = [heard(seed, senders=4, letters=5) for seed in SEEDS]
    assert orders == [heard(seed, senders=4, letters=5) for seed in SEEDS]
    assert any(one != other for one, other in pairwise(orders))


def test_what_a_sink_tells_in_one_delivery_comes_from_one_sender() -> None:
    class Edge:
        """A connection that hears one frame and tells several things."""

        def __init__(self, runtime: PermutedRuntime) -> None:
            self.runtime = runtime

        def deliver(self, message: Any) -> None:
            for number in range(4):
                self.runtime.tell("driver/1", Letter("session/1", number))

    for seed in SEEDS:
        runtime, read = world(seed)
        runtime.sink("session/1", Edge(runtime))
        runtime.tell("session/1", Go())
        runtime.run()
        assert [letter.number for letter in read] == [0, 1, 2, 3]


def test_what_an_actor_tells_when_it_starts_comes_before_what_it_tells_later() -> None:
    class Eager(Sender):
        def on_start(self) -> None:
            for number in (-2, -1):
                self.runtime.tell("driver/1", Letter(self.address, number))

    def make(address: str, message: Any) -> Actor:
        return Eager(runtime, address)

    for seed in SEEDS:
        runtime, read = world(seed)
        runtime.factory("ride", make)
        runtime.tell("ride/1", Go(2))
        runtime.run()
        assert [letter.number for letter in read] == [-2, -1, 0, 1]


def test_mail_on_its_way_does_not_keep_an_actor_awake_and_wakes_it_when_it_comes() -> None:
    """As on a network, and unlike plain virtual time, where it waits in the mailbox already."""
    runtime, read = world(1, senders=1)
    runtime.wake("driver/1")
    runtime.tell("driver/1", Letter("outside", 1))
    before = runtime.actor("driver/1")
    assert runtime.retire("driver/1")
    runtime.run()
    assert read == [Letter("outside", 1)]
    assert runtime.actor("driver/1") is not before


def test_mail_on_its_way_to_a_stopped_actor_that_nobody_wakes_is_dead() -> None:
    runtime = PermutedRuntime(1)
    receiver = runtime.spawn(Receiver(runtime, "driver/1"))
    runtime.tell("driver/1", Letter("outside", 1))
    asked = receiver.actor_ref.ask(Letter("outside", 2), block=False)
    runtime.retire("driver/1")
    runtime.run()
    assert [(dead.address, dead.reason) for dead in runtime.dead_letters.recent] == [
        ("driver/1", "nobody there"),
        ("driver/1", "nobody there"),
    ]
    with pytest.raises(pykka.ActorDeadError):
        asked.get()


def test_mail_on_its_way_to_an_actor_that_was_replaced_by_a_connection_is_handed_to_that() -> None:
    class Slip:
        def __init__(self) -> None:
            self.read: list[Any] = []

        def deliver(self, message: Any) -> None:
            self.read.append(message)

    runtime, slip = PermutedRuntime(1), Slip()
    runtime.spawn(Receiver(runtime, "session/1"))
    runtime.tell("session/1", Letter("outside", 1))
    runtime.retire("session/1")
    runtime.sink("session/1", slip)
    runtime.run()
    assert slip.read == [Letter("outside", 1)]


def test_waiting_counts_what_is_on_its_way() -> None:
    runtime, _ = world(1, senders=3)
    for number in range(3):
        runtime.tell(f"ride/{number}", Go())
    assert runtime.waiting() == 3
    runtime.run()
    assert (runtime.waiting(), runtime.delivered) == (0, 6)


def test_a_failure_leaves_what_else_is_on_its_way_where_it_was() -> None:
    runtime, read = world(1, senders=2)
    runtime.tell("ride/0", Letter("outside", 0))  # a sender handles no letters
    runtime.tell("ride/1", Go(3))
    with pytest.raises(TypeError, match="Sender at ride/0"):
        runtime.run()
    runtime.run()
    assert [letter.number for letter in read] == [0, 1, 2]
