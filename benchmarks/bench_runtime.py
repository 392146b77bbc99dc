"""What an actor and a message cost here and on pykka's threads: `python benchmarks/bench_runtime.py [actors ...]`.

A thousand balls go round among all actors, each thrown on to another actor by every one that catches it. Times are
CPU time of the whole process (all threads) except where a column says wall; each line is measured in a process of its
own, and memory by what that process grows when the actors start: its Python heap, and its resident set. Every throw
is counted before a line is printed. The second table empties a single mailbox in which so many letters wait.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import tracemalloc
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Event
from time import perf_counter, process_time
from typing import Any, ClassVar, NamedTuple

import msgspec
import pykka

from dispatch.runtime import Actor, Runtime, VirtualRuntime, receives
from dispatch.runtime.realtime import RealtimeRuntime

SIZES = (1_000, 10_000, 100_000)
THREADS = 1_000
BALLS, THROWS, THROWS_OF_THREADS = 1_000, 400, 20
STRIDE = 7_919  # prime: the balls come to every actor, and seldom to one that is warm in a cache
WAITING = (100, 1_000, 10_000, 100_000)


class Ball(msgspec.Struct, frozen=True, gc=False):
    """`left`: how often it will still be thrown."""

    left: int


class Player(Actor):
    """A cooperative actor that throws every ball on."""

    onward: str

    @receives(Ball)
    def _on_ball(self, message: Ball) -> None:
        if message.left:
            self.runtime.tell(self.onward, Ball(message.left - 1))


class ThreadPlayer(pykka.ThreadingActor):
    """The same on a thread of its own."""

    onward: pykka.ActorRef[ThreadPlayer]
    dropped: ClassVar[count[int]] = count(1)
    all_dropped: ClassVar[Event] = Event()

    def on_receive(self, message: Ball) -> None:
        if message.left:
            self.onward.tell(Ball(message.left - 1))
        elif next(self.dropped) == BALLS:
            self.all_dropped.set()


class Game(NamedTuple):
    """So many actors have started: what to do with them."""

    play: Callable[[], int]
    """Throws all balls until they are spent; how often one was caught."""
    stop: Callable[[], None]
    close: Callable[[], None] = lambda: None


class Figures(NamedTuple):
    """Of one line."""

    start_us: float
    heap_bytes: float
    resident_bytes: float
    message_us: float
    stop_wall_us: float


def spawn_players(runtime: Runtime, size: int) -> None:
    """A player at every address, each with the address of another."""
    for number in range(size):
        player = Player(runtime, f"ride/{number}")
        player.onward = f"ride/{(number + STRIDE) % size}"
        runtime.spawn(player)


def throw_in(runtime: Runtime, size: int) -> None:
    """All balls at once."""
    for number in range(BALLS):
        runtime.tell(f"ride/{number % size}", Ball(THROWS))


def stop_players(runtime: Runtime, size: int) -> None:
    """Every player is told to stop."""
    for number in range(size):
        player = runtime.actor(f"ride/{number}")
        assert player is not None
        player.stop()


def virtual(size: int) -> Game:
    """Cooperative actors on virtual time."""
    runtime = VirtualRuntime(1, default_limit=BALLS)
    spawn_players(runtime, size)

    def play() -> int:
        throw_in(runtime, size)
        runtime.run()
        return runtime.delivered

    def stop() -> None:
        stop_players(runtime, size)
        runtime.run()

    return Game(play, stop)


def realtime(size: int) -> Game:
    """Cooperative actors on asyncio."""
    runner = asyncio.Runner()
    runtime = RealtimeRuntime(1, default_limit=BALLS, loop=runner.get_loop())
    spawn_players(runtime, size)

    async def until_quiet() -> None:
        while runtime.waiting():
            await asyncio.sleep(0)

    def play() -> int:
        throw_in(runtime, size)
        runner.run(until_quiet())
        return runtime.delivered

    def stop() -> None:
        stop_players(runtime, size)
        runner.run(until_quiet())

    return Game(play, stop, runner.close)


def threads(size: int) -> Game:
    """pykka's own actors, a thread each."""
    refs = [ThreadPlayer.start() for _ in range(size)]
    for number, ref in enumerate(refs):
        player = ref._actor_weakref()
        assert player is not None
        player.onward = refs[(number + STRIDE) % size]

    def play() -> int:
        for number in range(BALLS):
            refs[number % size].tell(Ball(THROWS_OF_THREADS))
        ThreadPlayer.all_dropped.wait()
        return BALLS * (THROWS_OF_THREADS + 1)

    def stop() -> None:
        for ref in refs:
            ref.stop()

    return Game(play, stop)


