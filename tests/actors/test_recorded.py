"""The base of recorded actors: nothing leaves before it is on disk but what is sent ahead, a lost commit takes back all that built
on it, a rebuilt actor goes on where it was.
"""

from typing import Any

import pytest

from dispatch.actors.recorded import RecordedActor
from dispatch.ids import DriverId
from dispatch.messages.base import Message, Recorded, SentBeforeCommit
from dispatch.messages.events import DriverOnline
from dispatch.messages.journal import Append, NotAppended
from dispatch.runtime import receives
from tests.actors.rig import Rig

ME, OTHER, FRIEND = "tally/1", "tally/2", "friend/1"


class Note(Message, frozen=True, gc=False):
    """Record this word, and tell the friend."""

    word: str


class Say(Message, frozen=True, gc=False):
    """Tell the friend this word, without recording anything."""

    word: str


class Fail(Message, frozen=True, gc=False):
    """Record this word, tell the friend, and break."""

    word: str


class Lead(Message, frozen=True, gc=False):
    """Record this word, and send it ahead to the other, who follows."""

    word: str


class Follow(SentBeforeCommit, frozen=True, gc=False):
    """Record this word, unless it is silence; and tell the friend."""

    word: str


class Words:
    """The state of a tally."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def apply(self, event: Any) -> None:
        if event.driver_id == "illegal":
            raise ValueError("no such word")
        self.all.append(event.driver_id)


class Tally(RecordedActor):
    """Keeps words. What was lost is in `lost`, of all lives."""

    lost: list[str]

    def __init__(self, rig: Rig, address: str = ME) -> None:
        self.words_kept = Words()
        super().__init__(rig.runtime, address, rig.journal, self.words_kept)
        self.lost = []

    @property
    def words(self) -> list[str]:
        return self.words_kept.all

    def carry_over(self, before: Any) -> None:
        super().carry_over(before)
        self.lost = before.lost

    @receives(NotAppended)
    def _on_not_appended(self, message: NotAppended) -> None:
        lost = self.lose(message)
        if lost is not None:
            self.lost += [unsettled.word for unsettled in lost if hasattr(unsettled, "word")]
            self.runtime.rebuild(self.address)

    @receives(Note, Fail)
    def _on_note(self, message: Note | Fail) -> None:
        self.record(DriverOnline(DriverId(message.word)))
        self.send(FRIEND, Say(message.word))
        if isinstance(message, Fail):
            raise ZeroDivisionError

    @receives(Lead)
    def _on_lead(self, message: Lead) -> None:
        self.record(DriverOnline(DriverId(message.word)))
        self.send_ahead(OTHER, Follow(message.word))

    @receives(Follow)
    def _on_follow(self, message: Follow) -> None:
        self.depend_on(message.after)
        if message.word != "silence":
            self.record(DriverOnline(DriverId(message.word)))
        self.send(FRIEND, Say(message.word))

    @receives(Say)
    def _on_say(self, message: Say) -> None:
        self.send(FRIEND, message)


def a_tally(**options: Any) -> Rig:
    """A tally, and a friend who listens."""
    rig = Rig(**options)
    rig.listen(FRIEND)
    rig.runtime.factory("tally", lambda address, message: Tally(rig, address))
    for address in (ME, OTHER):
        rig.runtime.spawn(Tally(rig, address))
    return rig


def tally_of(rig: Rig, address: str = ME) -> Tally:
    actor = rig.runtime.actor(address)
    assert isinstance(actor, Tally)
    return actor


def told(rig: Rig) -> list[str]:
    """What the friend heard since this was asked last."""
    return [message.word for message in rig.heard(FRIEND)]


def on_disk(rig: Rig, address: str = ME) -> list[str]:
    return [event.driver_id for event in rig.journal.events_of(address)]


def test_a_word_is_told_when_it_is_on_disk_and_not_before() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.tell(ME, Note("a"))
    assert (told(rig), on_disk(rig), tally_of(rig).words) == ([], [], ["a"])
    rig.wait(0.01)
    assert (told(rig), on_disk(rig)) == (["a"], ["a"])


def test_what_records_nothing_itself_waits_behind_what_is_not_on_disk_yet() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.tell(ME, Say("before"), Note("a"), Say("behind"))
    assert told(rig) == ["before"]
    rig.wait(0.01)
    assert told(rig) == ["a", "behind"]


def test_each_commit_lets_go_of_what_it_covers_in_order() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.tell(ME, Note("a"), Say("b"))
    rig.wait(0.005)
    rig.tell(ME, Note("c"), Say("d"))
    rig.wait(0.005)
    assert told(rig) == ["a", "b"]
    rig.wait(0.005)
    assert told(rig) == ["c", "d"]


def test_a_lost_commit_takes_back_all_that_built_on_it_and_nothing_before() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.tell(ME, Note("a"))
    rig.wait(0.005)
    rig.disk_is_full(True)
    rig.tell(ME, Note("b"), Say("c"))
    rig.disk_is_full(False)
    rig.tell(ME, Note("d"))
    rig.wait(0.02)
    assert told(rig) == ["a"] and on_disk(rig) == ["a"]
    tally = tally_of(rig)
    assert (tally.words, tally.lost) == (["a"], ["b", "c", "d"])


def test_after_a_loss_it_goes_on() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.disk_is_full(True)
    rig.tell(ME, Note("a"))
    rig.disk_is_full(False)
    rig.wait(0.01)
    rig.tell(ME, Note("b"))
    rig.wait(0.01)
    assert (told(rig), on_disk(rig), tally_of(rig).words) == (["b"], ["b"], ["b"])


def test_what_is_said_before_the_loss_is_known_is_lost_with_it_and_mail_behind_it_is_kept() -> None:
    rig = a_tally()
    rig.disk_is_full(True)
    rig.runtime.tell(ME, Note("a"))
    rig.runtime.tell(ME, Say("b"))

    def put_behind_the_loss(now: float, address: str, message: Any) -> None:
        if address == ME and isinstance(message, Say) and message.word == "b":
            rig.disk_is_full(False)
            rig.runtime.tell(ME, Note("c"))

    rig.runtime.observe(put_behind_the_loss)
    rig.runtime.run(0.0)
    assert (tally_of(rig).lost, told(rig), on_disk(rig)) == (["a", "b"], ["c"], ["c"])


def test_an_event_that_cannot_be_applied_did_not_happen() -> None:
    rig = a_tally(supervised=True)
    rig.tell(ME, Note("a"), Note("illegal"), Note("b"))
    assert on_disk(rig) == ["a", "b"] and told(rig) == ["a", "b"]


@pytest.mark.parametrize("delay_s", [0.0, 0.01])
def test_a_turn_that_fails_leaves_nothing_behind_and_the_turns_around_it_stand(delay_s: float) -> None:
    rig = a_tally(delay_s=(delay_s, delay_s), supervised=True)
    rig.tell(ME, Note("a"), Fail("x"), Note("b"))
    rig.wait(0.05)
    assert (told(rig), on_disk(rig), tally_of(rig).words) == (["a", "b"], ["a", "b"], ["a", "b"])


@pytest.mark.parametrize("moment_s", [0.0, 0.005, 0.01, 0.015, 0.02])
def test_rebuilt_at_any_moment_of_a_commit_it_knows_and_tells_each_word_once(moment_s: float) -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.tell(ME, Note("a"))
    rig.wait(moment_s)
    rig.tell(ME, Note("b"))
    rig.runtime.rebuild(ME)
    assert tally_of(rig).words == ["a", "b"]
    rig.tell(ME, Note("c"))
    rig.runtime.rebuild(ME)
    rig.wait(0.05)
    assert (told(rig), on_disk(rig), tally_of(rig).words) == (["a", "b", "c"],) * 3


def test_rebuilt_while_a_commit_is_under_way_that_is_lost_it_forgets_it() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.disk_is_full(True)
    rig.tell(ME, Note("a"))
    rig.disk_is_full(False)
    rig.runtime.rebuild(ME)
    rig.wait(0.02)
    assert (told(rig), on_disk(rig), tally_of(rig).words) == ([], [], [])


def appends_of(rig: Rig) -> list[Append]:
    """From now on, what the journal is told."""
    appends: list[Append] = []
    rig.runtime.observe(lambda now, address, message: appends.append(message) if type(message) is Append else None)
    return appends


def test_what_is_sent_ahead_comes_before_the_disk_has_it_and_its_receiver_is_silent_until_then() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    appends = appends_of(rig)
    rig.tell(ME, Lead("a"))
    assert tally_of(rig, OTHER).words == ["a"] and told(rig) == []
    assert [(append.reply_to, append.after) for append in appends] == [(ME, None), (OTHER, Recorded(ME, (0, 1), 1))]
    rig.wait(0.01)
    assert (told(rig), on_disk(rig), on_disk(rig, OTHER)) == (["a"], ["a"], ["a"])


def test_a_receiver_who_records_nothing_is_silent_as_well() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.tell(ME, Lead("silence"))
    assert told(rig) == []
    rig.wait(0.01)
    assert (told(rig), on_disk(rig), on_disk(rig, OTHER)) == (["silence"], ["silence"], [])


def disk_refuses(rig: Rig, address: str) -> None:
    """No commit of this actor succeeds."""

    def look(now: float, _: str, message: Any) -> None:
        if type(message) is Append:
            rig.disk_is_full(message.reply_to == address)

    rig.runtime.observe(look)


@pytest.mark.parametrize("delay_s", [0.0, 0.01])
@pytest.mark.parametrize("word", ["a", "silence"])
def test_what_built_on_a_lost_commit_of_another_is_lost_with_it(word: str, delay_s: float) -> None:
    rig = a_tally(delay_s=(delay_s, delay_s))
    disk_refuses(rig, ME)
    rig.tell(ME, Lead(word))
    rig.wait(0.02)
    assert (told(rig), on_disk(rig), on_disk(rig, OTHER)) == ([], [], [])
    assert (tally_of(rig).words, tally_of(rig, OTHER).words, tally_of(rig, OTHER).lost) == ([], [], [word])


def test_a_receiver_whose_own_commit_is_lost_takes_nothing_back_from_the_sender() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    disk_refuses(rig, OTHER)
    rig.tell(ME, Lead("a"))
    rig.wait(0.02)
    assert (told(rig), on_disk(rig), on_disk(rig, OTHER)) == ([], ["a"], [])


def test_what_is_sent_ahead_overtakes_nothing_for_the_same_receiver() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    tally = tally_of(rig)
    tally.record(DriverOnline(DriverId("x")))
    tally.send(OTHER, Say("behind x"))
    tally.send_ahead(OTHER, Follow("a"))
    tally.send_ahead(FRIEND, Follow("free"))
    tally._end_turn(Say("x"))
    rig.wait(0.0)
    assert told(rig) == ["free"]
    rig.wait(0.01)
    assert told(rig) == ["behind x"]
    assert tally_of(rig, OTHER).words == ["a"]


def test_while_another_turn_is_on_its_way_to_the_disk_it_leaves_at_once() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.tell(ME, Note("x"))
    tally_of(rig).send_ahead(OTHER, Follow("a"))
    rig.wait(0.0)
    assert tally_of(rig, OTHER).words == ["a"] and told(rig) == []
    rig.wait(0.01)
    assert told(rig) == ["x", "a"]


def test_with_nothing_on_its_way_to_the_disk_it_is_told_as_usual() -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    appends = appends_of(rig)
    tally_of(rig).send_ahead(OTHER, Follow("a"))
    rig.wait(0.01)
    assert [append.after for append in appends] == [None] and told(rig) == ["a"]


def test_while_no_commit_succeeds_nothing_runs_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    monkeypatch.setattr(rig.journal, "may_send_ahead", lambda address: False)
    rig.tell(ME, Lead("a"))
    assert tally_of(rig, OTHER).words == []
    rig.wait(0.01)
    assert tally_of(rig, OTHER).words == ["a"]


def test_whoever_records_in_another_journal_is_told_after_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ahead of the commit two journals could keep the effect and lose its cause."""
    rig = a_tally(delay_s=(0.01, 0.01))
    monkeypatch.setattr(rig.journal, "may_send_ahead", lambda address: address != OTHER)
    seen: list[Any] = []
    rig.runtime.observe(lambda now, address, message: seen.append((address, message)))
    rig.tell(ME, Lead("a"))
    assert (OTHER, Follow("a")) not in seen
    rig.wait(0.01)
    assert (OTHER, Follow("a")) in seen, "it names no events that it would depend on"


def test_where_commits_are_part_of_the_turn_nothing_runs_ahead() -> None:
    rig = a_tally()
    rig.journal.on_commit = lambda append: None
    seen: list[Any] = []
    rig.runtime.observe(lambda now, address, message: seen.append(message))
    rig.tell(ME, Lead("a"))
    assert Follow("a") in seen and told(rig) == ["a"]


@pytest.mark.parametrize("moment_s", [0.0, 0.005, 0.01])
@pytest.mark.parametrize("rebuilt", [ME, OTHER])
def test_rebuilt_at_any_moment_of_such_a_commit_each_word_is_told_once(moment_s: float, rebuilt: str) -> None:
    rig = a_tally(delay_s=(0.01, 0.01))
    rig.tell(ME, Lead("a"))
    rig.wait(moment_s)
    rig.runtime.rebuild(rebuilt)
    rig.wait(0.05)
    assert (told(rig), on_disk(rig), on_disk(rig, OTHER)) == (["a"], ["a"], ["a"])
    assert (tally_of(rig).words, tally_of(rig, OTHER).words) == (["a"], ["a"])
