"""Who lost an event, and until when that counts."""

import pytest

from dispatch.messages.base import Recorded
from dispatch.messages.journal import NotAppended
from dispatch.storage.log.journal import REMEMBERED, Losses, Repeaters
from tests.storage.stories import append


def test_an_actor_that_lost_nothing_is_not_refused() -> None:
    losses = Losses()
    losses.lose(append("ride/other"), "disk_full")
    assert losses.refusal(append("ride/mine")) is None


def test_whatever_follows_a_loss_is_refused_for_the_same_reason() -> None:
    losses = Losses()
    assert losses.lose(append("ride/r", through=3), "disk_full") == NotAppended(1, 3, "disk_full")
    assert losses.refusal(append("ride/r", through=4)) == NotAppended(1, 4, "disk_full")
    assert losses.refusal(append("ride/r", through=9)) == NotAppended(1, 9, "disk_full")


def test_another_incarnation_starts_afresh() -> None:
    losses = Losses()
    losses.lose(append("ride/r"), "disk_full")
    assert losses.refusal(append("ride/r", incarnation=2)) is None
    losses.lose(append("ride/r", incarnation=2), "database_busy")
    assert losses.refusal(append("ride/r", incarnation=2, through=5)) == NotAppended(2, 5, "database_busy")


def test_what_builds_on_what_another_lost_is_refused_and_so_is_what_builds_on_that() -> None:
    losses = Losses()
    losses.lose(append("driver/d", incarnation=4), "disk_full")
    claim = append("ride/r", after=Recorded("driver/d", 4, 1))
    assert losses.refusal(claim) == NotAppended(1, 1, "disk_full")
    assert losses.refusal(append("dispatcher/0", after=Recorded("ride/r", 1, 1))) == NotAppended(1, 1, "disk_full")
    assert losses.refusal(append("ride/s", after=Recorded("driver/d", 5, 1))) is None, "another life of that driver"


def test_a_loss_counts_for_those_who_built_on_it_even_when_its_actor_speaks_again() -> None:
    losses = Losses()
    losses.lose(append("driver/d", incarnation=4), "disk_full")
    assert losses.refusal(append("driver/d", incarnation=5)) is None
    assert losses.refusal(append("ride/r", after=Recorded("driver/d", 4, 1))) == NotAppended(1, 1, "disk_full")


def test_old_losses_are_forgotten() -> None:
    losses = Losses()
    for number in range(REMEMBERED + 1):
        losses.lose(append(f"driver/{number}"), "disk_full")
    assert losses.refusal(append("ride/r", after=Recorded("driver/0", 1, 1))) is None
    assert losses.refusal(append("ride/r", after=Recorded("driver/1", 1, 1))) is not None
    assert losses.refusal(append("driver/0", through=2)) is None, "nor is anybody remembered as a sender for ever"
    assert losses.refusal(append("driver/2", through=2)) is not None


class TestRepeaters:
    """By a clock that the test sets."""

    @pytest.fixture()
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        clock = [1_000.0]
        monkeypatch.setattr("time.monotonic", lambda: clock[0])
        return clock

    def test_nobody_waits_who_was_not_told_of_a_loss(self) -> None:
        mail = [append("ride/a"), append("ride/b")]
        assert Repeaters().has_others(mail) and Repeaters().apart(mail) == (mail, [])

    def waited_s(self, repeaters: Repeaters, sender: str, clock: list[float]) -> float:
        repeaters.note(append(sender))
        began = clock[0]
        while not repeaters.has_others([append(sender)]):
            clock[0] += 0.01
        return round(clock[0] - began, 2)

    def test_who_asks_again_at_once_waits_a_moment_and_others_do_not(self, clock: list[float]) -> None:
        repeaters = Repeaters()
        for _ in range(5):
            assert self.waited_s(repeaters, "ride/a", clock) == pytest.approx(0.05, abs=0.011)
            assert repeaters.has_others([append("ride/b")])

    def test_the_more_ask_again_the_longer_they_wait(self, clock: list[float]) -> None:
        repeaters = Repeaters()
        for n in range(200):
            repeaters.note(append(f"ride/{n}"))
        assert self.waited_s(repeaters, "ride/0", clock) == pytest.approx(0.5, abs=0.011)
        for n in range(5_000):
            repeaters.note(append(f"ride/{n}"))
        assert self.waited_s(repeaters, "ride/0", clock) == pytest.approx(1.0, abs=0.011)
        clock[0] += 1.0
        assert repeaters.apart([append("ride/0")])[1] == []
        assert self.waited_s(repeaters, "ride/0", clock) == pytest.approx(0.05, abs=0.011)

    def test_a_dispatcher_that_asks_again_waits_longest(self, clock: list[float]) -> None:
        assert self.waited_s(Repeaters(), "dispatcher/0", clock) == pytest.approx(1.0, abs=0.011)

    def test_who_builds_on_a_sender_that_waits_does_so_behind_it(self, clock: list[float]) -> None:
        repeaters = Repeaters()
        repeaters.note(append("ride/a"))
        asked, builds, other = append("ride/a"), append("driver/d", after=Recorded("ride/a", 1, 1)), append("ride/b")
        assert repeaters.apart([asked, builds, other]) == ([other], [asked, builds])
        repeaters.clear()
        assert repeaters.apart([asked, builds, other]) == ([asked, builds, other], [])
