"""A hundred thousand cases find nothing; and what is broken on purpose is found, made smaller and can be sent again."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest

from dispatch.messages.notices import Refused
from dispatch.transport import wire
from dispatch.transport.http.routes.me import MeRoutes
from dispatch.transport.sessions.driver import DriverSession
from dispatch.transport.sessions.session import Session
from tests.fuzz.cases import CASES, Case
from tests.fuzz.hunt import Finding, Memory, hunted, told, wrong_with
from tests.fuzz.oracles import CLOSES, CODES, STATUSES
from tests.fuzz.wires import Wire
from tests.fuzz.world import LONGEST_TURN_S, MovedLoop

SHARES = 4
"""Each is sent to a server of its own, so that workers share them."""
MOST_GROWTH_MB = 10.0
MOST_OVER = 120
"""Connections that are over and still there at the end: the server has some in sight for a while. A share opens 250."""
STEP = 100_000


@pytest.mark.parametrize("share", range(SHARES))
def test_a_hundred_thousand_cases_meet_a_known_answer_and_concern_nobody_else(share: int) -> None:
    episodes, memory = 100_000 // SHARES // CASES + 1, Memory()
    over: list[int] = []

    def look(count: int, _: Any) -> None:
        if count % (episodes // 4) == 0:
            memory.look()
            over.append(sum(type(each) is Wire and each.is_over for each in gc.get_objects()))

    found = hunted(share, range(episodes), look)
    assert found is None, told(found, share)
    assert memory.mb[-1] - memory.mb[0] < MOST_GROWTH_MB, memory.mb
    assert over[-1] < MOST_OVER, f"connections that are over are kept: {over}"


def test_the_tables_of_the_protocol_are_read() -> None:
    assert {"bad_json", "bad_field", "no_such_ride", "internal"} <= CODES
    assert {(404, "not_found"), (431, "headers_too_long"), (403, "wrong_origin")} <= STATUSES
    assert {1002, 1009, 1012, 4001, 4508} <= CLOSES and 1000 not in CLOSES


def test_memory_that_grows_by_20_bytes_a_case_is_found() -> None:
    for leak_bytes in (0, 20):
        memory, leaked = Memory(), []
        for cases in range(0, 1_000_001, STEP):
            leaked.append(bytearray(leak_bytes * STEP))
            memory.look(cases)
        assert memory.grew == bool(leak_bytes), memory.told()
        assert memory.told().startswith("from 200,000 on memory grew by")


def test_too_few_cases_tell_nothing_of_memory() -> None:
    memory = Memory()
    for cases in range(0, 200_000, STEP):
        memory.look(cases)
    assert (memory.growth_mb, memory.grew) == (None, False)


def test_no_time_passes_while_others_have_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else witnesses were silent for too long, and requests were not answered in time."""
    clock = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    loop = MovedLoop()
    try:
        began = loop.time()
        clock[0] += 0.004
        assert loop.time() - began == pytest.approx(0.004)
        clock[0] += 60.0
        assert loop.time() - began == pytest.approx(0.004 + LONGEST_TURN_S)
        loop.moved_s += 31.0
        loop._selects.waited_s = 2.0
        clock[0] += 2.0
        assert loop.time() - began == pytest.approx(33.004 + LONGEST_TURN_S), "time that is waited for passes"
    finally:
        loop.close()


# -- what is broken is found


def found_in(episodes: int) -> Finding:
    found = hunted(1, range(episodes))
    assert found is not None
    return found


def test_a_session_that_fails_is_found_and_the_frame_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    handle = Session._handle

    def failing(self: Session, message: Any) -> None:
        if isinstance(message, wire.LocationBatch):
            raise RuntimeError("it breaks on a batch")
        handle(self, message)

    monkeypatch.setattr(Session, "_handle", failing)
    found = found_in(3)
    assert "it breaks on a batch" in "".join(found.wrong)
    sent = told(found, 1)
    assert "one case does it" in sent
    case = Case.read(sent.split("--case '")[1].split("'\"")[0])
    assert b"location_batch" in case.data and "it breaks on a batch" in "".join(wrong_with([case]))


def test_an_answer_that_is_in_no_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ping = Session._ping
    answer: Any = Refused("made_up", "nobody knows this code")
    monkeypatch.setattr(
        Session, "_ping", lambda self, message: self._send(answer) if message.id else ping(self, message)
    )
    monkeypatch.setattr(DriverSession, "handlers", {**DriverSession.handlers, wire.Ping: Session._ping})
    assert "made_up is in no table" in "".join(found_in(3).wrong)


def test_what_reaches_somebody_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    bad_frame = Session._bad_frame

    def gossiping(self: Session, answer: Any) -> None:
        bad_frame(self, answer)
        for other in [*self._context.proved.values()]:
            if other.principal.id == "pw":
                other._send(answer)

    monkeypatch.setattr(Session, "_bad_frame", gossiping)
    assert "a witness heard" in "".join(found_in(1).wrong)


def test_a_route_that_fails_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(self: MeRoutes, request: Any) -> Any:
        raise KeyError("no such thing")

    monkeypatch.setattr(MeRoutes, "_me", failing)
    assert "no such thing" in "".join(found_in(30).wrong)
