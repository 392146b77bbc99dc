"""A mailbox holds so much and no more, and loses nothing that it took."""

from collections import defaultdict
from typing import Any

import msgspec
import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.messages.base import Undelivered
from dispatch.runtime import Actor, PermutedRuntime, VirtualRuntime, receives

LIMIT = 3
RUNTIMES = [VirtualRuntime, PermutedRuntime]


class Letter(msgspec.Struct, frozen=True):
    number: int


class Reader(Actor):
    def on_start(self) -> None:
        self.read: list[int] = []

    @receives(Letter)
    def _on_letter(self, message: Letter) -> None:
        self.read.append(message.number)


def reader_in(runtime: VirtualRuntime, address: str = "ride/1") -> Reader:
    reader = Reader(runtime, address)
    runtime.spawn(reader)
    return reader


@pytest.mark.parametrize("kind", RUNTIMES)
class TestLimit:
    def test_a_full_mailbox_refuses_and_the_letter_is_dead(self, kind: type[VirtualRuntime]) -> None:
        runtime = kind(1, default_limit=LIMIT)
        reader = reader_in(runtime)
        for number in range(5):
            runtime.tell("ride/1", Letter(number))
        runtime.run()
        assert sorted(reader.read) == [0, 1, 2]
        assert [(dead.address, dead.message, dead.reason) for dead in runtime.dead_letters.recent] == [
            ("ride/1", Letter(3), "mailbox full"),
            ("ride/1", Letter(4), "mailbox full"),
        ]
        assert runtime.dead_letters.counts == {"mailbox full": 2}

    def test_a_mailbox_that_was_emptied_takes_mail_again(self, kind: type[VirtualRuntime]) -> None:
        runtime = kind(1, default_limit=1)
        reader = reader_in(runtime)
        for number in range(4):
            runtime.tell("ride/1", Letter(number))
            runtime.run()
        assert reader.read == [0, 1, 2, 3]
        assert runtime.dead_letters.counts == {}

    def test_the_limit_is_that_of_the_kind_of_address(self, kind: type[VirtualRuntime]) -> None:
        runtime = kind(1, limits={"dispatcher": 5}, default_limit=1)
        readers = {address: reader_in(runtime, address) for address in ("dispatcher/0", "ride/1")}
        for address in readers:
            for number in range(9):
                runtime.tell(address, Letter(number))
        runtime.run()
        assert {address: len(reader.read) for address, reader in readers.items()} == {"dispatcher/0": 5, "ride/1": 1}

    def test_a_timer_that_finds_the_mailbox_full_is_a_dead_letter(self, kind: type[VirtualRuntime]) -> None:
        runtime = kind(1, default_limit=1)
        reader = reader_in(runtime)
        for number in range(2):
            runtime.set_timer(1.0, "ride/1", Letter(number))
        runtime.run()
        assert reader.read == [0]
        assert [dead.message for dead in runtime.dead_letters.recent] == [Letter(1)]

    def test_an_ask_that_a_full_mailbox_refuses_is_answered_at_once(self, kind: type[VirtualRuntime]) -> None:
        runtime = kind(1, default_limit=1)
        reader = reader_in(runtime)
        runtime.tell("ride/1", Letter(1))
        refused = reader.actor_ref.ask(Letter(2), block=False)
        with pytest.raises(pykka.ActorDeadError, match="ride/1"):
            refused.get(timeout=0)


def test_dead_letters_are_counted_for_ever_and_kept_for_a_while() -> None:
    runtime = VirtualRuntime(1)
    for number in range(1_500):
        runtime.tell("ride/nobody", Letter(number))
    recent = runtime.dead_letters.recent
    assert runtime.dead_letters.counts["nobody there"] == 1_500
    assert (len(recent), recent[0].message, recent[-1].message) == (1_000, Letter(500), Letter(1_499))


ADDRESSES = ["ride/1", "ride/2", "driver/1"]
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.sampled_from(ADDRESSES)),
        st.tuples(st.sampled_from(["retire", "stop"]), st.sampled_from(ADDRESSES)),
        st.just(("run", "")),
    ),
    max_size=60,
)


class Model:
    """What mailboxes should do, said in lists."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[Any]] = {address: [] for address in ADDRESSES}
        self.read: dict[str, list[int]] = defaultdict(list)
        self.dead: list[int] = []

    def tell(self, address: str, number: int) -> None:
        box = self.waiting.setdefault(address, [])  # a letter wakes whoever sleeps
        if len(box) < LIMIT:
            box.append(number)
        else:
            self.dead.append(number)

    def stop(self, address: str) -> None:
        if address in self.waiting and len(self.waiting[address]) < LIMIT:
            self.waiting[address].append("stop")

    def retire(self, address: str) -> bool:
        return address in self.waiting and not self.waiting[address] and self.waiting.pop(address) == []

    def run(self) -> None:
        for address in list(self.waiting):
            box = self.waiting[address]
            kept = box[: box.index("stop")] if "stop" in box else box
            self.read[address] += kept
            self.dead += [number for number in box[len(kept) :] if number != "stop"]
            if "stop" in box:
                del self.waiting[address]
            else:
                self.waiting[address] = []


@given(ACTIONS)
def test_every_letter_is_read_once_in_order_or_dead_once_whatever_stops_and_retires(
    actions: list[tuple[str, str]],
) -> None:
    model, runtime = Model(), VirtualRuntime(1, default_limit=LIMIT)
    returned: list[int] = []

    class Desk:
        def deliver(self, message: Undelivered) -> None:
            returned.append(message.message.number)

    runtime.sink("desk", Desk())
    read: dict[str, list[int]] = defaultdict(list)

    class Lasting(Reader):
        """Writes into a book that outlives it."""

        def on_start(self) -> None:
            self.read = read[self.address]

    for kind in ("ride", "driver"):
        runtime.factory(kind, lambda address, message: Lasting(runtime, address))
    for address in ADDRESSES:
        runtime.spawn(Lasting(runtime, address))
    for number, (action, address) in enumerate(actions):
        if action == "tell":
            runtime.tell(address, Letter(number), "desk")
            model.tell(address, number)
        elif action == "retire":
            assert runtime.retire(address) == model.retire(address)
        elif action == "stop":
            model.stop(address)
            if (actor := runtime.actor(address)) is not None:
                actor.stop()
        else:
            model.run()
            runtime.run()
    model.run()
    runtime.run()
    assert {address: letters for address, letters in read.items() if letters} == {
        address: letters for address, letters in model.read.items() if letters
    }
    unread = [dead.message.number for dead in runtime.dead_letters.recent if isinstance(dead.message, Letter)]
    assert sorted(unread) == sorted(model.dead)
    assert sorted(returned) == sorted(model.dead), "each comes back once to the address that its sender named"
    assert runtime.waiting() == 0
