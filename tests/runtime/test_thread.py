"""The actor with a thread of its own says what killed it."""

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pykka
import pytest

from dispatch.runtime import ThreadActor
from dispatch.runtime.thread import give_way

PATIENCE_S = 10.0


class Clerk(ThreadActor):
    """Does what it is told to, and writes down who told of which fault."""

    def __init__(self, starts_by: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.starts_by = starts_by
        self.faults: list[tuple[str, int]] = []
        self.told = threading.Event()

    def on_start(self) -> None:
        self.starts_by()

    def on_receive(self, message: Callable[[], Any]) -> Any:
        return message()

    def on_fault(self, fault: BaseException) -> None:
        self.faults.append((repr(fault), threading.get_ident()))
        self.told.set()


def burn() -> None:
    raise OSError("disk full")


@pytest.fixture
def clerk() -> Iterator[Clerk]:
    ref = Clerk.start()
    actor = ref._actor_weakref()
    assert actor is not None
    yield actor
    ref.stop(timeout=PATIENCE_S)


def test_a_fault_is_told_in_the_actors_own_thread_and_then_it_is_dead(clerk: Clerk) -> None:
    thread = clerk.actor_ref.ask(threading.get_ident, timeout=PATIENCE_S)
    clerk.actor_ref.tell(burn)
    assert clerk.told.wait(PATIENCE_S)
    assert clerk.faults == [("OSError('disk full')", thread)]
    assert thread != threading.get_ident()
    assert not clerk.actor_ref.is_alive()


def test_a_fault_that_an_asker_hears_of_is_not_told_twice(clerk: Clerk) -> None:
    with pytest.raises(OSError, match="disk full"):
        clerk.actor_ref.ask(burn, timeout=PATIENCE_S)
    assert clerk.actor_ref.ask(lambda: "at work", timeout=PATIENCE_S) == "at work"
    assert clerk.faults == []


def test_a_fault_at_the_start_is_told_too() -> None:
    ready = threading.Event()

    def wait_and_burn() -> None:
        ready.wait(PATIENCE_S)
        burn()

    ref = Clerk.start(wait_and_burn)
    clerk = ref._actor_weakref()
    assert clerk is not None
    ready.set()
    assert clerk.told.wait(PATIENCE_S)
    assert [fault for fault, _ in clerk.faults] == ["OSError('disk full')"]


def test_its_thread_does_not_keep_the_process_alive(clerk: Clerk) -> None:
    thread: threading.Thread = clerk.actor_ref.ask(threading.current_thread, block=True, timeout=PATIENCE_S)
    assert thread.daemon


def test_an_actor_that_says_nothing_of_faults_still_stops() -> None:
    class Silent(ThreadActor):
        def on_receive(self, message: Any) -> None:
            burn()

    ref: pykka.ActorRef[Silent] = Silent.start()
    ref.tell("anything")
    assert ref.actor_stopped.wait(PATIENCE_S)


def test_a_thread_that_gives_way_is_for_batches_and_its_waker_is_not() -> None:
    policies: list[int] = []

    def run() -> None:
        give_way()
        policies.append(os.sched_getscheduler(0))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert policies == [os.SCHED_BATCH]
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_where_a_thread_has_no_policy_it_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbidden)
    give_way()
    monkeypatch.delattr(os, "sched_setscheduler")
    give_way()
