"""The hunt: episodes are sent to a world, every answer is judged, a case that fails is found, made smaller and printed."""

from __future__ import annotations

import gc
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, Final, NamedTuple

from tests.fuzz.cases import CASES, TOKEN, Case, Episode, episode, handshake
from tests.fuzz.oracles import judged_frame, judged_http, leaks
from tests.fuzz.wires import BINARY, CLOSE, PING, PONG, TEXT, Wire, frame, frames_in
from tests.fuzz.witnesses import RENEWED_AFTER, SECRETS, Witnesses
from tests.fuzz.world import World, visited

FRAMES: Final = {"text": TEXT, "slowly": TEXT, "binary": BINARY}
"""Ways of a case that are a frame, and its opcode."""
TURN_EVERY: Final = 8
"""Cases, after which the server has a few turns of its loop."""
BODY_WITHIN_S: Final = 6.0
"""A request whose body does not come is answered by then."""
STEP_S: Final = 4.0
"""No more time passes at once: apps give a sign of life every five seconds."""
MOST_TRIES: Final = 24
"""Of making a case smaller, each on a server of its own."""
WARM_UP: Final = 200_000
"""Cases."""
MOST_GROWTH_MB: Final = 4.0
"""Of 600,000 cases, which lie between the middles of what is compared in a run of a million: 7 bytes each."""


class Finding(NamedTuple):
    """An episode in which something was wrong, and what."""

    episode: Episode
    wrong: list[str]


