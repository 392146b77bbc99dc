"""The digest of a run: equal for equal runs in any process, with a file of lines or without, and a hash of each delivery."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dispatch.addresses import JOURNAL
from dispatch.runtime import Actor, PermutedRuntime, Trace, VirtualRuntime, receives
from dispatch.runtime.trace import DELIVERIES_A_BLOCK


class Hop(msgspec.Struct, frozen=True):
    left: int
    via: tuple[str, ...] = ()


class Walker(Actor):
    """Wanders over nine addresses by dice of its own, and writes every step into the journal."""

    @receives(Hop)
    def _on_hop(self, message: Hop) -> None:
        if not message.left:
            return
        dice = self.runtime.rng(self.address)
        onward = Hop(message.left - 1, (*message.via[-3:], self.address))
        self.runtime.tell(JOURNAL, onward)
        self.runtime.tell(f"ride/{dice.randrange(9)}", onward)
        self.runtime.set_timer(dice.choice([0.0, 0.25]), f"ride/{dice.randrange(9)}", Hop(0))


class Journal:
    """Takes what it is handed."""

    def __init__(self) -> None:
        self.entries: list[Any] = []

    def deliver(self, message: Any) -> None:
        self.entries.append(message)


def walk(seed: int, hops: int = 40, kind: type[VirtualRuntime] = VirtualRuntime) -> tuple[str, bytes, Journal]:
    """A run's digest, its lines and its journal."""
    runtime, lines, journal = kind(seed), io.BytesIO(), Journal()
    trace = Trace(lines)
    runtime.observe(trace)
    runtime.sink(JOURNAL, journal)
    runtime.factory("ride", lambda address, message: Walker(runtime, address))
    for number in range(5):
        runtime.tell(f"ride/{number}", Hop(hops))
    runtime.run()
    return trace.digest(), lines.getvalue(), journal


def test_equal_runs_have_equal_digests_and_other_seeds_have_others() -> None:
    digests = [walk(seed)[0] for seed in range(5)]
    assert digests == [walk(seed)[0] for seed in range(5)]
    assert len(set(digests)) == 5


def test_another_order_of_the_same_deliveries_is_another_digest() -> None:
    plain, permuted = walk(3), walk(3, kind=PermutedRuntime)
    assert plain[0] != permuted[0]
    assert permuted[0] == walk(3, kind=PermutedRuntime)[0]


def test_the_digest_is_the_same_under_every_hash_seed() -> None:
    """In fresh interpreters: a set or a hash in the way of a delivery would show."""
    code = (
        "from tests.runtime.test_trace import walk\n"
        "from dispatch.runtime import PermutedRuntime\n"
        "print(walk(3)[0], walk(3, kind=PermutedRuntime)[0])"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1", "random")
    }
    assert digests == {f"{walk(3)[0]} {walk(3, kind=PermutedRuntime)[0]}\n"}


def hash_of(lines: bytes) -> str:
    """The digest of the deliveries that these lines tell."""
    packed = [msgspec.msgpack.encode(msgspec.json.decode(line)) for line in lines.splitlines()]
    return hashlib.sha256(b"".join(packed)).hexdigest()


@pytest.mark.parametrize("hops", [0, 1, 2, 40])
def test_the_digest_is_the_hash_of_what_the_file_tells(hops: int) -> None:
    digest, lines, _ = walk(1, hops=hops)
    assert hash_of(lines) == digest


def test_the_digest_is_the_same_without_a_file() -> None:
    told, untold = Trace(io.BytesIO()), Trace()
    for number in range(DELIVERIES_A_BLOCK + 10):
        told(1.5, "ride/1", Hop(number))
        untold(1.5, "ride/1", Hop(number))
    assert told.digest() == untold.digest()


def test_long_runs_are_hashed_in_blocks_and_lose_nothing_between_them() -> None:
    digest, lines, journal = walk(1, hops=400)
    assert lines.count(b"\n") > 2 * DELIVERIES_A_BLOCK
    assert hash_of(lines) == digest
    assert lines.count(b"\n") == 5 * 401 + len(journal.entries)


def test_a_line_is_time_address_and_message() -> None:
    lines = io.BytesIO()
    trace = Trace(lines)
    trace(0.0, "ride/1", Hop(2))
    trace(12.3456789, "driver/27821234568", Hop(0, ("ride/ü",)))
    trace.digest()
    assert lines.getvalue().decode().splitlines() == [
        '[0.0,"ride/1",{"left":2,"via":[]}]',
        '[12.3456789,"driver/27821234568",{"left":0,"via":["ride/ü"]}]',
    ]


def test_what_goes_to_the_journal_is_left_out() -> None:
    digest, lines, journal = walk(1)
    assert len(journal.entries) == 5 * 40
    assert b'"journal"' not in lines
    assert digest == hash_of(lines)


def test_a_digest_may_be_asked_for_in_between_and_changes_nothing() -> None:
    once, often = Trace(), Trace()
    for number in range(10):
        once(1.0, "ride/1", Hop(number))
        often(1.0, "ride/1", Hop(number))
        often.digest()
    assert once.digest() == often.digest()


def test_the_digest_can_still_be_read_when_the_file_is_closed() -> None:
    lines = io.BytesIO()
    trace = Trace(lines)
    trace(1.0, "ride/1", Hop(1))
    digest = trace.digest()
    lines.close()
    assert trace.digest() == digest


def test_nothing_happened_has_the_digest_of_nothing() -> None:
    assert Trace().digest() == hashlib.sha256(b"").hexdigest()


def test_an_actor_that_stops_leaves_a_line_too() -> None:
    lines = io.BytesIO()
    runtime = VirtualRuntime(1)
    trace = Trace(lines)
    runtime.observe(trace)
    runtime.spawn(Walker(runtime, "ride/1")).stop()
    runtime.run()
    trace.digest()
    assert lines.getvalue() == b'[0.0,"ride/1",[]]\n'