HOUSES: dict[str, Callable[[int], Game]] = {
    "virtual": virtual,
    "realtime": realtime,
    "pykka.ThreadingActor": threads,
}
EXPECTED = {
    "virtual": BALLS * (THROWS + 1),
    "realtime": BALLS * (THROWS + 1),
    "pykka.ThreadingActor": BALLS * (THROWS_OF_THREADS + 1),
}


def resident_bytes() -> int:
    """Of this process, now (where the system has no `/proc`: at most so far)."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    from resource import RUSAGE_SELF, getrusage

    return getrusage(RUSAGE_SELF).ru_maxrss


def heap_bytes(house: str, size: int) -> float:
    """Python heap for each actor."""
    HOUSES[house](1).stop()  # what the first one brings along is not counted
    tracemalloc.start()
    game = HOUSES[house](size)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    game.stop()
    game.close()
    return grown / size


def measure(house: str, size: int) -> Figures:
    """One line, but for the heap."""
    before, started = resident_bytes(), process_time()
    game = HOUSES[house](size)
    start_s, resident = process_time() - started, resident_bytes() - before
    started = process_time()
    caught = game.play()
    play_s = process_time() - started
    if caught != EXPECTED[house]:
        raise SystemExit(f"{house} caught {caught} of {EXPECTED[house]} throws")
    begun = perf_counter()
    game.stop()
    stop_s = perf_counter() - begun
    game.close()
    return Figures(start_s / size * 1e6, 0.0, resident / size, play_s / caught * 1e6, stop_s / size * 1e6)


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call it in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def drain_us(waiting: int) -> float:
    """CPU microseconds a message of a mailbox in which so many wait."""
    runtime = VirtualRuntime(1, default_limit=waiting)
    player = Player(runtime, "ride/0")
    runtime.spawn(player)
    for _ in range(waiting):
        runtime.tell("ride/0", Ball(0))
    started = process_time()
    runtime.run()
    return (process_time() - started) / waiting * 1e6


def main() -> None:
    """Print both tables."""
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdecimal()] or SIZES
    lines = [(house, size) for house in ("virtual", "realtime") for size in sizes]
    print(f"{BALLS:,} balls among all actors; CPU microseconds and bytes, each")
    print(f"{'':>30} |{'an actor':^34}|{'a message':^24}|{'stop all':>10}")
    print(
        f"{'':>21}{'actors':>9} |{'start us':>9}{'heap B':>11}{'resident B':>13} |"
        f"{'us':>8}{'a CPU second':>15} |{'wall s':>10}"
    )
    for house, size in [*lines, ("pykka.ThreadingActor", THREADS)]:
        of = alone(measure, house, size)._replace(heap_bytes=alone(heap_bytes, house, size))
        print(
            f"{house:<21}{size:>9,} |{of.start_us:>9.1f}{of.heap_bytes:>11,.0f}{of.resident_bytes:>13,.0f} |"
            f"{of.message_us:>8.2f}{1e6 / of.message_us:>15,.0f} |{of.stop_wall_us * size / 1e6:>10.3f}"
        )
    print("\nOne mailbox, emptied: " + " · ".join(f"{n:,} wait {alone(drain_us, n):.2f} us" for n in WAITING))


if __name__ == "__main__":
    main()