class Attack:
    """Sends cases to a world and judges what comes back. Sockets stay open from one case to the next, as long as they may."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sockets: dict[tuple[str, str], Wire] = {}
        self._said: dict[Wire, list[Case]] = {}
        self._once: list[tuple[Case, Wire]] = []
        self._raised: list[str] = []
        self.statuses: Counter[str] = Counter()

    def send(self, case: Case) -> None:
        """The server gets these bytes at once; it answers in its turns."""
        data = case.data.replace(TOKEN, self._world.token(case.who).encode()) if case.who else case.data
        try:
            if case.how in FRAMES:
                wire = self._socket(case)
                self._said[wire].append(case)
                wire.feed(frame(FRAMES[case.how], data))
                return
            wire = self._world.wire(f"127.0.{len(self._once)}.3")
            self._once.append((case, wire))
            if case.how == "raw":
                wire.feed(self._opened(case))
            wire.feed(data)
        except Exception:
            self._raised.append(f"the server raised {traceback.format_exc()}")

    def _socket(self, case: Case) -> Wire:
        wire = self._sockets.get((case.who, case.path))
        if wire is None or wire.is_over:
            wire = self._sockets[case.who, case.path] = self._world.wire()
            wire.feed(self._opened(case))
        self._said.setdefault(wire, [])
        return wire

    def _opened(self, case: Case) -> bytes:
        return handshake(None, case.path).replace(TOKEN, self._world.token(case.who).encode())

    async def judge(self) -> list[str]:
        """What is wrong with all that came back of what was sent since the last time."""
        if not await self._world.settle(self._are_answered):
            self._raised.append("a request had no answer within 10 s")
        if any(_is_waited_for(wire) for _, wire in self._once):
            await self._world.moves(BODY_WITHIN_S / 2)
            await self._world.moves(BODY_WITHIN_S / 2)
            await self._world.settle(self._are_answered)
        wrong = [*self._raised, *self._world.faults]
        for wire, said in self._said.items():
            wrong += self._judged_socket(said, wire)
        for case, wire in self._once:
            wrong += self._judged_once(case, wire)
            wire.hang_up()
        self._once, self._raised, self._said = [], [], {}
        await self._world.turns()
        # Rides' sockets are opened under ever new paths: those that are over would pile up, and look like a leak of the server.
        self._sockets = {where: wire for where, wire in self._sockets.items() if not wire.is_over}
        return wrong + self._world.faults

    def _are_answered(self) -> bool:
        return all(_is_answered(wire) for _, wire in self._once)

    def _judged_socket(self, said: list[Case], wire: Wire) -> list[str]:
        came, all_said = bytes(wire.came), said[0]._replace(data=b"".join(case.data for case in said))
        head, _, _ = came.partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/"):
            del wire.came[: len(head) + 4]
            if not head.startswith(b"HTTP/1.1 101"):
                return [f"a socket was not opened: {came[:300]!r}"]
        return [*leaks(all_said, came, SECRETS), *self._judged_frames(all_said, wire, False)]

    def _judged_frames(self, case: Case, wire: Wire, is_raw: bool) -> list[str]:
        wrong = []
        for opcode, payload in frames_in(wire.came):
            if opcode == PING and not wire.is_over and not is_raw:
                wire.feed(frame(PONG, payload))
            if opcode == CLOSE:
                self.statuses[f"close {int.from_bytes(payload[:2], 'big')}"] += 1
            elif opcode == TEXT:
                self.statuses[payload[9 : payload.index(b'"', 9)].decode()] += 1
            wrong.append(judged_frame(case.path, opcode, payload, may_close_as_it_likes=is_raw))
        return [*filter(None, wrong)]

    def _judged_once(self, case: Case, wire: Wire) -> list[str]:
        came = bytes(wire.came)
        if case.how != "raw" and not came.startswith(b"HTTP/1.1 101"):
            for start in range(0, len(came), max(len(came), 1)):
                self.statuses[f"http {came[start + 9 : start + 12].decode()}"] += 1
            return [*leaks(case, came, SECRETS), *judged_http(case, came)]
        head, _, _ = came.partition(b"\r\n\r\n")
        del wire.came[: len(head) + 4]
        is_socket = case.path.startswith("/ws/")
        return [*leaks(case, came, SECRETS), *(self._judged_frames(case, wire, True) if is_socket else ())]


def _is_answered(wire: Wire) -> bool:
    """Whether whoever sent this has to say more before there is an answer."""
    return wire.is_over or not _cycle(wire) or _is_waited_for(wire)


def _is_waited_for(wire: Wire) -> bool:
    cycle = _cycle(wire)
    return cycle is not None and cycle.more_body and not wire.is_over


def _cycle(wire: Wire) -> Any:
    """The request that is being answered there."""
    cycle = getattr(wire.protocol, "cycle", None)
    return cycle if cycle is not None and not cycle.response_complete else None


Watch = Callable[[int, World], None]
"""Is told after each episode how many there were."""


async def hunt(
    world: World, seed: int, numbers: Sequence[int], watch: Watch = lambda count, world: None
) -> Finding | None:
    """Send these episodes. The first in which something was wrong; None: nothing was."""
    attack, witnesses, era = Attack(world), Witnesses(world), -1
    for count, number in enumerate(numbers):
        others = witnesses.ids(seed, number)
        planned = episode(seed, number, world.routes, others)
        wrong: list[str] = []
        if number // RENEWED_AFTER != era:
            wrong += [] if era < 0 else await witnesses.end()
            era = number // RENEWED_AFTER
            wrong += await witnesses.begin(others[0])
        for at, case in enumerate(planned.cases):
            attack.send(case)
            if case.how == "slowly":
                await world.settle()
            elif at % TURN_EVERY == TURN_EVERY - 1:
                await world.turns()
        wrong += await attack.judge()
        wrong += witnesses.look()
        left_s = planned.leap_s
        while left_s > 0.0 and not wrong:
            await world.moves(min(left_s, STEP_S))
            await world.settle()  # or else time passes while the journal's thread has had none
            wrong += witnesses.look()
            left_s -= STEP_S
        if wrong:
            return Finding(planned, wrong)
        watch(count + 1, world)
    await witnesses.end()
    return None


def hunted(seed: int, numbers: Sequence[int], watch: Watch = lambda count, world: None) -> Finding | None:
    """The same, of a server of its own."""
    found: list[Finding | None] = []

    async def visit(world: World) -> None:
        found.append(await hunt(world, seed, numbers, watch))

    with tempfile.TemporaryDirectory() as folder:
        visited(Path(folder), visit)
    return found[0]


# -- a case alone


def wrong_with(cases: Sequence[Case]) -> list[str]:
    """What is wrong with these cases on a server of their own, and which was the last that was sent."""
    wrong: list[str] = []

    async def visit(world: World) -> None:
        attack, witnesses = Attack(world), Witnesses(world)
        wrong.extend(await witnesses.begin(Witnesses.ids(0, 0)[0]))
        for case in cases:
            attack.send(case)
            if case.how == "slowly":
                await world.settle()
        wrong.extend(await attack.judge())
        wrong.extend(witnesses.look())

    with tempfile.TemporaryDirectory() as folder:
        visited(Path(folder), visit)
    return wrong


def culprit(cases: Sequence[Case]) -> Case | None:
    """The case with which it begins to be wrong, on a server that got no others; None: it does not."""
    if not wrong_with(cases):
        return None
    good, bad = 0, len(cases)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if wrong_with(cases[:middle]) else (middle, bad)
    return cases[bad - 1]


def smaller(case: Case) -> Case:
    """The shortest found of which something is still wrong: pieces are left out, ever shorter ones."""
    data, piece, tries = case.data, len(case.data) // 2, 0
    while piece and tries < MOST_TRIES:
        at = 0
        while at < len(data) and tries < MOST_TRIES:
            less, tries = data[:at] + data[at + piece :], tries + 1
            if wrong_with([case._replace(data=less)]):
                data = less
            else:
                at += piece
        piece //= 2
    return case._replace(data=data)


def told(finding: Finding, seed: int) -> str:
    """The finding for people: what is wrong, the case that does it alone if there is one, and how it is sent again."""
    number = finding.episode.number
    lines = [f"seed {seed}, episode {number}: something is wrong", *(f"  {each}" for each in finding.wrong[:5])]
    alone = culprit(finding.episode.cases)
    if alone is not None and wrong_with([alone]):
        case = smaller(alone)
        lines += [f"one case does it: {case.data!r}", f"again: make fuzz ARGS=\"--case '{case}'\""]
    elif alone is not None:
        lines.append(f'this episode does it: make fuzz ARGS="--seed {seed} --episode {number}"')
    else:
        lines.append(
            f'only what came before makes it so: make fuzz ARGS="--seed {seed} --cases {(number + 1) * CASES}"'
        )
    return "\n".join(lines)


class Memory:
    """How much memory the process has, looked at now and then, and whether that grows for as long as cases are sent.

    It may grow until `WARM_UP`: numbers of more and more countries are read, caches that have a limit fill, and free pieces of the heap
    come to lie between others. A leak goes on. So of what comes behind the mean over the last fifth is held against that over the
    first: four fifths of it lie between.
    """

    def __init__(self) -> None:
        self.mb: list[float] = []
        self._settled: list[float] = []

    def look(self, cases: int = 0) -> float:
        """Collect, and note the megabytes that are resident after so many cases."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.mb.append(round(pages * 4096 / 1e6, 1))
        if cases >= WARM_UP:
            self._settled.append(self.mb[-1])
        return self.mb[-1]

    @property
    def growth_mb(self) -> float | None:
        """By how much it grew behind the warm-up; None: too few cases were sent to tell."""
        fifth = len(self._settled) // 5
        return mean(self._settled[-fifth:]) - mean(self._settled[:fifth]) if fifth else None

    @property
    def grew(self) -> bool:
        """Whether it grew by more than it may."""
        return self.growth_mb is not None and self.growth_mb > MOST_GROWTH_MB

    def told(self) -> str:
        """The same in words."""
        if self.growth_mb is None:
            return f"too few to tell whether memory grows: that is judged from {WARM_UP:,} on"
        return f"from {WARM_UP:,} on memory grew by {self.growth_mb:.1f} MB of {MOST_GROWTH_MB:.1f}"
